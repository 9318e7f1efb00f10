package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.internal.SolveRecord;
import java.util.function.BooleanSupplier;

/**
 * Sums the series of {@link Neumann}. For a whole batch the sum is formed in the caller's block. A group would need a view of its rows
 * there, which is a new object. So it forms the sum in memory of its own, and with the memory of s rows it solves {@code ⌊2 s / 3⌋} rows at
 * a time.
 */
final class TruncatedSeries implements RowsProcedure {
    private final Engine engine;
    private final int terms;
    private final double λ;
    private final SolveRecord record;
    private final Rows rows;
    private final Block power;
    private final Block next;
    /** The sum of a group; null if the sum is formed in the caller's block. */
    private final Block own;
    /** By row: the norms of the last term, of the right-hand side, and of the sum. */
    private final double[] last;
    private final double[] length;
    private final double[] sum;
    /** By row: whether the right-hand side and the start are finite. */
    private final boolean[] finite;

    /**
     * Allocates 2 blocks.
     *
     * @param isGroup whether it solves groups of rows of a batch, rather than the whole batch
     */
    private TruncatedSeries(Workspace workspace, int terms, double damping, boolean isGroup) {
        Arguments.atLeast("Neumann", "terms", terms, 0);
        if (terms == Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Neumann: terms is " + terms + ", expected at most " + (terms - 1));
        }
        if (!(damping > 0 && damping <= 1)) {
            throw new IllegalArgumentException("Neumann: damping is " + damping + ", expected 0 < λ ≤ 1");
        }
        engine = workspace.engine();
        this.terms = terms;
        λ = damping;
        Block memory = workspace.basis(2).block();
        int most = isGroup ? memory.rows() / 3 : workspace.batch();
        record = new SolveRecord(most, Stopping.fixed(terms + 1));
        rows = new Rows(most);
        power = memory.range(0, most).withHeads();
        next = memory.range(most, most).withHeads();
        own = isGroup ? memory.range(2 * most, most).withHeads() : null;
        last = new double[most];
        length = new double[most];
        sum = new double[most];
        finite = new boolean[most];
    }

    /** Plans the series of a batch, which is divided into groups if the operator has replicas. */
    static Procedure plan(Workspace workspace, int terms, double damping) {
        TruncatedSeries whole = new TruncatedSeries(workspace, terms, damping, false);
        // Without a product there is nothing to divide.
        return terms == 0 ? whole
                : SystemGroups.divide(workspace, whole, null, (part, _) -> new TruncatedSeries(part, terms, damping, true));
    }

    @Override
    public int capacity() {
        return finite.length;
    }

    @Override
    public SolveRecord outcome() {
        return record;
    }

    @Override
    public Outcome solve(LinearOperator t, Block rhs, Block solution, int first, int count, boolean resumed, double[] tolerances,
            BooleanSupplier goesOn) {
        if (own == null) {
            sum(t, rhs, solution, resumed, goesOn);
            return record;
        }
        Block u = own.head(count);
        Block b = next.head(count);
        copy(rhs, first, b, 0);
        if (resumed) {
            copy(solution, first, u, 0);
        }
        sum(t, b, u, resumed, goesOn);
        copy(u, 0, solution, first);
        return record;
    }

    private static void copy(Block from, int first, Block to, int at) {
        int rows = Math.min(from.rows() - first, to.rows() - at);
        for (int b = 0; b < rows; b++) {
            to.copyRow(from, first + b, at + b);
        }
    }

    private void sum(LinearOperator t, Block rhs, Block solution, boolean resumed, BooleanSupplier goesOn) {
        int batch = rhs.rows();
        record.start(batch);
        rows.reset(batch);
        engine.norm(rhs, length);
        for (int b = 0; b < batch; b++) {
            finite[b] = length[b] < Double.POSITIVE_INFINITY || Finite.row(rhs, b);
        }
        Block p = power.head(batch);
        Block q = next.head(batch);
        if (resumed) {
            residual(t, rhs, solution, p);
            engine.axpby(λ, p, 1, solution);
        } else {
            p.copyFrom(rhs);
            engine.axpby(λ, p, 0, solution);
        }
        engine.norm(p, last);
        for (int i = 0; i < terms && goesOn.getAsBoolean(); i++) {
            multiply(t, p, q);
            if (λ < 1) {
                engine.axpby(1 - λ, p, λ, q);
            }
            engine.axpby(λ, q, 1, solution);
            if (i == terms - 1) {
                engine.norm(q, last);
            }
            Block swap = p;
            p = q;
            q = swap;
        }
        engine.norm(solution, sum);
        for (int b = 0; b < batch; b++) {
            end(b, solution, resumed);
        }
    }

    private void multiply(LinearOperator t, Block u, Block out) {
        InputGuard.multiply(t, u, out, rows);
        record.evaluated(rows);
    }

    /** {@code r = b - (I - T) u}; zeros in rows whose b or u is not finite, so that such a start stays unchanged. */
    private void residual(LinearOperator t, Block rhs, Block u, Block r) {
        engine.norm(u, sum);
        multiply(t, u, r);
        engine.axpby(-1, u, 1, r);
        engine.axpby(1, rhs, 1, r);
        for (int b = 0; b < rhs.rows(); b++) {
            finite[b] &= sum[b] < Double.POSITIVE_INFINITY || Finite.row(u, b);
            for (int i = 0; !finite[b] && i < u.cols(); i++) {
                r.set(b, i, 0);
            }
        }
    }

    private void end(int b, Block solution, boolean resumed) {
        Status status = !finite[b] ? Status.NONFINITE_INPUT
                : length[b] == 0 ? Status.CONVERGED_ZERO_RHS
                : !(last[b] < Double.POSITIVE_INFINITY) ? Status.NONFINITE_OPERATOR
                : !(sum[b] < Double.POSITIVE_INFINITY) || !(length[b] < Double.POSITIVE_INFINITY) ? Status.OUT_OF_RANGE
                : Status.COMPLETED_FIXED_STEPS;
        boolean summed = status == Status.COMPLETED_FIXED_STEPS;
        boolean start = resumed && status == Status.NONFINITE_INPUT;
        for (int i = 0; !summed && !start && i < solution.cols(); i++) {
            solution.set(b, i, 0);
        }
        record.end(b, status, status == Status.NONFINITE_INPUT ? Double.NaN
                : !status.isSuccess() ? 1
                : length[b] == 0 ? 0 : last[b] / length[b]);
    }
}
