package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import java.util.Arrays;

/** How far iterates move, for a solve with a step tolerance. Allocates two blocks. */
final class StepLengths {
    private final Workspace plan;
    private final Basis last;
    private final Block difference;
    /** By row of the batch: whether it has a last iterate, ‖z - z_last‖² and ‖z‖². */
    private final boolean[] known;
    private final double[] steps;
    private final double[] squares;
    private final double[] byPosition;
    private final double[] minus;
    private final double[] ones;

    StepLengths(Workspace plan) {
        this.plan = plan;
        last = plan.basis(1);
        difference = plan.block();
        known = new boolean[plan.batch()];
        steps = new double[plan.batch()];
        squares = new double[plan.batch()];
        byPosition = new double[plan.batch()];
        minus = new double[plan.batch()];
        ones = plan.ones();
        Arrays.fill(minus, -1);
    }

    /** Row {@code b} has no last iterate. */
    void begin(int b) {
        known[b] = false;
    }

    /** Measures the distance of each row from its last iterate. */
    void measure(Block zk, Rows rows) {
        Block d = difference.head(zk.rows());
        plan.engine().copy(zk, d);
        plan.engine().multiAxpy(last, 1, minus, d, rows, steps);
        plan.engine().dot(zk, zk, byPosition);
        for (int p = 0; p < rows.count(); p++) {
            squares[rows.index(p)] = byPosition[p];
        }
    }

    /**
     * {@code ‖z - z_last‖ / ‖z‖}; infinite if there is no last iterate. It is not relative to ‖f(z)‖: when f runs away, ‖f(z)‖ is so large
     * that every step would count as short.
     */
    double relative(int b) {
        return !known[b] || !(squares[b] < Double.POSITIVE_INFINITY) ? Double.POSITIVE_INFINITY
                : steps[b] == 0 ? 0
                : Math.sqrt(steps[b] / squares[b]);
    }

    /** Keeps these iterates as the last ones. */
    void remember(Block zk, Rows rows) {
        plan.engine().store(zk, ones, last, 0, rows);
        for (int p = 0; p < rows.count(); p++) {
            known[rows.index(p)] = true;
        }
    }
}
