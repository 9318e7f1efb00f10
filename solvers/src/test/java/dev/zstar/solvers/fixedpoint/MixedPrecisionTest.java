package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MixedPrecisionTest {
    private static final Stopping STOPPING = Stopping.relative(1e-6);

    private static MixedPrecision plan(Engine engine, int n, int batch, Stopping stopping) {
        return MixedPrecision.plan(engine, Type.F32, batch, n, MixedPrecision.Options.DEFAULT, stopping);
    }

    /** W has variance ρ²/n, so its spectral radius is about ρ. Everything is in the given type, from the same f32 values. */
    private static DenseCell cell(Engine engine, Type type, int batch, int n, double ρ, Format... also) {
        try (Block w = rounded(type, n, n, ρ / Math.sqrt(n), 1);
                Block u = rounded(type, n, 3, 1, 2);
                Block b = rounded(type, 1, n, 0.1, 3);
                Block x = rounded(type, batch, 3, 1, 4)) {
            DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch, also);
            cell.inject(x);
            return cell;
        }
    }

    private static Block rounded(Type type, int rows, int cols, double size, long seed) {
        Random random = new Random(seed);
        Block block = Block.allocate(type, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, (float) (size * random.nextGaussian()));
            }
        }
        return block;
    }

    /** The largest relative distance of a row from the same row of the reference. */
    private static double distance(Block z, Block reference) {
        double worst = 0;
        for (int p = 0; p < z.rows(); p++) {
            double error = 0;
            double size = 0;
            for (int i = 0; i < z.cols(); i++) {
                error += Math.pow(z.get(p, i) - reference.get(p, i), 2);
                size += Math.pow(reference.get(p, i), 2);
            }
            worst = Math.max(worst, Math.sqrt(error / size));
        }
        return worst;
    }

    @ParameterizedTest
    @EnumSource(value = Format.class, names = {"BF16", "INT8"})
    void itFindsTheFixedPointOfTheFullWeightsInAHandfulOfTheirEvaluations(Format format) {
        int batch = 3;
        for (EngineProvider provider : Problems.engines()) {
            for (int n : new int[] {7, 33, 64, 200}) {
                for (double ρ : new double[] {0.5, 0.8, 0.95}) {
                    try (Engine engine = provider.create(1);
                            DenseCell exact = cell(engine, Type.F64, batch, n, ρ);
                            DenseCell cell = cell(engine, Type.F32, batch, n, ρ, format);
                            Anderson reference = Anderson.plan(engine, Type.F64, batch, n, Anderson.Options.DEFAULT,
                                    Stopping.relative(1e-12));
                            Anderson pure = Anderson.plan(engine, Type.F32, batch, n, Anderson.Options.DEFAULT, STOPPING);
                            MixedPrecision mixed = plan(engine, n, batch, STOPPING);
                            Block z64 = engine.allocate(Type.F64, batch, n);
                            Block plain = engine.allocate(Type.F32, batch, n);
                            Block low = engine.allocate(Type.F32, batch, n);
                            Block z = engine.allocate(Type.F32, batch, n);
                            Block fz = engine.allocate(Type.F32, batch, n)) {
                        String what = provider.name() + ", n = " + n + ", ρ = " + ρ;
                        assertThat(reference.solve(exact, z64).succeeded()).isTrue();
                        int usual = pure.solve(cell, plain).evaluations();
                        Outcome outcome = mixed.solve(cell, cell.in(format), z);
                        assertThat(outcome.succeeded()).as("%s: %s", what, outcome).isTrue();
                        assertThat(outcome.evaluations()).as(what).isLessThanOrEqualTo(6).isLessThan(usual);
                        // The residual is at most 10⁻⁶ in both; what it leaves of the error is at most 1/(1 - ρ) as much, and some for
                        // rounding.
                        assertThat(distance(z, z64)).as(what).isLessThan(Math.max(2 * distance(plain, z64), 3e-6 / (1 - ρ)));
                        pure.solve(cell.in(format), low);
                        assertThat(distance(low, z64)).as("%s: alone, the weights move it", what).isGreaterThan(20 * distance(z, z64));
                        cell.apply(z, fz, new Rows(batch));
                        for (int p = 0; p < batch; p++) {
                            assertThat(outcome.residual(p)).as("the claimed residual is f's")
                                    .isCloseTo(Problems.residual(z, fz, p), org.assertj.core.api.Assertions.within(1e-12));
                        }
                    }
                }
            }
        }
    }

    @Test
    void aRowHasTheSameBitsAloneAndInAnyCompanyAndNaNStaysInItsRow() {
        int n = 40;
        int batch = 9;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(3);
                    DenseCell cell = cell(engine, Type.F32, batch, n, 0.95, Format.INT8);
                    MixedPrecision mixed = plan(engine, n, batch, STOPPING);
                    Block start = Problems.random(Type.F32, batch, n, 1, 9);
                    Block z = engine.allocate(Type.F32, batch, n);
                    Block alone = engine.allocate(Type.F32, 1, n)) {
                // One row is NaN from the start, one has a useless cheap map, one a cheap map that is NaN; the others differ in distance.
                start.set(4, 2, Double.NaN);
                for (int i = 0; i < n; i++) {
                    start.set(1, i, 1e-3 * start.get(1, i));
                    start.set(7, i, 1e3 * start.get(7, i));
                }
                FixedPointMap cheap = (in, out, rows) -> {
                    cell.in(Format.INT8).apply(in, out, rows);
                    for (int p = 0; p < rows.count(); p++) {
                        for (int i = 0; i < n; i++) {
                            if (rows.index(p) == 2) {
                                out.set(p, i, -5 * in.get(p, i));
                            } else if (rows.index(p) == 6) {
                                out.set(p, i, Double.NaN);
                            }
                        }
                    }
                };
                z.copyFrom(start);
                Outcome outcome = mixed.solve(cell, cheap, z);
                assertThat(outcome.status(4)).isEqualTo(Status.NONFINITE_INPUT);
                Status[] status = new Status[batch];
                int[] spent = new int[batch];
                int[] low = new int[batch];
                for (int b = 0; b < batch; b++) {
                    status[b] = outcome.status(b);
                    spent[b] = outcome.evaluations(b);
                    low[b] = mixed.cheapEvaluations(b);
                    assertThat(status[b].isSuccess()).as("row %d", b).isEqualTo(b != 4);
                }
                for (int b = 0; b < batch; b++) {
                    alone.copyRow(start, b, 0);
                    Outcome single = mixed.solve(Problems.alone(cell, batch, b), Problems.alone(cheap, batch, b), alone);
                    assertThat(single.status(0)).isEqualTo(status[b]);
                    assertThat(single.evaluations(0)).isEqualTo(spent[b]);
                    assertThat(mixed.cheapEvaluations(0)).isEqualTo(low[b]);
                    assertThat(alone.toDoubles()).as("%s, row %d", provider.name(), b)
                            .isEqualTo(Arrays.copyOfRange(z.toDoubles(), b * n, (b + 1) * n));
                }
            }
        }
    }

    /**
     * If its first correction is useless, a row takes the iterates of a plain solve, at most one evaluation later. Corrections by a
     * constant are plain steps instead. They are taken before the method starts, as long as each lowers the residual to a quarter. A solve
     * never takes more than twice the evaluations.
     */
    @Test
    void aUselessCheapMapCostsOneEvaluation() {
        int n = 48;
        int batch = 4;
        List<MixedPrecision.InnerMethod> methods = List.of(
                (e, t, rows, width, stopping) -> Anderson.plan(e, t, rows, width, Anderson.Options.DEFAULT, stopping),
                (e, t, rows, width, stopping) -> Broyden.plan(e, t, rows, width, Broyden.Options.DEFAULT, stopping),
                (e, t, rows, width, stopping) -> Picard.plan(e, t, rows, width, 1, stopping),
                (e, t, rows, width, stopping) -> Picard.plan(e, t, rows, width, 0.9, stopping));
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    DenseCell cell = cell(engine, Type.F32, batch, n, 0.8);
                    Block start = Problems.random(Type.F32, batch, n, 1, 9);
                    Block z = engine.allocate(Type.F32, batch, n);
                    Block plain = engine.allocate(Type.F32, batch, n)) {
                List<FixedPointMap> useless = List.of(
                        (in, out, rows) -> out.fill(0.3),
                        (in, out, rows) -> engine.copy(in, out),
                        (in, out, rows) -> engine.axpby(-3, in, 0, out),
                        (in, out, rows) -> engine.axpby(0.999, in, 0, out),
                        (in, out, rows) -> out.fill(Double.NaN),
                        (in, out, rows) -> engine.axpby(1e30, in, 0, out),
                        (in, out, rows) -> {
                            cell.apply(in, out, rows);
                            engine.axpby(0, in, -1, out);
                        });
                for (MixedPrecision.InnerMethod method : methods) {
                    try (FixedPointSolver pure = method.plan(engine, Type.F32, batch, n, STOPPING);
                            MixedPrecision mixed =
                                    MixedPrecision.plan(engine, Type.F32, batch, n, MixedPrecision.Options.DEFAULT, method, STOPPING)) {
                        plain.copyFrom(start);
                        Outcome usual = pure.solve(cell, plain);
                        assertThat(usual.succeeded()).as("%s", usual).isTrue();
                        for (int i = 0; i < useless.size(); i++) {
                            z.copyFrom(start);
                            Outcome outcome = mixed.solve(cell, useless.get(i), z);
                            assertThat(outcome.succeeded()).as("cheap map %d: %s", i, outcome).isTrue();
                            for (int b = 0; b < batch; b++) {
                                assertThat(outcome.evaluations(b)).as("cheap map %d, %s", i, pure.getClass())
                                        .isLessThanOrEqualTo(i == 0 ? 2 * usual.evaluations(b) : usual.evaluations(b) + 1);
                            }
                            assertThat(distance(z, plain)).isLessThan(2e-5);
                        }
                        // Without a cheap map it is the inner method.
                        z.copyFrom(start);
                        assertThat(mixed.solve(cell, z).evaluations()).isEqualTo(usual.evaluations());
                        assertThat(z.toFloats()).isEqualTo(plain.toFloats());
                        assertThat(mixed.cheapEvaluations()).isZero();
                    }
                }
            }
        }
    }

    @Test
    void proposalsThatAreWorseNeitherDivergeNorEndARow() {
        // The cheap map has its fixed point far off, where f is a million times worse, or NaN.
        try (Engine engine = Engines.best(1);
                MixedPrecision mixed = MixedPrecision.plan(engine, Type.F64, 1, 2, MixedPrecision.Options.DEFAULT,
                        Stopping.relative(1e-9).orStep(1e-30));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            for (double beyond : new double[] {1e9, Double.NaN, Double.POSITIVE_INFINITY}) {
                FixedPointMap f = (in, out, rows) -> {
                    for (int i = 0; i < 2; i++) {
                        double x = in.get(0, i);
                        out.set(0, i, Math.abs(x) > 100 ? beyond * x : 0.5 * Math.cos(x));
                    }
                };
                // J̃ = 1 - 10⁻⁴: the corrected map's fixed point is 10⁴ residuals away.
                FixedPointMap far = (in, out, rows) -> engine.axpby(0.9999, in, 0, out);
                z.fill(0);
                Outcome outcome = mixed.solve(f, far, z);
                assertThat(outcome.status(0)).as("beyond it is %s", beyond).isEqualTo(Status.CONVERGED_RELATIVE);
                assertThat(z.get(0, 0)).isCloseTo(0.5 * Math.cos(z.get(0, 0)), org.assertj.core.api.Assertions.within(1e-9));
                assertThat(mixed.cheapEvaluations()).isPositive();
            }
        }
    }

    /** An inner method that evaluates f within its steps gets the rest of the row's budget, and the row's tolerance. */
    @Test
    void anInnerMethodKeepsToTheBudgetOfTheRow() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine, Type.F32, 2, 20, 1.5);
                Block z = engine.allocate(Type.F32, 2, 20)) {
            boolean solved = false;
            for (int budget = 1; budget <= 100; budget++) {
                try (MixedPrecision mixed = MixedPrecision.plan(engine, Type.F32, 2, 20, MixedPrecision.Options.DEFAULT,
                        (e, t, rows, n, within) -> NewtonKrylov.plan(e, t, rows, n, NewtonKrylov.Options.DEFAULT, within),
                        Stopping.relative(1e-6).within(budget))) {
                    z.fill(0);
                    int[] calls = {0};
                    Outcome outcome = mixed.solve((in, out, rows) -> {
                        calls[0]++;
                        cell.apply(in, out, rows);
                    }, (in, out, rows) -> out.fill(Double.NaN), z);
                    assertThat(calls[0]).isEqualTo(outcome.evaluations());
                    assertThat(outcome.evaluations(0)).isLessThanOrEqualTo(budget);
                    assertThat(outcome.evaluations(1)).isLessThanOrEqualTo(budget);
                    solved = outcome.succeeded();
                }
            }
            assertThat(solved).as("with the last budget").isTrue();
        }
    }

    @Test
    void failuresHaveTheirNames() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine, Type.F32, 1, 20, 0.9, Format.BF16);
                MixedPrecision two = plan(engine, 20, 1, Stopping.relative(1e-6).within(2));
                MixedPrecision steps = plan(engine, 20, 1, Stopping.relative(1e-6).withinIterations(1));
                MixedPrecision fixed = plan(engine, 20, 1, Stopping.fixed(3));
                MixedPrecision never = plan(engine, 20, 1, Stopping.relative(0).within(150).withPatience(20));
                MixedPrecision time = plan(engine, 20, 1, Stopping.relative(1e-6).within(java.time.Duration.ofNanos(1)));
                MixedPrecision recording = plan(engine, 20, 1, Stopping.relative(1e-6).traced().recording(1, 2));
                Block z = engine.allocate(Type.F32, 1, 20);
                Block fz = engine.allocate(Type.F32, 1, 20)) {
            FixedPointMap low = cell.in(Format.BF16);
            assertThat(two.solve(cell, low, z).status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            z.fill(0);
            assertThat(steps.solve(cell, low, z).status(0)).isEqualTo(Status.MAX_ITERATIONS);
            z.fill(0);
            assertThat(fixed.solve(cell, low, z).status(0)).isEqualTo(Status.COMPLETED_FIXED_STEPS);
            assertThat(fixed.solve(cell, low, z).evaluations()).isEqualTo(3);
            z.fill(0);
            Outcome stagnated = never.solve(cell, low, z);
            assertThat(stagnated.status(0)).isEqualTo(stagnated.residual(0) == 0 ? Status.CONVERGED_RELATIVE : Status.STAGNATED);
            assertThat(stagnated.residual(0)).isLessThan(3e-7);
            z.fill(0);
            assertThat(time.solve(cell, low, z).status(0)).isEqualTo(Status.TIME_BUDGET);
            z.fill(0);
            assertThat(two.solve(new ApproximatedMap(cell, low), z, (progress, iterate, rows) -> false).status(0))
                    .isEqualTo(Status.CANCELLED);
            z.fill(0);
            Outcome kept = recording.solve(cell, low, z);
            assertThat(kept.trace()).hasSize(kept.evaluations());
            assertThat(kept.state(0).toDoubles()).containsOnly(0);
            cell.apply(kept.state(1), fz, new Rows(1));
            engine.axpby(-1, kept.state(1), 1, fz);
            assertThat(Math.sqrt(Arrays.stream(fz.toDoubles()).map(x -> x * x).sum())).as("the first correction gains a lot")
                    .isLessThan(0.1);
            assertThatThrownBy(() -> cell.in(Format.INT8)).hasMessage(
                    "in: this map does not keep its matrices in int8, expected full or bf16, the formats that it was planned with");
            assertThatThrownBy(() -> new MixedPrecision.Options(0, 2, 60))
                    .hasMessage("MixedPrecision.Options: share is 0.0, expected 0 < share ≤ 0.5");
            assertThatThrownBy(() -> MixedPrecision.plan(engine, Type.F32, 1, 20, MixedPrecision.Options.DEFAULT,
                    (e, t, rows, n, stopping) -> Picard.plan(e, t, rows, n + 1, 1, stopping), STOPPING))
                    .hasMessageStartingWith("mixed precision: the inner solver is planned for 1 row of 21 f32");
        }
    }

    @Test
    void rowsMayHaveTolerancesOfTheirOwnAndComeAsAStream() {
        int n = 33;
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine, Type.F32, 3, n, 0.9, Format.BF16);
                MixedPrecision mixed = plan(engine, n, 3, STOPPING);
                Block z = engine.allocate(Type.F32, 3, n);
                Block states = engine.allocate(Type.F32, 3, n)) {
            ApproximatedMap map = new ApproximatedMap(cell, cell.in(Format.BF16));
            Outcome outcome = mixed.solve(map, z, new double[] {1e-1, 1e-3, 1e-6});
            assertThat(outcome.succeeded()).isTrue();
            assertThat(outcome.evaluations(0)).isLessThan(outcome.evaluations(2));
            assertThat(outcome.evaluations(2)).isEqualTo(outcome.evaluations());
            z.fill(0);
            mixed.solve(map, z);
            int[] loaded = {0};
            mixed.stream(map, states, new StreamHandler() {
                @Override
                public boolean load(int b, Block starts) {
                    if (loaded[0] == 3) {
                        return false;
                    }
                    assertThat(b).isEqualTo(loaded[0]++);
                    return true;
                }

                @Override
                public void done(int b, Block results, Outcome ends) {
                    assertThat(ends.status(b)).isEqualTo(Status.CONVERGED_RELATIVE);
                }
            });
            assertThat(states.toFloats()).isEqualTo(z.toFloats());
        }
    }

    @Test
    void newParametersReachEveryFormat() {
        int n = 16;
        try (Engine engine = Engines.best(1);
                Block w = rounded(Type.F32, n, n, 0.1, 1);
                Block other = rounded(Type.F32, n, n, 0.1, 5);
                Block u = rounded(Type.F32, n, 3, 1, 2);
                Block b = rounded(Type.F32, 1, n, 0.1, 3);
                Block x = rounded(Type.F32, 1, 3, 1, 4);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, 1, Format.INT8, Format.BF16, Format.INT8);
                DenseCell fresh = new DenseCell(engine, Activation.TANH, other, u, b, 1, Format.INT8, Format.BF16);
                Block seven = x(n, 7);
                Block out = engine.allocate(Type.F32, 1, n);
                Block expected = engine.allocate(Type.F32, 1, n)) {
            cell.update(other, u, b);
            cell.inject(x);
            fresh.inject(x);
            assertThat(cell.in(Format.FULL)).isSameAs(cell);
            assertThat(cell.bytes()).isEqualTo(fresh.bytes());
            for (Format format : new Format[] {Format.INT8, Format.BF16}) {
                cell.in(format).apply(seven, out, new Rows(1));
                fresh.in(format).apply(seven, expected, new Rows(1));
                assertThat(out.toFloats()).isEqualTo(expected.toFloats());
            }
            cell.apply(seven, out, new Rows(1));
            assertThat(out.toFloats()).isNotEqualTo(expected.toFloats());
        }
    }

    private static Block x(int n, long seed) {
        return Problems.random(Type.F32, 1, n, 1, seed);
    }

    @Test
    void aPlanHoldsWhatItsFormulaSaysAndASolveAllocatesNothing() {
        for (int batch : new int[] {1, 5}) {
            long live = Block.liveBytes();
            try (Engine engine = Engines.named("simd", 1)) {
                try (MixedPrecision mixed = plan(engine, 64, batch, STOPPING)) {
                    assertThat(Block.liveBytes() - live).isEqualTo(mixed.bytes()).isEqualTo(21 * Block.bytes(Type.F32, batch, 64));
                }
                assertThat(Block.liveBytes()).isEqualTo(live);
                try (DenseCell cell = cell(engine, Type.F32, batch, 64, 0.9, Format.BF16, Format.INT8);
                        MixedPrecision mixed = plan(engine, 64, batch, STOPPING);
                        Block start = Problems.random(Type.F32, batch, 64, 1, 2);
                        Block z = engine.allocate(Type.F32, batch, 64)) {
                    FixedPointMap flipped = (in, out, rows) -> {
                        engine.axpby(-1, in, 0, out);
                    };
                    for (FixedPointMap cheap : List.of(cell.in(Format.BF16), cell.in(Format.INT8), flipped)) {
                        long bytes = Problems.allocated(() -> {
                                z.copyFrom(start);
                                mixed.solve(cell, cheap, z);
                        });
                        assertThat(bytes).as("bytes per ten solves, batch %d", batch).isZero();
                    }
                }
            }
            assertThat(Block.liveBytes()).isEqualTo(live);
        }
    }
}
