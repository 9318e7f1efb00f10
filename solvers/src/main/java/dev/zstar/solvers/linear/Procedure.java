package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;

/** The algorithm that a {@link LinearSolver} runs, once it has checked the call and entered its workspace. */
interface Procedure {
    /**
     * Solves {@code (I - T) u = b}.
     *
     * @param resumed whether {@code solution} holds a start; otherwise the start is zero
     * @param tolerances the relative tolerance of each row; null for that of the stopping rule
     */
    Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances);
}
