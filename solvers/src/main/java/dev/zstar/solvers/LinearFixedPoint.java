package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * A fixed-point method on {@code u ← T u + b}: Picard, Anderson or Broyden, as they solve the forward problem. What many deep equilibrium models
 * use for their backward pass; but a Krylov method takes no more products (Walker and Ni 2011, theorem 2.2), and none of the decisions that a nonlinear method makes.
 */
public final class LinearFixedPoint extends LinearSolver {
    private final FixedPointSolver method;
    private final Basis b;
    private final Block e;
    private final double[] ones;
    private final FixedPointMap map;
    private LinearOperator t;

    private LinearFixedPoint(Plan plan, Stopping stopping, String name, Maker maker) {
        super(plan, name, stopping);
        if (stopping.absolute() > 0) {
            throw new IllegalArgumentException(name + " with an absolute tolerance; expected a relative one alone");
        }
        // The true residual at the end takes one evaluation, and that of a start another.
        int most = Math.max(1, stopping.maxEvaluations() - (stopping.fixed() ? 1 : 2));
        // Right-hand sides have length 1, so the relative tolerance is an absolute one of the inner method, whose own is relative to ‖T u + b‖.
        method = maker.make(plan.engine, plan.type, plan.n, plan.batch,
                stopping.fixed() ? Stopping.fixed(most) : Stopping.relative(0).orAbsolute(stopping.relative()).within(most));
        plan.include(method.plan);
        b = plan.basis(1);
        e = plan.block();
        ones = new double[plan.batch];
        Arrays.fill(ones, 1);
        map = this::apply;
    }

    /** Makes the inner method. */
    private interface Maker {
        FixedPointSolver make(Engine engine, Type type, int n, int batch, Stopping stopping);
    }

    /** Steps {@code u ← u + β (T u + b - u)}: the Neumann series, if {@code β = 1}. */
    public static LinearFixedPoint picard(Engine engine, Type type, int n, int batch, double damping, Stopping stopping) {
        return new LinearFixedPoint(new Plan(engine, type, n, batch), stopping, "Picard on a linear system",
                (e, t, cols, rows, s) -> Picard.plan(e, t, cols, rows, damping, s));
    }

    /** Anderson acceleration. */
    public static LinearFixedPoint anderson(Engine engine, Type type, int n, int batch, Anderson.Options options, Stopping stopping) {
        return new LinearFixedPoint(new Plan(engine, type, n, batch), stopping, "Anderson on a linear system",
                (e, t, cols, rows, s) -> Anderson.plan(e, t, cols, rows, options, s));
    }

    /** Broyden's methods. */
    public static LinearFixedPoint broyden(Engine engine, Type type, int n, int batch, Broyden.Options options, Stopping stopping) {
        return new LinearFixedPoint(new Plan(engine, type, n, batch), stopping, "Broyden on a linear system",
                (e, t, cols, rows, s) -> Broyden.plan(e, t, cols, rows, options, s));
    }

    /** {@code out = T u + r}. */
    private void apply(Block u, Block out, Rows rows) {
        t.apply(u, out, rows);
        outcome.evaluated(rows);
        engine.multiAxpy(b, 1, ones, out, rows, null);
    }

    @Override
    void cycle(LinearOperator t) {
        int active = open.count();
        if (left(open.index(0)) < 1) {
            return;
        }
        this.t = t;
        try {
            engine.store(r.head(active), ones, b, 0, open);
            engine.mix(b, 0, ones, r.head(active), open);
            for (int p = 0; p < active; p++) {
                e.copyRow(r, p, open.index(p));
            }
            Outcome inner = method.solveSome(map, e, open, null);
            for (int p = 0; p < active; p++) {
                int row = open.index(p);
                Status status = inner.status(row);
                // Either way the row ends here: what it spent is what there was to spend.
                trouble[row] = status.isSuccess() ? Status.RESIDUAL_MISMATCH : status;
                r.copyRow(e, row, p);
            }
        } finally {
            this.t = null;
        }
        correct(r.head(active));
    }
}
