package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.Arrays;

/**
 * A fixed-point method on {@code u ← T u + b}: Picard, Anderson or Broyden, as for the forward problem. Many deep equilibrium models use
 * one for their backward pass. But a Krylov method takes no more products (Walker and Ni 2011, theorem 2.2), and needs none of the choices
 * of a nonlinear method.
 */
public final class LinearFixedPoint extends LinearSolver {
    private final FixedPointSolver method;
    /** The rows that may spend an evaluation. */
    private final Rows going;
    private final Basis b;
    private final Block e;
    private final FixedPointMap map;
    /** By position among the open rows: factors from right-hand sides of length 1 to those here, and back. */
    private final double[] up;
    private final double[] down;
    private final double[] zeros;
    private LinearOperator t;

    private LinearFixedPoint(Workspace plan, Stopping stopping, String name, Maker maker) {
        super(plan, name, stopping);
        if (stopping.absolute() > 0) {
            throw new IllegalArgumentException(name + " with an absolute tolerance; expected a relative one alone");
        }
        // The true residual at the end takes one evaluation.
        int most = Math.max(1, stopping.maxEvaluations() - 1);
        // The right-hand sides of the inner method have length 1. So the relative tolerance becomes its absolute one. Its own relative
        // tolerance would be relative to ‖T u + b‖.
        method = maker.make(plan.engine(), plan.type(), plan.batch(), plan.n(),
                stopping.fixed() ? Stopping.fixed(most) : Stopping.relative(0).orAbsolute(stopping.relative()).within(most));
        plan.include(method.workspace());
        going = new Rows(plan.batch());
        b = plan.basis(1);
        e = plan.block();
        map = this::apply;
        up = new double[plan.batch()];
        down = new double[plan.batch()];
        zeros = new double[plan.batch()];
    }

    /** Makes the inner method. */
    private interface Maker {
        FixedPointSolver make(Engine engine, Type type, int batch, int n, Stopping stopping);
    }

    /** Steps {@code u ← u + β (T u + b - u)}. With {@code β = 1} this is the Neumann series. */
    public static LinearFixedPoint picard(Engine engine, Type type, int batch, int n, double damping, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new LinearFixedPoint(plan, stopping, "Picard on a linear system",
                (e, t, rows, cols, s) -> Picard.plan(e, t, rows, cols, damping, s)));
    }

    /** Anderson acceleration. */
    public static LinearFixedPoint anderson(Engine engine, Type type, int batch, int n, Anderson.Options options, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new LinearFixedPoint(plan, stopping, "Anderson on a linear system",
                (e, t, rows, cols, s) -> Anderson.plan(e, t, rows, cols, options, s)));
    }

    /** Broyden's methods. */
    public static LinearFixedPoint broyden(Engine engine, Type type, int batch, int n, Broyden.Options options, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new LinearFixedPoint(plan, stopping, "Broyden on a linear system",
                (e, t, rows, cols, s) -> Broyden.plan(e, t, rows, cols, options, s)));
    }

    /** {@code out = T u + r}. */
    private void apply(Block u, Block out, Rows rows) {
        InputGuard.multiply(t, u, out, rows);
        evaluated(rows);
        engine.multiAxpy(b, 1, ones, out, rows, null);
        if (stopping.trace()) {
            Block difference = spare.head(rows.count());
            engine.copy(out, difference);
            engine.axpby(-1, u, 1, difference);
            engine.norm(difference, zeros);
            double worst = 0;
            for (int p = 0; p < rows.count(); p++) {
                worst = Math.max(worst, zeros[p]);
            }
            Arrays.fill(zeros, 0);
            record(worst);
        }
    }

    @Override
    protected void cycle(LinearOperator t) {
        int active = open.count();
        going.reset(0);
        for (int p = 0; p < active; p++) {
            up[p] = unit(open.index(p));
            down[p] = 1 / up[p];
        }
        engine.axpby(down, r.head(active), zeros, r.head(active));
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            if (left(row) > 0) {
                e.copyRow(r, p, row);
                going.append(row);
            } else {
                trouble[row] = Status.MAX_EVALUATIONS;
            }
        }
        if (going.count() == 0) {
            return;
        }
        engine.store(r.head(active), ones, b, 0, open);
        engine.mix(b, 0, ones, r.head(active), open);
        this.t = t;
        try {
            Outcome inner = method.loop().solveSome(map, e, going, null, progress());
            int q = 0;
            for (int p = 0; p < active && q < going.count(); p++) {
                int row = open.index(p);
                if (row == going.index(q)) {
                    q++;
                    r.copyRow(e, row, p);
                    end(row, inner.status(row));
                }
            }
        } finally {
            this.t = null;
        }
        engine.axpby(up, r.head(active), zeros, r.head(active));
        correct(r.head(active));
    }

    private void end(int row, Status status) {
        if (status.isSuccess()) {
            // Rounding may leave the true residual slightly above the tolerance. Then the row is solved again.
            claims[row] = 0;
        } else {
            // The start is r, which is finite, so the operator is the cause.
            trouble[row] = status == Status.NONFINITE_INPUT || status == Status.NONFINITE_FUNCTION ? Status.NONFINITE_OPERATOR : status;
        }
    }
}
