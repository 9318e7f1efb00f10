package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Workspace;

/** The state of a {@link Safeguard} for each row. Allocates two blocks. */
final class SafeguardState {
    /** A residual this many times the smallest one is no detour. */
    private static final double RUNAWAY = 1e6;

    private final Safeguard safeguard;
    /** By row of the batch: the iterate with the smallest ‖r‖, f at it, and ‖r‖². */
    private final Block points;
    private final Block values;
    private final double[] squares;
    /**
     * By row of the batch: β of the next return; the number of evaluations since the best point with too large a residual, and how many are
     * allowed.
     */
    private final double[] β;
    private final int[] strayed;
    private final int[] patience;
    private final boolean[] astray;

    SafeguardState(Workspace plan, Safeguard safeguard) {
        this.safeguard = safeguard;
        points = plan.block();
        values = plan.block();
        squares = new double[plan.batch()];
        β = new double[plan.batch()];
        strayed = new int[plan.batch()];
        patience = new int[plan.batch()];
        astray = new boolean[plan.batch()];
    }

    /** Row {@code b} has nothing to go back to yet. */
    void begin(int b) {
        squares[b] = Double.POSITIVE_INFINITY;
        patience[b] = safeguard.patience();
        strayed[b] = 0;
        astray[b] = false;
    }

    /** Whether row {@code b} must go back from a point with this {@code ‖r‖²}, which may be NaN. */
    boolean refuses(int b, double square) {
        astray[b] = false;
        if (squares[b] < Double.POSITIVE_INFINITY && !(square <= safeguard.growth() * safeguard.growth() * squares[b])) {
            strayed[b]++;
            if (strayed[b] > patience[b] || !(square <= RUNAWAY * RUNAWAY * squares[b])) {
                astray[b] = true;
                strayed[b] = 0;
                patience[b] /= 2;
            }
        }
        return astray[b];
    }

    /** Whether row {@code b} was refused. */
    boolean isAstray(int b) {
        return astray[b];
    }

    /** Keeps the point of row {@code b}, at position p, if its residual is smaller than all before. */
    void remember(int b, double square, Block zk, Block gk, int p) {
        if (square < squares[b]) {
            points.copyRow(zk, p, b);
            values.copyRow(gk, p, b);
            squares[b] = square;
            β[b] = safeguard.damping();
            strayed[b] = 0;
        }
    }

    /** Overwrites row p of z with the damped step from the best point of row b. The next such step is half as long. */
    void step(int b, Block z, int p) {
        for (int i = 0; i < z.cols(); i++) {
            z.set(p, i, (1 - β[b]) * points.get(b, i) + β[b] * values.get(b, i));
        }
        β[b] /= 2;
    }
}
