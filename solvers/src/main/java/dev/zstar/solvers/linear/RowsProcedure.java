package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.internal.SolveRecord;
import java.util.function.BooleanSupplier;

/** A procedure that can also solve some of the rows of a batch, so that each group of rows may have one. */
interface RowsProcedure extends Procedure {
    /** The most rows that it solves at a time. */
    int capacity();

    /**
     * Solves rows {@code first … first + rows - 1} of {@code rhs}, which T and the outcome count from 0.
     *
     * @param tolerances by row as counted here; null for that of the stopping rule
     * @param goesOn asked after each step; after a false the solve ends, and its outcome means nothing
     */
    Outcome solve(LinearOperator t, Block rhs, Block solution, int first, int rows, boolean resumed, double[] tolerances,
            BooleanSupplier goesOn);

    @Override
    default Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances) {
        return solve(t, rhs, solution, 0, rhs.rows(), resumed, tolerances, RowsProcedure::always);
    }

    /** The record of the last solve. */
    SolveRecord outcome();

    /** For a solve that nothing ends early. */
    static boolean always() {
        return true;
    }
}
