package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;

/**
 * How a layer differentiates its equilibrium {@code z* = f(z*)}. With g the gradient of the loss by z*, the gradient by parameters is
 * {@code vᵀ ∂f/∂θ} where {@code (I - Jᵀ) v = g}; modes differ in what they take for v.
 */
public sealed interface GradientMode {
    /**
     * The default: {@link Exact} by GMRES to a relative residual of 10⁻³, which training does not tell from an exact gradient.
     */
    GradientMode DEFAULT = exact(1e-3);

    /** v by GMRES with cycles of 20 steps, to a relative residual. */
    static GradientMode exact(double tolerance) {
        return new Exact((engine, type, batch, n) -> Gmres.plan(engine, type, batch, n, 20, Stopping.relative(tolerance)));
    }

    /** v by any linear solver: to a tolerance, or after a fixed number of evaluations. */
    record Exact(LinearMethod method) implements GradientMode {
        /** Checks that there is one. */
        public Exact {
            Arguments.present("the gradient mode Exact", "the method", method);
        }
    }

    /** Plans a linear solver. */
    @FunctionalInterface
    interface LinearMethod {
        /** For batches of up to {@code batch} rows of {@code n} elements. */
        LinearSolver plan(Engine engine, Type type, int batch, int n);
    }

    /**
     * {@code v = Hᵀ g} with the inverse Jacobian H that Broyden's method has when the forward solve ends: no product with the Jacobian at
     * all (Ramzi et al. 2022, SHINE). The layer's forward solver must be Broyden's.
     */
    record BroydenInverse() implements GradientMode {}

    /**
     * v by GMRES with an inverse Jacobian as its preconditioner that is made of all that the forward solve, by any method, has seen:
     * {@link MultiSecant}. Rows that it fails on go on without one.
     *
     * @param pairs points of the forward solve that are remembered, two blocks each
     * @param restart steps of a cycle
     * @param stopping of a linear solve: a tolerance, or a fixed number of evaluations
     */
    record Refined(int pairs, int restart, Stopping stopping) implements GradientMode {
        /** Checks that there are rules; ranges are checked where the solvers are planned. */
        public Refined {
            Arguments.present("the gradient mode Refined", "the stopping rule", stopping);
        }
    }

    /** {@code v = g} (Fung et al. 2022): a step of descent where f contracts, at no cost. */
    record JacobianFree() implements GradientMode {}

    /**
     * {@code v = Σ_{i ≤ k} (Jᵀ)ⁱ g}.
     *
     * @param terms k, the products
     */
    record NeumannSeries(int terms) implements GradientMode {
        /** Checks the range. */
        public NeumannSeries {
            if (terms < 0) {
                throw new IllegalArgumentException("a Neumann series of " + terms + " terms; expected at least 0");
            }
        }
    }

    /**
     * The gradient of k damped steps from the equilibrium, {@code v = λ Σ_{i < k} ((1 - λ) I + λ Jᵀ)ⁱ g} (Geng et al. 2021).
     *
     * @param steps k, at least 1; one less than the products
     * @param damping λ, above 0 and at most 1
     */
    record Phantom(int steps, double damping) implements GradientMode {
        /** Checks the ranges. */
        public Phantom {
            if (steps < 1) {
                throw new IllegalArgumentException("a phantom gradient of " + steps + " steps; expected at least 1");
            }
            if (!(damping > 0 && damping <= 1)) {
                throw new IllegalArgumentException("a phantom gradient with steps damped by " + damping
                        + "; expected above 0 and at most 1");
            }
        }
    }

    /**
     * No equilibrium: in training the layer is the network of L plain steps from the start, with all states kept, which take L blocks. What
     * the other modes are compared with. Inference still solves.
     *
     * @param steps L
     */
    record Unrolled(int steps) implements GradientMode {
        /** Checks the ranges. */
        public Unrolled {
            requireSteps(steps);
        }
    }

    /**
     * The same network and gradient with every ⌈√L⌉-th state kept, and those between computed again: 2√L blocks and twice the forward
     * evaluations (Chen, Xu, Zhang and Guestrin 2016).
     *
     * @param steps L
     */
    record Checkpointed(int steps) implements GradientMode {
        /** Checks the ranges. */
        public Checkpointed {
            requireSteps(steps);
        }
    }

    private static void requireSteps(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("a network of " + steps + " steps; expected at least 1");
        }
    }
}
