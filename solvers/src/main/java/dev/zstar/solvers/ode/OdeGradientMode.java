package dev.zstar.solvers.ode;

import dev.zstar.solvers.guard.Arguments;

/** How an {@link OdeLayer} finds the gradients of a loss L of the state at t₁. */
public sealed interface OdeGradientMode {
    /** {@link Checkpointed} with √N checkpoints. */
    OdeGradientMode DEFAULT = new Checkpointed(0);

    /**
     * The continuous adjoint of Chen et al. (2018). It integrates the state and {@code da/dt = -Jᵀ a} together, backwards from t₁ to t₀,
     * with the same tolerances. Nothing of the forward solve is kept, so the memory does not depend on the number of steps. But the
     * backward solve does not retrace the forward one: {@link OdeGradientOutcome#drift} says how far from the start it ends. An equation
     * that contracts forwards expands backwards, and then the gradient may be wrong.
     *
     * <p>The integral for θ uses the weights of the steps, and has no part in the control of the error (Kidger, Chen and Lyons 2021).
     */
    record Reversed() implements OdeGradientMode {}

    /**
     * The discrete adjoint: the exact gradient of what the forward solve computed, with the lengths of its steps held constant. It keeps
     * every k-th state, computes the states between two of them again, and goes back through the stages of every step. For N steps of a row
     * it holds {@code N / k + k} states. With k = 0 the distance doubles while the solve runs, and a row holds at most
     * {@code 2.2 √N + 3} states.
     *
     * @param every k, at least 0; 0 for about √N
     */
    record Checkpointed(int every) implements OdeGradientMode {
        /** Checks the number. */
        public Checkpointed {
            Arguments.atLeast("gradient mode", "the distance of checkpoints", every, 0);
        }
    }

    /**
     * The adjoint along the dense output (the interpolated reverse dynamic method: Daulbaev et al. 2020). It integrates
     * {@code da/dt = -Jᵀ a} alone, backwards, with the states from the {@link Trajectory} of the forward solve, which holds 3 N states for
     * N steps of a row. The error of the gradient is that of the dense output and of the backward solve.
     */
    record Interpolated() implements OdeGradientMode {}
}
