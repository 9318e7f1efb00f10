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

/** The sum of {@link Neumann}. */
final class TruncatedSeries implements Procedure {
    private final Engine engine;
    private final int terms;
    private final double λ;
    private final SolveRecord record;
    private final Rows rows;
    private final Block power;
    private final Block next;
    /** Norms of the last term, of the right-hand side, and of the sum. */
    private final double[] last;
    private final double[] length;
    private final double[] sum;
    /** Whether right-hand side and start are finite. */
    private final boolean[] finite;

    /** Allocates 2 blocks. */
    TruncatedSeries(Workspace workspace, int terms, double damping) {
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
        record = new SolveRecord(workspace.batch(), Stopping.fixed(terms + 1));
        rows = new Rows(workspace.batch());
        power = workspace.block();
        next = workspace.block();
        last = new double[workspace.batch()];
        length = new double[workspace.batch()];
        sum = new double[workspace.batch()];
        finite = new boolean[workspace.batch()];
    }

    @Override
    public Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances) {
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
        for (int i = 0; i < terms; i++) {
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
        return record;
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
