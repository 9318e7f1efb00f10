package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Picard;

/** The effective depth of an equilibrium: how many plain steps {@code z ← f(z)} from 0 reach the residual of a solve. */
final class PlainSteps {
    private static final int MOST = 1000;

    private PlainSteps() {}

    /**
     * The number of steps, each one layer of a tied network.
     *
     * @param map f, with the inputs of the solve
     * @param like has the rows of the solve
     * @param residual the largest relative residual of a row
     * @return NaN if {@value #MOST} steps do not reach it in every row
     */
    static <M extends FixedPointMap & Shaped> double count(M map, Block like, double residual) {
        try (Block z = map.engine().allocate(map.type(), like.rows(), map.n());
                Picard plain = Picard.plan(map.engine(), map.type(), like.rows(), map.n(), 1,
                        Stopping.relative(Math.max(residual, Double.MIN_NORMAL)).within(MOST))) {
            Outcome outcome = plain.solve(map, z);
            return outcome.succeeded() ? outcome.evaluations() : Double.NaN;
        }
    }
}
