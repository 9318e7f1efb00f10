package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;

/** {@link OdeGradientMode.Reversed}: {@code d(z, a)/dt = (f(t, z), -Jᵀ a)}, from t₁ to t₀. A row of the state holds z and then a. */
final class ReversedWay<G> implements WayBack<G>, AdjointSolve.Equation {
    private final Engine engine;
    private final DifferentiableOde<G> f;
    private final int n;
    private final AdjointSolve<G> solve;
    private final Block both;
    private final Block z;
    private final Block a;
    private final Block slope;

    ReversedWay(Engine engine, OwnedMemory memory, Type type, int batch, int n, DifferentiableOde<G> f, StepControl control) {
        this.engine = engine;
        this.f = f;
        this.n = n;
        both = memory.block(type, batch, 2 * n);
        z = memory.block(type, batch, n);
        a = memory.block(type, batch, n);
        slope = memory.block(type, batch, n);
        DormandPrince solver =
                memory.add(DormandPrince.plan(engine, type, batch, 2 * n, control), DormandPrince::close, DormandPrince::bytes);
        solve = new AdjointSolve<>(engine, memory, type, batch, n, f, this, solver);
    }

    @Override
    public StepListener listen() {
        return null;
    }

    @Override
    public void apply(double[] t, Block state, Block out, Rows rows) {
        Block zt = z(t, state, rows);
        Block change = slope.head(rows.count());
        f.apply(t, zt, change, rows);
        out.copyColumns(change, 0, 0, n);
        f.linearise(t, zt, rows);
        f.vjp(a(state, rows), change, rows);
        engine.scale(-1, change);
        out.copyColumns(change, 0, n, n);
    }

    @Override
    public Block z(double[] t, Block state, Rows rows) {
        Block some = z.head(rows.count());
        some.copyColumns(state, 0, 0, n);
        return some;
    }

    @Override
    public Block a(Block state, Rows rows) {
        Block some = a.head(rows.count());
        some.copyColumns(state, n, 0, n);
        return some;
    }

    @Override
    public void run(OdePass pass, Block cotangent, Rows used, G sum, OdeGradientOutcome outcome) {
        Rows rows = solve.scale(cotangent, used, outcome);
        Block state = both.head(pass.rows());
        state.copyColumns(pass.z(), 0, 0, n);
        state.copyColumns(cotangent, 0, n, n);
        OdeOutcome solved = solve.solve(pass, state, sum, outcome);
        cotangent.copyColumns(state, n, 0, n);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            solve.unscale(cotangent, b);
            if (solved.status(b).isSuccess()) {
                outcome.drift(b, drift(state, pass.start(), b));
            }
        }
        outcome.spent(solved.evaluations(), solved.evaluations());
    }

    private double drift(Block state, Block start, int b) {
        double length = 0;
        for (int i = 0; i < n; i++) {
            length = Math.hypot(length, state.get(b, i) - start.get(b, i));
        }
        return length;
    }
}
