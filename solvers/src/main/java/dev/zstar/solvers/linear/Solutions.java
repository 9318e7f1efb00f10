package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.internal.SolveRecord;
import java.util.Arrays;

/**
 * The scaled solutions of a batch, and the best solution of each row in the caller's block. Because a cycle may break down or produce NaN,
 * any new best solution is stored in the caller's block before the next cycle.
 */
final class Solutions {
    private final Engine engine;
    private final double[] ones;
    private final int n;
    private final Scaling scaling;
    private final Basis x;
    /** All rows of a batch. */
    private final Rows all;
    /** By row: the residual of the best solution so far, and whether the caller's block holds that solution; otherwise it is zero. */
    private final double[] best;
    private final boolean[] holds;
    /** By row: whether x holds the result of the solve. */
    private final boolean[] wanted;
    /** By row: the distance of x from its rounded value in the caller's block. */
    private final double[] lost;
    /** {@code ‖x‖} by position. */
    private final double[] sizes;
    /** The caller's block, and the rows of it that are solved. */
    private Block result;
    private int firstRow;
    private int batch;
    /** Whether x is still zero, and not stored. */
    private boolean fresh;

    /** Allocates 1 block. */
    Solutions(Workspace workspace, Scaling scaling) {
        engine = workspace.engine();
        ones = workspace.ones();
        n = workspace.n();
        this.scaling = scaling;
        x = workspace.basis(1);
        all = new Rows(workspace.batch());
        best = new double[workspace.batch()];
        holds = new boolean[workspace.batch()];
        wanted = new boolean[workspace.batch()];
        lost = new double[workspace.batch()];
        sizes = new double[workspace.batch()];
    }

    /** A solve into rows {@code first … first + rows - 1} of {@code result} begins. If it is resumed, the starts are there. */
    void enter(Block result, int first, int rows, boolean resumed) {
        this.result = result;
        firstRow = first;
        batch = rows;
        fresh = !resumed;
        Arrays.fill(lost, 0);
        Arrays.fill(best, resumed ? Double.POSITIVE_INFINITY : 1);
        Arrays.fill(holds, resumed);
    }

    /** Releases the reference to the caller's block. */
    void leave() {
        result = null;
    }

    /**
     * Scales the starts of these rows.
     *
     * @param room scratch memory; overwritten
     */
    void load(Rows rows, Block room) {
        scaling.in(Scaling.rows(result, firstRow, batch, room), x, rows);
    }

    /** Adds corrections to some rows; the first time to all open rows. */
    void add(Block correction, Rows rows) {
        if (!fresh) {
            engine.multiAxpy(x, 1, ones, correction, rows, null);
        }
        engine.store(correction, ones, x, 0, rows);
        fresh = false;
    }

    /** Whether nothing has been corrected yet, so that all solutions are zero. */
    boolean areZero() {
        return fresh;
    }

    /** {@code u = x}, rounded to what the caller's block can hold; zeros in rows that it cannot hold. */
    void copyTo(Block u, Rows open) {
        engine.mix(x, 1, ones, u, open);
        engine.norm(u, sizes);
        for (int p = 0; p < open.count(); p++) {
            int b = open.index(p);
            lost[b] = 0;
            if (!(sizes[p] < Double.POSITIVE_INFINITY)) {
                lost[b] = sizes[p];
            } else if (scaling.endangered(b, sizes[p])) {
                lost[b] = scaling.round(b, x, u, p);
            }
            if (!(lost[b] < Double.POSITIVE_INFINITY)) {
                for (int i = 0; i < n; i++) {
                    u.set(p, i, 0);
                }
            }
        }
    }

    /** {@code ‖x‖} at position {@code p} when it was last copied; 0 if x is zero. */
    double size(int p) {
        return fresh ? 0 : sizes[p];
    }

    /** The distance of row {@code b} of x from its rounded value in the caller's block; infinite or NaN if the row is not finite. */
    double lost(int b) {
        return lost[b];
    }

    /** Whether all elements of the start of row {@code b} are finite. */
    boolean startIsFinite(int b) {
        return Finite.row(result, firstRow + b);
    }

    /** Row {@code b}, at position {@code p}, starts from zero instead, with the residual 1. */
    void goFromZero(int b, int p) {
        for (int i = 0; i < n; i++) {
            x.block().set(b, i, 0);
        }
        sizes[p] = 0;
        lost[b] = 0;
        best[b] = 1;
        holds[b] = false;
    }

    /** The residual of the start of row {@code b}. */
    void startsWith(int b, double residual) {
        best[b] = residual;
    }

    /**
     * Stores new best solutions in the caller's block.
     *
     * @param residual of x, by row of the batch
     * @param room scratch memory; overwritten
     */
    void keep(double[] residual, Rows open, Block room) {
        boolean some = false;
        for (int p = 0; p < open.count(); p++) {
            some |= residual[open.index(p)] < best[open.index(p)];
        }
        if (!some) {
            return;
        }
        Block u = room.head(open.count());
        scaling.out(x, u, open, null);
        for (int p = 0; p < open.count(); p++) {
            int b = open.index(p);
            if (residual[b] < best[b]) {
                result.copyRow(u, p, firstRow + b);
                best[b] = residual[b];
                holds[b] = true;
            }
        }
    }

    /**
     * Scales the solutions back. A row that its last cycle did not improve keeps its earlier solution. A row that had converged at its
     * start keeps its start.
     *
     * @param room scratch memory; overwritten
     */
    void finish(SolveRecord record, Block room) {
        all.reset(batch);
        boolean overwrites = true;
        for (int b = 0; b < batch; b++) {
            Status status = record.status(b);
            boolean better = status.isSuccess() || record.residual(b) < best[b];
            if (!better) {
                record.residual(b, status == Status.NONFINITE_INPUT ? Double.NaN : best[b]);
            }
            wanted[b] = better && !fresh && status != Status.CONVERGED_ZERO_RHS;
            holds[b] &= !better || status == Status.CONVERGED_AT_START;
            overwrites &= !holds[b];
        }
        boolean direct = overwrites && batch == result.rows();
        Block u = direct ? result : room.head(batch);
        scaling.out(x, u, all, wanted);
        if (!direct) {
            for (int b = 0; b < batch; b++) {
                if (!holds[b]) {
                    result.copyRow(u, b, firstRow + b);
                }
            }
        }
    }
}
