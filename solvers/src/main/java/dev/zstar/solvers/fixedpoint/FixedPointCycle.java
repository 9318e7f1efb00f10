package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.linear.CycleMethod;
import dev.zstar.solvers.linear.Residuals;
import java.util.Arrays;

/**
 * A cycle of {@link LinearFixedPoint}: one solve of {@code e = T e + r} by a fixed-point method, from zero. Allocates 2 blocks, plus those
 * of the method.
 */
final class FixedPointCycle implements CycleMethod {
    private final Engine engine;
    private final double[] ones;
    private final FixedPointSolver method;
    private final FixedPointMap map = this::apply;
    /** The rows that may spend an evaluation. */
    private final Rows paying;
    private final Basis r;
    private final Block e;
    /** By position among the open rows: the factors from right-hand sides of norm 1 to those of the loop, and back. */
    private final double[] up;
    private final double[] down;
    private final double[] zeros;
    /** During a step. */
    private Residuals at;

    /** Plans the fixed-point solver. */
    interface Planner {
        FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping);
    }

    FixedPointCycle(Workspace workspace, String name, Stopping stopping, Planner planner) {
        if (stopping.absolute() > 0) {
            throw new IllegalArgumentException(name + ": the stopping rule has an absolute tolerance, expected only a relative one");
        }
        engine = workspace.engine();
        ones = workspace.ones();
        // The true residual at the end takes one evaluation.
        int most = Math.max(1, stopping.maxEvaluations() - 1);
        // The inner right-hand sides have norm 1, so the relative tolerance is an absolute one of the inner method. The relative tolerance
        // of that method would be relative to ‖T u + b‖.
        method = planner.plan(engine, workspace.type(), workspace.batch(), workspace.n(),
                stopping.fixed() ? Stopping.fixed(most) : Stopping.relative(0).orAbsolute(stopping.relative()).within(most));
        workspace.include(method.workspace());
        paying = new Rows(workspace.batch());
        r = workspace.basis(1);
        e = workspace.block();
        up = new double[workspace.batch()];
        down = new double[workspace.batch()];
        zeros = new double[workspace.batch()];
    }

    @Override
    public void begin(Residuals at) {
        Block rk = at.block().head(at.open().count());
        paying.reset(0);
        for (int p = 0; p < at.open().count(); p++) {
            up[p] = at.unit(at.open().index(p));
            down[p] = 1 / up[p];
        }
        engine.axpby(down, rk, zeros, rk);
        for (int p = 0; p < at.open().count(); p++) {
            int b = at.open().index(p);
            if (at.left(b) > 0) {
                e.copyRow(rk, p, b);
                paying.append(b);
            } else {
                at.giveUp(b, Status.MAX_EVALUATIONS);
            }
        }
        at.going().copyFrom(paying);
    }

    /** The only step. */
    @Override
    public void step(Residuals at) {
        Rows open = at.open();
        Block rk = at.block().head(open.count());
        engine.store(rk, ones, r, 0, open);
        engine.mix(r, 0, ones, rk, open);
        this.at = at;
        try {
            Outcome inner = method.loop().solveSome(map, e, paying, null, at.progress());
            int q = 0;
            for (int p = 0; p < open.count() && q < paying.count(); p++) {
                int b = open.index(p);
                if (b == paying.index(q)) {
                    q++;
                    rk.copyRow(e, b, p);
                    end(b, inner.status(b));
                }
            }
        } finally {
            this.at = null;
        }
        engine.axpby(up, rk, zeros, rk);
        at.correct(rk);
        at.going().truncate(0);
    }

    /** {@code out = T u + r}. */
    private void apply(Block u, Block out, Rows rows) {
        at.multiply(u, out, rows);
        engine.multiAxpy(r, 1, ones, out, rows, null);
        if (at.traced()) {
            Block difference = at.spare().head(rows.count());
            engine.copy(out, difference);
            engine.axpby(-1, u, 1, difference);
            engine.norm(difference, zeros);
            double worst = 0;
            for (int p = 0; p < rows.count(); p++) {
                worst = Math.max(worst, zeros[p]);
            }
            Arrays.fill(zeros, 0);
            at.record(worst);
        }
    }

    private void end(int b, Status status) {
        if (status.isSuccess()) {
            // Rounding may leave the true residual slightly above the tolerance. Then another cycle follows.
            at.claim(b, 0);
        } else {
            // It starts from r, which is finite.
            boolean nonfinite = status == Status.NONFINITE_INPUT || status == Status.NONFINITE_FUNCTION;
            at.giveUp(b, nonfinite ? Status.NONFINITE_OPERATOR : status);
        }
    }
}
