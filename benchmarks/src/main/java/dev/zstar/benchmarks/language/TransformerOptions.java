package dev.zstar.benchmarks.language;

import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.training.optimisers.Schedule;

/**
 * How a model is made and trained.
 *
 * @param width elements of a hidden state, a multiple of 16 and of twice the heads
 * @param heads heads of the attention
 * @param hidden hidden elements of the gated unit
 * @param batch sequences in a step
 * @param mode how the equilibrium is differentiated
 * @param stopping when a forward solve ends
 * @param rate the largest learning rate
 * @param steps steps of training until the learning rate has fallen to a tenth
 * @param seed seed of the first parameters and of the sequences
 */
public record TransformerOptions(
        int width, int heads, int hidden, int batch, GradientMode mode, Stopping stopping, double rate, int steps, long seed) {
    /** A relative residual of 10⁻³, within 40 evaluations. */
    public static final Stopping STOPPING = Stopping.relative(1e-3).within(40);

    /** Sequences in a step of {@link #of}. */
    public static final int BATCH = 16;

    /** 4 heads, 16 sequences a step, exact gradients, and a rate of 0.003. */
    public static TransformerOptions of(int width, int steps, long seed) {
        return new TransformerOptions(width, 4, 2 * width, BATCH, GradientMode.DEFAULT, STOPPING, 3e-3, steps, seed);
    }

    /** These options with another gradient mode. */
    public TransformerOptions with(GradientMode mode) {
        return new TransformerOptions(width, heads, hidden, batch, mode, stopping, rate, steps, seed);
    }

    /** Rises during a twentieth of the steps, and then falls. */
    Schedule schedule() {
        int rise = Math.max(1, steps / 20);
        return Schedule.cosine(rate, rate / 10, Math.max(1, steps - rise)).warmUp(rise);
    }

    Cell cell(int length) {
        return Cell.of(Type.F32, Shape.tokens(length, width), (net, z, x) -> {
            // With a factor of 1 the losses were the same, but solves took twice the evaluations, and 1% of the sequences had no
            // equilibrium after 300 steps of training.
            Value in = z.combine(0.5, x, 1);
            Heads causal = Heads.heads(heads).noBias().causal().rotary(10_000, Rotary.Pairing.HALVES);
            Value h = net.rmsNorm("norm1", in.plus(net.attention("attention", in, causal)));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, hidden)));
        });
    }
}
