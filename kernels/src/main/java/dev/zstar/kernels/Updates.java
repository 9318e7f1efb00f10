package dev.zstar.kernels;

/** Operations of an {@link Engine} that change parameters in training, in one pass over memory. The conventions of {@link Engine} apply. */
public interface Updates {
    /**
     * One step of Adam (Kingma, Ba 2015) with decoupled weight decay (AdamW: Loshchilov, Hutter 2019), in place. With
     * {@code g' = scale · g}:
     * <pre>
     * m = β₁ m + (1 - β₁) g'
     * v = β₂ v + (1 - β₂) g'²
     * p = (1 - η λ) p - η (m / c₁) / (√(v / c₂) + ε)</pre>
     *
     * <p>It computes in the type of the blocks, and squares {@code r = √(1 - β₂) g'}. The square is accurate for {@code |r|} from 1.1e-19
     * to 1.8e19 in f32, and from 1.5e-154 to 1.3e154 in f64. The square of a smaller r loses digits or is 0, which does not matter as long
     * as ε is larger. The square of a larger r is infinite, and then {@code p} no longer moves.
     *
     * @param p the parameters
     * @param g their gradient, of the shape of {@code p}; only read
     * @param m the first moment, of the shape of {@code p}, zeros before the first step
     * @param v the second moment, of the shape of {@code p}, zeros before the first step
     */
    void adam(Block p, Block g, Block m, Block v, AdamStep step);
}
