package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;

/** {@link OdeGradientMode.Interpolated}: {@code da/dt = -Jᵀ a} from t₁ to t₀, with J at the dense output of the forward solve. */
final class InterpolatedWay<G> implements WayBack<G>, AdjointSolve.Equation {
    private final Engine engine;
    private final DifferentiableOde<G> f;
    private final Trajectory trajectory;
    private final AdjointSolve<G> solve;
    private final Block z;

    InterpolatedWay(Engine engine, OwnedMemory memory, Type type, int batch, int n, DifferentiableOde<G> f, StepControl control) {
        this.engine = engine;
        this.f = f;
        trajectory = memory.add(Trajectory.plan(engine, type, batch, n), Trajectory::close, Trajectory::bytes);
        z = memory.block(type, batch, n);
        DormandPrince solver =
                memory.add(DormandPrince.plan(engine, type, batch, n, control), DormandPrince::close, DormandPrince::bytes);
        solve = new AdjointSolve<>(engine, memory, type, batch, n, f, this, solver);
    }

    @Override
    public StepListener listen() {
        trajectory.clear();
        return trajectory.recorder();
    }

    @Override
    public void apply(double[] t, Block state, Block out, Rows rows) {
        f.linearise(t, z(t, state, rows), rows);
        f.vjp(state, out, rows);
        engine.scale(-1, out);
    }

    @Override
    public Block z(double[] t, Block state, Rows rows) {
        Block some = z.head(rows.count());
        trajectory.interpolate(t, some, rows);
        return some;
    }

    @Override
    public Block a(Block state, Rows rows) {
        return state;
    }

    @Override
    public void run(OdePass pass, Block cotangent, Rows used, G sum, OdeGradientOutcome outcome) {
        Rows rows = solve.scale(cotangent, used, outcome);
        OdeOutcome solved = solve.solve(pass, cotangent, sum, outcome);
        for (int p = 0; p < rows.count(); p++) {
            solve.unscale(cotangent, rows.index(p));
        }
        outcome.spent(0, solved.evaluations());
    }
}
