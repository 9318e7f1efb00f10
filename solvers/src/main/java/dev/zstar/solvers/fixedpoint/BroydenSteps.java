package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.secant.InverseJacobian;
import dev.zstar.solvers.secant.PairSum;
import dev.zstar.solvers.secant.StepProduct;

/**
 * The steps of {@link Broyden}: {@code z + d} with {@code d = H r}, shortened by a line search if there is one.
 *
 * <p>The good method with restarts stores only directions, and sweeps over them twice in a step. With k directions this moves
 * {@code (2k + 16) n} elements, including the loop's. All other variants store pairs of vectors. The bad method reads each pair once,
 * {@code (2k + 26) n}; the good one reads it twice, {@code (4k + 24) n}. Reductions to half of the memory m add about {@code 4 m n} to each
 * step, on average.
 */
final class BroydenSteps implements IterationMethod {
    /** For the line search: α, and how many times a step is shortened (to a 64th or less) before its direction is abandoned. */
    private static final double DECREASE = 1e-4;
    private static final int REDUCTIONS = 6;

    private final Engine engine;
    private final InverseJacobian inverse;
    /**
     * By row of the batch: whether the latest point was refused; the λ of the step to it, or of the next trial if it was refused; and
     * {@code ‖f(z) - z‖²}.
     */
    private final boolean[] refused;
    private final double[] λ;
    private final double[] squares;
    /** Null without a line search, as are the following fields. */
    private final LineSearch search;
    /** The best points, by row of the batch, and their ‖F‖. */
    private final Block points;
    private final double[] shortest;
    /** By row of the batch: whether the row is returning to its best point, and whether it has failed. */
    private final boolean[] returning;
    private final boolean[] failed;

    BroydenSteps(Workspace workspace, Broyden.Options options) {
        engine = workspace.engine();
        int batch = workspace.batch();
        boolean good = options.update() == Broyden.Update.GOOD;
        inverse = good && options.reduction() == Broyden.Reduction.RESTART
                ? new StepProduct(workspace, options.memory())
                : new PairSum(workspace, good, options.memory(), options.kept());
        refused = new boolean[batch];
        λ = new double[batch];
        squares = new double[batch];
        boolean searches = options.lineSearch();
        search = searches ? new LineSearch(batch, DECREASE, REDUCTIONS, 1) : null;
        points = searches ? workspace.block() : null;
        shortest = searches ? new double[batch] : null;
        returning = searches ? new boolean[batch] : null;
        failed = searches ? new boolean[batch] : null;
    }

    /** The approximate inverse Jacobian. */
    InverseJacobian inverse() {
        return inverse;
    }

    @Override
    public void begin(int b) {
        inverse.forget(b);
        λ[b] = 1;
        if (search != null) {
            refused[b] = false;
            shortest[b] = Double.POSITIVE_INFINITY;
            returning[b] = false;
            failed[b] = false;
            search.begin(b);
        }
    }

    @Override
    public boolean accept(Iterates at, int b, int p) {
        if (search == null) {
            return true;
        }
        double norm = Math.sqrt(at.residualSquare(b));
        judge(b, norm);
        if (!refused[b] && norm < shortest[b]) {
            points.copyRow(at.z(), p, b);
            shortest[b] = norm;
        }
        return !refused[b];
    }

    /** Decides on the trial of row {@code b}, given {@code ‖F‖} there. */
    private void judge(int b, double norm) {
        LineSearch.Move move = search.judge(b, norm);
        refused[b] = move != LineSearch.Move.ACCEPT;
        if (!refused[b]) {
            if (returning[b]) {
                inverse.forget(b);
            }
            λ[b] = search.length(b);
            returning[b] = false;
            search.next(b);
            return;
        }
        failed[b] = move == LineSearch.Move.FAIL;
        returning[b] = move == LineSearch.Move.LOST;
        if (returning[b]) {
            search.returnToBase(b);
        }
        λ[b] = search.length(b);
    }

    @Override
    public Status gaveUp(int b) {
        return search != null && failed[b] ? Status.LINE_SEARCH_FAILED : null;
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        Block d = at.g();
        if (search != null) {
            rebase(at);
        }
        for (int p = 0; p < at.rows().count(); p++) {
            int b = at.rows().index(p);
            squares[b] = at.residualSquare(b);
        }
        engine.axpby(-1, at.z(), 1, d);
        inverse.direct(d, squares, at.rows(), refused, λ);
        engine.axpby(1, at.z(), 1, d);
    }

    /** Moves refused rows back to their best point, and sets their residual to 0. */
    private void rebase(Iterates at) {
        for (int p = 0; p < at.rows().count(); p++) {
            int b = at.rows().index(p);
            if (refused[b]) {
                at.z().copyRow(points, b, p);
                at.g().copyRow(points, b, p);
            }
        }
    }
}
