package dev.zstar.solvers.training;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.PowerIteration;

/**
 * The monotone parametrisation (Winston and Kolter 2020, proposition 1): {@code W = (1 - m) I - AᵀA + B - Bᵀ}. The symmetric part of
 * {@code I - W} is {@code m I + AᵀA}, so {@code I - W} is strongly monotone for {@code m > 0}. Then {@code z = φ(W z + U x + b)} has one
 * equilibrium for every input, whatever the norm of W, if φ is a proximal operator. ReLU, leaky ReLU, tanh, sigmoid and softplus are.
 * Plain iteration may diverge. {@link ForwardBackward} and {@link PeacemanRachford} converge, and take ReLU and the identity only. For the
 * other activations use Newton-Krylov, Broyden or Anderson.
 *
 * <p>Holds no memory, so there is nothing to close. As thread-safe as the engine.
 *
 * @param engine the engine that computes
 * @param m the constant of strong monotonicity, above 0: {@code ⟨z, (I - W) z⟩ ≥ m ‖z‖²}
 */
public record MonotoneWeights(Engine engine, double m) {
    /** Side of the squares in which a matrix and its transpose are read: both stay in the nearest cache. */
    private static final int SQUARE = 32;

    /** Throws unless the engine is not null and m is finite and above 0. */
    public MonotoneWeights {
        Arguments.present("monotone weights", "the engine", engine);
        Arguments.positive("monotone weights", "m", m);
    }

    /**
     * {@code W = (1 - m) I - AᵀA + B - Bᵀ}.
     *
     * @param a {@code r × n} for any r; with r below n, W has fewer parameters
     * @param b {@code n × n}; only its antisymmetric part counts
     * @param w written, {@code n × n}
     */
    public void apply(Block a, Block b, Block w) {
        int n = Arguments.present("apply", "A", a).cols();
        Arguments.present("apply", "B", b);
        Arguments.present("apply", "W", w);
        b.requireShape("apply", "B", a.type(), n, n);
        w.requireShape("apply", "W", a.type(), n, n);
        Arguments.disjoint("apply", "W", w, "A", a);
        Arguments.disjoint("apply", "W", w, "B", b);
        engine.gemm(-1, a, true, a, false, 0, w);
        antisymmetric(1, b, w);
        for (int i = 0; i < n; i++) {
            w.set(i, i, w.get(i, i) + (1 - m));
        }
    }

    /**
     * Computes {@code ∂L/∂A = -A (G + Gᵀ)} and {@code ∂L/∂B = G - Gᵀ} from {@code G = ∂L/∂W}.
     *
     * @param a {@code r × n}
     * @param dw G, {@code n × n}
     * @param da written, {@code r × n}
     * @param db written, {@code n × n}; not {@code dw}
     */
    public void vjp(Block a, Block dw, Block da, Block db) {
        int n = Arguments.present("vjp", "A", a).cols();
        Arguments.present("vjp", "the gradient of W", dw);
        Arguments.present("vjp", "the gradient of A", da);
        Arguments.present("vjp", "the gradient of B", db);
        dw.requireShape("vjp", "the gradient of W", a.type(), n, n);
        da.requireShape("vjp", "the gradient of A", a.type(), a.rows(), n);
        db.requireShape("vjp", "the gradient of B", a.type(), n, n);
        Arguments.disjoint("vjp", "the gradient of A", da, "A", a);
        Arguments.disjoint("vjp", "the gradient of A", da, "the gradient of W", dw);
        Arguments.disjoint("vjp", "the gradient of A", da, "the gradient of B", db);
        Arguments.disjoint("vjp", "the gradient of B", db, "the gradient of W", dw);
        engine.gemm(-1, a, false, dw, false, 0, da);
        engine.gemm(-1, a, false, dw, true, 1, da);
        antisymmetric(0, dw, db);
    }

    /** {@code out = x - xᵀ + β out}. */
    private static void antisymmetric(double β, Block x, Block out) {
        int n = x.cols();
        for (int i0 = 0; i0 < n; i0 += SQUARE) {
            for (int j0 = 0; j0 < n; j0 += SQUARE) {
                for (int i = i0; i < Math.min(i0 + SQUARE, n); i++) {
                    for (int j = j0; j < Math.min(j0 + SQUARE, n); j++) {
                        double difference = x.get(i, j) - x.get(j, i);
                        out.set(i, j, β == 0 ? difference : difference + out.get(i, j));
                    }
                }
            }
        }
    }

    /**
     * {@code L = ‖I - W‖₂}, for {@link ForwardBackward#largestStep}. Power iteration approaches it from below. Allocates a matrix and two
     * vectors and frees them, so call it now and then, not in every step.
     *
     * @param w {@code n × n}
     * @param iterations the number of iterations, at least 1; a hundred usually give three digits
     */
    public double lipschitz(Block w, int iterations) {
        int n = Arguments.present("lipschitz", "W", w).rows();
        w.requireShape("lipschitz", "W", w.type(), n, n);
        Arguments.finite("lipschitz", "W", w);
        Arguments.atLeast("lipschitz", "the number of iterations", iterations, 1);
        try (Block difference = engine.allocate(w.type(), n, n);
                PowerIteration power = new PowerIteration(engine, w.type(), n, n, 1)) {
            engine.axpby(-1, w, 0, difference);
            for (int i = 0; i < n; i++) {
                difference.set(i, i, 1 + difference.get(i, i));
            }
            return power.run(difference, iterations);
        }
    }
}
