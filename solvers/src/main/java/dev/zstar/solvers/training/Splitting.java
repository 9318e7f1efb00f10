package dev.zstar.solvers.training;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * What both splittings share: their checks, shape and memory.
 *
 * <p>The equilibrium of {@code z = φ(W z + q)} with {@code φ = prox_f} is the zero of {@code (I - W) z - q + ∂f(z)}, and a splitting with
 * step α uses {@code prox_{αf}}. That equals φ for every α if and only if {@code α ∂f = ∂f}. Then f is 0 on a convex set and infinite
 * elsewhere, and φ is the projection onto the set. Among the activations these are the identity and ReLU.
 *
 * <p>A positively homogeneous φ is not enough. For leaky ReLU with slope λ, {@code f(z) = (1/λ - 1) z² / 2} for z below 0, so
 * {@code prox_{αf}} has the slope {@code 1 / (1 + α (1/λ - 1))} there. A splitting that used φ instead would converge to another point.
 */
abstract sealed class Splitting implements Shaped, AutoCloseable permits ForwardBackward, PeacemanRachford {
    final Engine engine;
    final Type type;
    final int n;
    final int inputs;
    final double α;
    final OwnedMemory memory;
    private final int batch;

    /** Checks everything, and allocates nothing yet. */
    Splitting(String splitting, Engine engine, Activation activation, Block w, Block u, Block bias, double step, int batch) {
        require(splitting, activation, step);
        requireParameters(splitting, engine, w, u, bias, batch);
        this.engine = engine;
        this.batch = batch;
        α = step;
        type = w.type();
        n = w.rows();
        inputs = u.cols();
        memory = new OwnedMemory(engine);
    }

    /** Throws unless the parameters are not null, finite, and of shapes that fit together. */
    private static void requireParameters(String splitting, Engine engine, Block w, Block u, Block bias, int batch) {
        Arguments.present(splitting, "the engine", engine);
        Arguments.atLeast(splitting, "the batch", batch, 1);
        int n = Arguments.present(splitting, "W", w).rows();
        requireShapes(splitting, w, u, bias, w.type(), n, Arguments.present(splitting, "U", u).cols());
        Arguments.atLeast(splitting, "n", n, 1);
        Arguments.finite(splitting, "W", w);
        Arguments.finite(splitting, "U", u);
        Arguments.finite(splitting, "b", bias);
    }

    /** Throws unless new parameters are not null, and of the same shapes. */
    final void requireShapes(String operation, Block w, Block u, Block bias) {
        requireShapes(operation, w, u, bias, type, n, inputs);
    }

    private static void requireShapes(String operation, Block w, Block u, Block bias, Type type, int n, int inputs) {
        Arguments.present(operation, "W", w).requireShape(operation, "W", type, n, n);
        Arguments.present(operation, "U", u).requireShape(operation, "U", type, n, inputs);
        Arguments.present(operation, "b", bias).requireShape(operation, "b", type, 1, n);
    }

    /** Throws unless φ is a projection and α is finite and above 0. */
    private static void require(String splitting, Activation activation, double α) {
        if (Arguments.present(splitting, "the activation", activation) != Activation.IDENTITY && activation != Activation.RELU) {
            throw new IllegalArgumentException(splitting + ": the activation is " + activation
                    + ", expected RELU or IDENTITY, whose proximal operators are the same for every α");
        }
        Arguments.positive(splitting, "α", α);
    }

    @Override
    public final Engine engine() {
        return engine;
    }

    @Override
    public final Type type() {
        return type;
    }

    @Override
    public final int batch() {
        return batch;
    }

    @Override
    public final int n() {
        return n;
    }

    /** α. */
    public final double step() {
        return α;
    }

    @Override
    public final void close() {
        memory.close();
    }
}
