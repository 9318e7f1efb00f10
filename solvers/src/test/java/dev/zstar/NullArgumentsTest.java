package dev.zstar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.RowData;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.diagnosis.Spectrum;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.ImplicitFunction;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.implicit.LinearMethod;
import dev.zstar.solvers.implicit.MultiSecant;
import dev.zstar.solvers.linear.BiCgStab;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.Neumann;
import dev.zstar.solvers.parameters.SpectralNormalisation;
import dev.zstar.solvers.parameters.WeightNormalisation;
import dev.zstar.solvers.training.ForwardBackward;
import dev.zstar.solvers.training.JacobianRegularisation;
import dev.zstar.solvers.training.MonotoneWeights;
import dev.zstar.solvers.training.PeacemanRachford;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A null argument is refused by the operation and the name. */
class NullArgumentsTest {
    private static final int N = 3;
    private static final Stopping STOPPING = Stopping.relative(1e-6);

    /** By message; blanks at its end make it unique. */
    private final Map<String, ThrowingCallable> calls = new LinkedHashMap<>();

    @Test
    void nullIsRefusedByName() {
        float[][] square = new float[N][N];
        DenseParameters p = DenseCell.tanh(square, square, square[0]);
        FixedPoint problem = FixedPoint.of(v -> v, 1);
        calls.put("fixed point: the function is null", () -> FixedPoint.solve(null, 1));
        calls.put("fixed point: the start is null", () -> problem.from((double[]) null));
        calls.put("fixed point: the stopping rule is null", () -> problem.stopping(null));
        calls.put("fixed point: the method is null", () -> problem.method(null));
        calls.put("fixed point: the derivative is null", () -> problem.vjp(null));
        calls.put("fixed point: the result of f is null", () -> FixedPoint.solve(v -> null, 1));
        calls.put("fixed point: the solver that the method planned is null", () -> problem.method((e, t, b, n, s) -> null).solve());
        calls.put("adjoint: the gradient is null", () -> problem.solve().adjoint((double[]) null));
        calls.put("equilibrium: the record of parameters is null", () -> Equilibrium.of((DenseParameters) null));
        calls.put("equilibrium: the stopping rule is null", () -> Equilibrium.of(p).stopping(null));
        calls.put("equilibrium: the gradient mode is null", () -> Equilibrium.of(p).gradients(null));
        calls.put("equilibrium: the method is null", () -> Equilibrium.of(p).method(null));
        calls.put("dense cell: the activation is null", () -> new DenseParameters(null, square, square, square[0]));
        calls.put("dense cell: W is null", () -> DenseCell.tanh(null, square, square[0]));
        calls.put("dense cell: U is null", () -> DenseCell.tanh(square, null, square[0]));
        calls.put("dense cell: b is null", () -> DenseCell.relu(square, square, null));
        calls.put("dense cell: row 1 of W is null", () -> DenseCell.relu(new float[][] {new float[2], null}, square, square[0]));
        calls.put("observedRate: the outcome is null", () -> Diagnosis.observedRate(null));
        try (Equilibrium<DenseParameters> layer = Equilibrium.of(p).build();
                Engine engine = Engines.best(1);
                Block z = Problems.random(Type.F64, N, N, 0.1, 1);
                Block x = Problems.random(Type.F64, N, N, 0.1, 2);
                Block w = Problems.random(Type.F64, N, N, 0.1, 3);
                Block b = Problems.random(Type.F64, 1, N, 0.1, 4);
                Block out = engine.allocate(Type.F64, N, N);
                DenseCell cell = new DenseCell(engine, Activation.RELU, w, w, b, N);
                ForwardBackward forward = new ForwardBackward(engine, Activation.RELU, w, w, b, 0.5, N);
                PeacemanRachford reflected = new PeacemanRachford(engine, Activation.RELU, w, w, b, 0.5, N);
                FixedPointSolver solver = FixedPointSolver.plan(cell, STOPPING);
                EquilibriumLayer<DenseCell.Gradients> blocks = EquilibriumLayer.plan(cell, solver, GradientMode.DEFAULT);
                ImplicitFunction function = ImplicitFunction.plan(engine, Type.F64, N, N, N, STOPPING);
                MultiSecant secants = MultiSecant.plan(engine, Type.F64, N, N, 3);
                SpectralNormalisation spectral = new SpectralNormalisation(engine, Type.F64, N, N, 1, 1);
                JacobianRegularisation penalty =
                        new JacobianRegularisation(engine, Type.F64, N, N, JacobianRegularisation.Probe.GAUSSIAN, 1)) {
            layer.forward(square);
            Rows rows = new Rows(N);
            DenseCell.Gradients sum = new DenseCell.Gradients(out, null, null, null);
            blocks.forward(x, z);
            cell.linearise(z);
            spectral.apply(w, out, 1);
            penalty.estimate(cell, N);
            WeightNormalisation lengths = new WeightNormalisation(engine, Type.F64, N, N);
            MonotoneWeights monotone = new MonotoneWeights(engine, 0.5);
            calls.put("forward: x is null", () -> layer.forward(null));
            calls.put("forward: row 0 of x is null", () -> layer.forward(new float[1][]));
            calls.put("backward: dz is null", () -> layer.backward(null));
            calls.put("update: the record of parameters is null", () -> layer.update(null));
            calls.put("diagnosis: the solver is null", () -> Diagnosis.of(null, cell, z));
            calls.put("diagnosis: the map is null", () -> Diagnosis.of(solver, null, z));
            calls.put("diagnosis: the block of states is null", () -> Diagnosis.of(solver, cell, null));
            calls.put("spectrum: the engine is null", () -> Spectrum.at(null, cell, z));
            calls.put("spectrum: the map is null", () -> Spectrum.at(engine, null, z));
            calls.put("spectrum: z is null", () -> Spectrum.at(engine, cell, null));
            calls.put("lipschitz: the map is null", () -> Spectrum.lipschitz(engine, null, z));
            calls.put("lipschitz: z is null", () -> Spectrum.lipschitz(engine, cell, null));
            calls.put("lipschitz: W is null", () -> monotone.lipschitz(null, 5));
            calls.put("update: W is null", () -> cell.update(null, w, b));
            calls.put("update: U is null", () -> forward.update(w, null, b));
            calls.put("update: b is null", () -> reflected.update(w, w, null));
            calls.put("inject: x is null", () -> cell.inject(null));
            calls.put("inject: x is null ", () -> cell.inject(0, null));
            calls.put("inject: x is null  ", () -> reflected.inject(null));
            calls.put("inject: x is null   ", () -> reflected.inject(0, null));
            calls.put("inject: x is null    ", () -> forward.inject(null));
            calls.put("in: the format is null", () -> cell.in(null));
            calls.put("weightBytes: the format is null", () -> cell.weightBytes(null));
            calls.put("linearise: z is null", () -> cell.linearise(null));
            calls.put("gradients: v is null", () -> cell.gradients(null, z, x, rows, sum));
            calls.put("gradients: z is null", () -> cell.gradients(w, null, x, rows, sum));
            calls.put("gradients: the record of gradients is null", () -> cell.gradients(w, z, x, rows, null));
            calls.put("gradients: v is null ", () -> forward.gradients(null, z, x, rows, sum));
            calls.put("gradients: the record of gradients is null ", () -> forward.gradients(w, z, x, rows, null));
            calls.put("secondGradients: c is null", () -> cell.secondGradients(null, w, z, x, rows, sum, null));
            calls.put("secondGradients: u is null", () -> cell.secondGradients(w, null, z, x, rows, sum, null));
            calls.put("infer: x is null", () -> blocks.infer(null, z));
            calls.put("infer: z is null", () -> blocks.infer(x, null));
            calls.put("follow: the map is null", () -> secants.follow(null));
            calls.put("backward: the equation is null", () -> function.backward(null, z, z));
            calls.put("apply: V is null", () -> spectral.apply(null, w, 1));
            calls.put("apply: W is null", () -> spectral.apply(w, null, 1));
            calls.put("apply: V is null ", () -> lengths.apply(null, b, out));
            calls.put("apply: g is null", () -> lengths.apply(w, null, out));
            calls.put("apply: A is null", () -> monotone.apply(null, w, out));
            calls.put("apply: B is null", () -> monotone.apply(w, null, out));
            calls.put("vjp: A is null", () -> monotone.vjp(null, w, out, out));
            calls.put("vjp: the gradient of W is null", () -> spectral.vjp(w, null, out));
            calls.put("vjp: the gradient of g is null", () -> lengths.vjp(w, b, w, out, null));
            calls.put("estimate: the map is null", () -> penalty.estimate(null, N));
            calls.put("gradients: the map is null", () -> penalty.gradients(null, 1, z, x, sum, null));
            calls.put("gradients: z is null ", () -> penalty.gradients(cell, 1, null, x, sum, null));
            calls.put("apply: z is null", () -> cell.apply(null, out, rows));
            calls.put("apply: rows is null", () -> cell.apply(z, out, null));
            calls.put("apply: out is null", () -> cell.apply(z, null, rows));
            calls.put("linearise: z is null ", () -> cell.linearise(null, rows));
            calls.put("linearise: rows is null", () -> cell.linearise(z, null));
            calls.put("vjp: u is null", () -> cell.vjp(null, out, rows));
            calls.put("vjp: out is null", () -> cell.vjp(x, null, rows));
            calls.put("vjp: rows is null", () -> cell.vjp(x, out, null));
            calls.put("jvp: v is null", () -> cell.jvp(null, out, rows));
            calls.put("jvp: out is null", () -> cell.jvp(x, null, rows));
            calls.put("jvp: rows is null", () -> cell.jvp(x, out, null));
            calls.put("gradients: rows is null", () -> cell.gradients(w, z, x, null, sum));
            calls.put("secondGradients: rows is null", () -> cell.secondGradients(w, w, z, x, null, sum, null));
            calls.put("rowwise: z is null", () -> FixedPointMap.rowwise((row, v, g) -> {}).apply(null, out, rows));
            calls.put("rowwise: out is null", () -> FixedPointMap.rowwise((row, v, g) -> {}).apply(z, null, rows));
            calls.put("rowwise: rows is null", () -> FixedPointMap.rowwise((row, v, g) -> {}).apply(z, out, null));
            calls.put("requireFits: the engine is null", () -> solver.requireFits("it", null, Type.F64, N, N));
            calls.put("requireFits: the type is null", () -> solver.requireFits("it", engine, null, N, N));
            calls.put("include: the other workspace is null", () -> Workspace.build(engine, Type.F64, N, N, workspace -> {
                workspace.include(null);
                return workspace;
            }));
            calls.put("plan: the workspace is null", () -> Anderson.plan(null, Anderson.Options.DEFAULT, STOPPING));
            calls.put("plan: the workspace is null ", () -> Gmres.plan((Workspace) null, Gmres.Options.DEFAULT, STOPPING));
            calls.put("plan: the workspace is null  ", () -> BiCgStab.plan(null, STOPPING));
            calls.put("plan: the workspace is null   ", () -> Neumann.plan(null, 1, 1));
            calls.put("plan: the workspace is null    ", () -> Picard.plan(null, Picard.Options.PLAIN, STOPPING));
            calls.put("plan: the workspace is null     ", () -> Broyden.plan(null, Broyden.Options.DEFAULT, STOPPING));
            calls.put("plan: the workspace is null      ", () -> NewtonKrylov.plan(null, NewtonKrylov.Options.DEFAULT, STOPPING));
            calls.put("plan: the workspace is null       ", () -> FixedPointSolver.of(null, STOPPING, null, workspace -> null));
            calls.put("gmres: the stopping rule is null", () -> LinearMethod.gmres(5, null));
            calls.put("biCgStab: the stopping rule is null", () -> LinearMethod.biCgStab(null));
            calls.put("layer: the choice of methods is null", () -> EquilibriumLayer.plan(cell, (LayerMethods) null));
            calls.put("plan: the constructor is null", () -> Workspace.build(engine, Type.F64, N, N, null));
            calls.put("row data: the name is null", () -> new RowData(engine, Type.F64, N, N, null, "inject(x)"));
            calls.put("row data: the remedy is null", () -> new RowData(engine, Type.F64, N, N, "input", null));
            calls.put("apply: the other data is null", () -> {
                try (RowData data = new RowData(engine, Type.F64, N, N, "input", "inject(x)")) {
                    data.load("apply", 0, null, 0);
                }
            });
            calls.put("Stopping: the time budget is null", () -> STOPPING.within((Duration) null));
            calls.put("Stopping: the list of recorded evaluations is null", () -> STOPPING.recording((Integer[]) null));
            calls.put("Stopping: a recorded evaluation is null", () -> STOPPING.recording(1, null));
            calls.put("solve: the array of tolerances is null", () -> Stopping.requireTolerances(null, 1));
            calls.put("equivalentDepth: the engine is null", () -> Picard.equivalentDepth(null, cell, z, 0.1, 5));
            calls.put("equivalentDepth: the map is null", () -> Picard.equivalentDepth(engine, null, z, 0.1, 5));
            calls.put("equivalentDepth: start is null", () -> Picard.equivalentDepth(engine, cell, null, 0.1, 5));
            calls.put("finish: z is null", () -> engine.finish(null, out, Epilogue.NONE));
            calls.put("cell: the list of formats is null", () -> new DenseCell(engine, Activation.RELU, w, w, b, N, (Format[]) null));
            calls.forEach((message, call) -> assertThatThrownBy(call).as(message).isInstanceOf(NullPointerException.class)
                    .hasMessage(message.strip()));
            assertThat(calls).hasSizeGreaterThan(60);
        }
    }

