package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;

/**
 * How a layer differentiates its equilibrium {@code z* = f(z*; θ)}. With {@code g = ∂L/∂z*},
 *
 * <pre>{@code ∂L/∂θ = vᵀ ∂f/∂θ,   (I - Jᵀ) v = g,}</pre>
 *
 * and the modes differ in how they find or approximate v.
 */
public sealed interface GradientMode {
    /**
     * The default: {@link Exact} by GMRES to a relative residual of 10⁻³. In training it makes no measurable difference compared with a
     * more exact gradient.
     */
    GradientMode DEFAULT = exact(1e-3);

    /**
     * v by GMRES with cycles of 20 steps, within 200 products with Jᵀ.
     *
     * @param tolerance the relative residual at which a row ends
     */
    static GradientMode exact(double tolerance) {
        if (!(tolerance >= 0 && tolerance < 1)) {
            throw new IllegalArgumentException("exact: the tolerance is " + tolerance + ", expected 0 ≤ tolerance < 1");
        }
        return new Exact((engine, type, batch, n) -> Gmres.plan(engine, type, batch, n, 20, Stopping.relative(tolerance)));
    }

    /**
     * v by any linear solver, to a tolerance or after a fixed number of evaluations.
     *
     * @param method plans the solver; the layer closes it
     */
    record Exact(LinearMethod method) implements GradientMode {
        /** Throws if the method is null. */
        public Exact {
            Arguments.present("Exact", "the method", method);
        }
    }

    /** Plans a linear solver. */
    @FunctionalInterface
    interface LinearMethod {
        /** Plans a solver for batches of up to {@code batch} rows of {@code n} elements. */
        LinearSolver plan(Engine engine, Type type, int batch, int n);
    }

    /**
     * {@code v = Hᵀ g} with {@code H ≈ (I - J)⁻¹} from Broyden's method at the end of the forward solve (Ramzi et al. 2022, SHINE). Takes
     * no product with Jᵀ. The layer's forward solver must be a {@link dev.zstar.solvers.fixedpoint.Broyden}.
     */
    record BroydenInverse() implements GradientMode {}

    /**
     * v by GMRES with {@link MultiSecant} as its preconditioner: an approximation of {@code (I - J)⁻¹} from the points of the forward
     * solve, whatever its method. Rows that fail continue without a preconditioner.
     *
     * @param pairs the number of secant pairs to keep, 1 to 500; takes {@code 2 (pairs + 1)} blocks
     * @param restart the restart length of GMRES, 1 to 500
     * @param stopping when a linear solve ends: a tolerance, or a fixed number of evaluations
     */
    record Refined(int pairs, int restart, Stopping stopping) implements GradientMode {
        /** Checks the ranges, and that a linear solver applies the stopping rule. */
        public Refined {
            Arguments.present("Refined", "the stopping rule", stopping).requireLinear("Refined");
            if (pairs < 1 || pairs > 500) {
                throw new IllegalArgumentException("Refined: pairs is " + pairs + ", expected 1 to 500");
            }
            if (restart < 1 || restart > 500) {
                throw new IllegalArgumentException("Refined: restart is " + restart + ", expected 1 to 500");
            }
        }
    }

    /** {@code v = g} (Fung et al. 2022). Takes no product with Jᵀ. Under the conditions of the paper it gives a descent direction. */
    record JacobianFree() implements GradientMode {}

    /**
     * {@code v = Σ_{i ≤ k} (Jᵀ)ⁱ g}, a truncated Neumann series.
     *
     * @param terms k, the number of products with Jᵀ, at least 0; the sum has k + 1 terms
     */
    record NeumannSeries(int terms) implements GradientMode {
        /** Checks the range. */
        public NeumannSeries {
            Arguments.atLeast("NeumannSeries", "the number of products", terms, 0);
            requireBelowLargest("NeumannSeries: the number of products", terms);
        }
    }

    /**
     * The gradient of k damped steps from the equilibrium, {@code v = λ Σ_{i < k} ((1 - λ) I + λ Jᵀ)ⁱ g} (Geng et al. 2021).
     *
     * @param steps k, at least 1; takes k - 1 products
     * @param damping λ, above 0 and at most 1
     */
    record Phantom(int steps, double damping) implements GradientMode {
        /** Checks the ranges. */
        public Phantom {
            if (steps < 1) {
                throw new IllegalArgumentException("Phantom: the number of steps is " + steps + ", expected at least 1");
            }
            if (!(damping > 0 && damping <= 1)) {
                throw new IllegalArgumentException("Phantom: damping is " + damping + ", expected above 0 and at most 1");
            }
        }
    }

    /**
     * Does not solve for an equilibrium in training: the layer is the unrolled network of L plain steps from the start. It keeps all
     * states, in L blocks and a few more. Inference still solves.
     *
     * @param steps L, at least 1
     */
    record Unrolled(int steps) implements GradientMode {
        /** Checks the range. */
        public Unrolled {
            requireSteps(steps);
        }
    }

    /**
     * The same network and gradient, but only every ⌈√L⌉-th state is kept, and the others are computed again (Chen, Xu, Zhang and Guestrin
     * 2016). Takes about 2√L blocks, and nearly twice the evaluations of f.
     *
     * @param steps L, at least 1
     */
    record Checkpointed(int steps) implements GradientMode {
        /** Checks the range. */
        public Checkpointed {
            requireSteps(steps);
        }
    }

    private static void requireSteps(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("unrolled network: the number of steps is " + steps + ", expected at least 1");
        }
        requireBelowLargest("unrolled network: the number of steps", steps);
    }

    /** One more than the number is an {@code int}, too: it is a number of evaluations, or of terms. */
    private static void requireBelowLargest(String what, int number) {
        if (number == Integer.MAX_VALUE) {
            throw new IllegalArgumentException(what + " is " + number + ", expected at most " + (Integer.MAX_VALUE - 1));
        }
    }
}
