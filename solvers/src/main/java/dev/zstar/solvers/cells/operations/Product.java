package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.solvers.cells.program.Frame;
import dev.zstar.solvers.cells.program.Register;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * {@code y = φ(L x + b + r)} with a linear map L, in one call of the engine: with a bias b, a second input r, and an activation φ. A cell
 * is described with single products, biases, sums and activations; {@code Fusion} makes these of them.
 */
public sealed interface Product extends Operation permits Affine, Convolve {
    /** b, or null. */
    Bias bias();

    /** Whether r is the second input. */
    boolean hasResidual();

    /** φ. */
    Activation activation();

    /** Whether a bias has the length of b. */
    boolean takes(Bias bias);

    /** This product with a bias. */
    Product with(Bias bias);

    /** This product plus a second input. */
    Product withResidual();

    /** This product with an activation. */
    Product with(Activation activation);

    /**
     * Adds {@code out = φ(L x + …)}.
     *
     * @param reads x first
     * @param writes out first
     * @param epilogue what follows the product, for each number of active rows
     */
    void multiply(Assembler a, List<Register> reads, List<Register> writes, Function<Frame, Epilogue> epilogue);

    /** Adds {@code out = Lᵀ u}. */
    void multiplyTransposed(Assembler a, Register u, Register out);

    /** Adds instructions that add the gradients of L and b, with d the gradient of {@code L x + b + r}. */
    void addGradients(Assembler a, Register d, Register x);

    @Override
    default List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register slope = derivatives && activation() != Activation.IDENTITY ? a.steps().like("slope of " + name(), out) : null;
        Register residual = hasResidual() ? a.local(in.get(1)) : null;
        Block b = bias() == null ? null : a.bank().values(bias());
        multiply(a, residual == null ? List.of(in.getFirst()) : List.of(in.getFirst(), residual),
                slope == null ? List.of(out) : List.of(out, slope),
                f -> new Epilogue(b, residual == null ? null : f.fixed(residual), null, activation(),
                        slope == null ? null : f.fixed(slope), null));
        return slope == null ? List.of() : List.of(slope);
    }

    /** {@code d = φ' ⊙ dy}. */
    private Register inner(Assembler a, Trace t, Register dy) {
        return t.saved().isEmpty() ? dy : a.once(List.of(t, dy), () -> a.times(dy, t.saved(0)));
    }

    @Override
    default List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        Register d = inner(a, t, dy);
        Register dx = wanted.getFirst() ? a.steps().like("gradient", t.in(0)) : null;
        if (dx != null) {
            multiplyTransposed(a, d, dx);
        }
        return hasResidual() ? Arrays.asList(dx, wanted.get(1) ? d : null) : Arrays.asList(dx);
    }

    @Override
    default void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        Register sum = t.saved().isEmpty() ? out : a.steps().like("tangent", out);
        Register residual = hasResidual() ? dx.get(1) : null;
        if (dx.getFirst() == null) {
            a.copy(residual, sum);
        } else if (residual == null) {
            multiply(a, List.of(dx.getFirst()), List.of(sum), f -> Epilogue.NONE);
        } else {
            Register r = a.local(residual);
            multiply(a, List.of(dx.getFirst(), r), List.of(sum),
                    f -> new Epilogue(null, f.fixed(r), null, Activation.IDENTITY, null, null));
        }
        if (!t.saved().isEmpty()) {
            a.times(sum, t.saved(0), out);
        }
    }

    @Override
    default void gradients(Assembler a, Trace t, Register dy) {
        addGradients(a, inner(a, t, dy), t.in(0));
    }
}