    /** A row that there is not is refused by the call, the row and the rows that there are. */
    @Test
    void aRowOutsideTheBatchIsRefused() {
        Map<String, ThrowingCallable> wrong = new LinkedHashMap<>();
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 5, 1, STOPPING);
                MultiSecant secants = MultiSecant.plan(engine, Type.F64, 4, 1, 3);
                Block z = engine.allocate(Type.F64, 3, 1)) {
            FixedPointMap f = FixedPointMap.rowwise((row, v, g) -> g[0] = 1 + v[0] / 2);
            assertThatThrownBy(() -> Diagnosis.of(solver, f, z))
                    .hasMessage("diagnosis: this solver has not solved yet, expected a solve first");
            Outcome outcome = solver.solve(f, z);
            Spectrum spectrum = Spectrum.at(engine, f, z);
            wrong.put("status: row 7, expected 0 to 2", () -> outcome.status(7));
            wrong.put("residual: row -1, expected 0 to 2", () -> outcome.residual(-1));
            wrong.put("evaluations: row 3, expected 0 to 2", () -> outcome.evaluations(3));
            wrong.put("state: recorded state 0, expected none", () -> outcome.state(0));
            wrong.put("tolerance: row 9, expected 0 to 2", () -> solver.tolerance(9));
            wrong.put("relative: row 6, expected 0 to 2", () -> solver.relative(6, 1, 1));
            wrong.put("pairs: row 4, expected 0 to 3", () -> secants.pairs(4));
            wrong.put("forget: row 4, expected 0 to 3", () -> secants.forget(4));
            wrong.put("spectrum: row 3, expected 0 to 2", () -> spectrum.eigenvalues(3));
            wrong.put("spectrum: row 4, expected 0 to 2", () -> spectrum.known(4));
            wrong.put("spectrum: row 5, expected 0 to 2", () -> spectrum.dominant(5));
            wrong.forEach((message, call) -> assertThatThrownBy(call).as(message).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage(message));
        }
    }
}
