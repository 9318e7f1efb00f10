package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Workspace;

/** What a {@link Safeguard} knows of each row. Takes two blocks. */
final class SafeguardState {
    /** A residual this many times the shortest is no detour. */
    private static final double RUNAWAY = 1e6;

    private final Safeguard safeguard;
    /** The iterate with the shortest r of each row of the batch, f there, and ‖r‖². */
    private final Block points;
    private final Block values;
    private final double[] squares;
    /** β of the next way back; evaluations since the best that were too long, and how many may be. */
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

    boolean isAstray(int b) {
        return astray[b];
    }

    void remember(int b, double square, Block zk, Block gk, int p) {
        if (square < squares[b]) {
            points.copyRow(zk, p, b);
            values.copyRow(gk, p, b);
            squares[b] = square;
            β[b] = safeguard.damping();
            strayed[b] = 0;
        }
    }

    /** Row p of z becomes the damped step from row b's best; the next one is half as long. */
    void step(int b, Block z, int p) {
        for (int i = 0; i < z.cols(); i++) {
            z.set(p, i, (1 - β[b]) * points.get(b, i) + β[b] * values.get(b, i));
        }
        β[b] /= 2;
    }
}
