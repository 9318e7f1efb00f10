package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Lattice;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NewtonKrylovTest {
    private static final NewtonKrylov.Options DEFAULT = NewtonKrylov.Options.DEFAULT;

    /** {@code f(z) = z - F(z)}, element by element. */
    private static FixedPointMap residual(DoubleUnaryOperator residual) {
        return (in, out, rows) -> {
            for (int p = 0; p < in.rows(); p++) {
                for (int i = 0; i < in.cols(); i++) {
                    out.set(p, i, in.get(p, i) - residual.applyAsDouble(in.get(p, i)));
                }
            }
        };
    }

    /** Chandrasekhar's H-equation by the midpoint rule: {@code 1 / (1 - (c / 2n) Σ_j μ_i H_j / (μ_i + μ_j))}. */
    private static FixedPointMap chandrasekhar(double c) {
        return (in, out, rows) -> {
            int n = in.cols();
            for (int p = 0; p < in.rows(); p++) {
                for (int i = 0; i < n; i++) {
                    double sum = 0;
                    for (int j = 0; j < n; j++) {
                        sum += (i + 0.5) * in.get(p, j) / (i + j + 1);
                    }
                    out.set(p, i, 1 / (1 - c * sum / (2 * n)));
                }
            }
        };
    }

    private static double error(Block z, int p, int b) {
        double error = 0;
        for (int i = 0; i < z.cols(); i++) {
            error = Math.max(error, Math.abs(z.get(p, i) - Lattice.solution(b, i)));
        }
        return error;
    }

    /** Newton's method with the matrix, on row 0 of a lattice. */
    private static List<double[]> dense(double[] start, int count) {
        int n = start.length;
        List<double[]> iterates = new ArrayList<>();
        double[] z = start.clone();
        for (int k = 0; k < count; k++) {
            iterates.add(z.clone());
            double[] diagonal = new double[n];
            double[] right = new double[n];
            for (int i = 0; i < n; i++) {
                double s = Lattice.solution(0, i);
                double left = i == 0 ? 0 : z[i - 1] - Lattice.solution(0, i - 1);
                double next = i == n - 1 ? 0 : z[i + 1] - Lattice.solution(0, i + 1);
                right[i] = -(2 * (z[i] - s) - left - next + z[i] * z[i] * z[i] - s * s * s);
                diagonal[i] = 2 + 3 * z[i] * z[i];
            }
            // The matrix is tridiag(-1, 2 + 3 z², -1): elimination needs no pivots.
            for (int i = 1; i < n; i++) {
                diagonal[i] -= 1 / diagonal[i - 1];
                right[i] += right[i - 1] / diagonal[i - 1];
            }
            for (int i = n - 1; i >= 0; i--) {
                right[i] = (right[i] + (i == n - 1 ? 0 : right[i + 1])) / diagonal[i];
                z[i] += right[i];
            }
        }
        return iterates;
    }

    @Test
    void withExactStepsItIsNewtonsMethodAndConvergesQuadratically() {
        int n = 15;
        double[] start = new double[n];
        for (int i = 0; i < n; i++) {
            start[i] = Lattice.solution(0, i) + (i % 2 == 0 ? 0.4 : -0.2);
        }
        List<double[]> expected = dense(start, 5);
        for (EngineProvider provider : Problems.engines()) {
            for (boolean differences : new boolean[] {false, true}) {
                double bound = differences ? 1e-6 : 1e-11;
                try (Engine engine = provider.create(1);
                        NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, n,
                                DEFAULT.withForcing(1e-14).withKrylov(n).withDifferences(differences), Stopping.relative(1e-13));
                        Block z = Block.of(Type.F64, 1, n, start)) {
                    int[] seen = {0};
                    double[] last = {Double.NaN};
                    Outcome outcome = newton.solve(Lattice.of(n, 1), z, (progress, iterate, rows) -> {
                        if (rows.count() == 1) {
                            double error = error(iterate, 0, 0);
                            for (int i = 0; i < n; i++) {
                                assertThat(iterate.get(0, i)).as("%s, iterate %d", provider.name(), seen[0])
                                        .isCloseTo(expected.get(seen[0])[i], within(bound));
                            }
                            if (seen[0] > 0 && !differences) {
                                assertThat(error).isLessThan(2 * last[0] * last[0] + 1e-14);
                            }
                            last[0] = error;
                            seen[0]++;
                        }
                        return true;
                    });
                    assertThat(outcome.status(0)).as("%s", outcome).isEqualTo(Status.CONVERGED_RELATIVE);
                    assertThat(seen[0]).isBetween(3, 5);
                    assertThat(error(z, 0, 0)).isLessThan(1e-12);
                }
            }
        }
    }

    /**
     * {@code α - c α² / 4 = 1} for the mean α of the solution, since the kernel is symmetric up to μ: for the midpoint rule as for the
     * integral.
     */
    @Test
    void theHEquationHasItsMeanAndConvergesSuperlinearly() {
        double c = 0.9999;
        int n = 100;
        try (Engine engine = Engines.best(1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, n, DEFAULT, Stopping.relative(1e-13).traced());
                Block z = engine.allocate(Type.F64, 1, n)) {
            z.fill(1);
            List<Double> residuals = new ArrayList<>();
            Outcome outcome = newton.solve(chandrasekhar(c), z, (progress, iterate, rows) -> residuals.add(progress.residual(0)));
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            assertThat(Arrays.stream(z.toDoubles()).average().orElseThrow()).isCloseTo(2 / c * (1 - Math.sqrt(1 - c)), within(1e-10));
            int k = residuals.size() - 1;
            assertThat(residuals.get(k) / residuals.get(k - 1)).as("%s", residuals).isLessThan(1e-3);
            assertThat(residuals.get(2) / residuals.get(1)).as("%s", residuals).isGreaterThan(1e-2);
            // The trace holds each point at its evaluation; within a step it repeats the last point.
            double[] trace = outcome.trace();
            assertThat(trace).hasSize(outcome.evaluations()).hasSizeGreaterThan(residuals.size());
            assertThat(trace).startsWith(residuals.get(0)).endsWith(residuals.get(k));
            assertThat(Arrays.stream(trace).boxed().distinct().toList()).isEqualTo(residuals);
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void mapsThatExpandAreSolvedWithProductsAndWithDifferences(Type type) {
        int n = 24;
        double tolerance = type == Type.F32 ? 1e-5 : 1e-11;
        for (EngineProvider provider : Problems.engines()) {
            for (double radius : new double[] {0.9, 1.5, 5}) {
                for (boolean differences : new boolean[] {false, true}) {
                    try (Engine engine = provider.create(2);
                            DenseCell cell = Problems.cell(
                                    engine, radius == 5 ? Activation.IDENTITY : Activation.TANH, type, n, 5, radius, 1);
                            NewtonKrylov newton = NewtonKrylov.plan(engine, type, 5, n, DEFAULT.withKrylov(n).withDifferences(differences),
                                    Stopping.relative(tolerance));
                            Block z = engine.allocate(type, 5, n);
                            Block fz = engine.allocate(type, 5, n)) {
                        Outcome outcome = newton.solve(cell, z);
                        assertThat(outcome.succeeded()).as("%s, ρ = %s, differences %s: %s", provider.name(), radius, differences, outcome)
                                .isTrue();
                        cell.apply(z, fz, new Rows(5));
                        for (int p = 0; p < 5; p++) {
                            assertThat(outcome.residual(p)).as("the claimed residual is the true one")
                                    .isCloseTo(Problems.residual(z, fz, p), within(1e-12));
                        }
                    }
                }
            }
        }
    }

    /**
     * On a linear map {@code ‖F‖} after a step is the residual at which GMRES stopped. Each GMRES step gains less than a factor of 5 here.
     */
    @Test
    void eachStepIsAsExactAsTheLastOneAndTheToleranceAskFor() {
        int n = 64;
        double tolerance = 1e-6;
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.IDENTITY, Type.F64, n, 1, 0.95, 1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, n, DEFAULT, Stopping.relative(tolerance));
                Block z = engine.allocate(Type.F64, 1, n);
                Block fz = engine.allocate(Type.F64, 1, n)) {
            List<double[]> norms = new ArrayList<>();
            Observer look = (progress, iterate, rows) -> {
                Block at = rows.count() == 1 ? iterate : z;
                cell.apply(at, fz, new Rows(1));
                double step = 0;
                double value = 0;
                for (int i = 0; i < n; i++) {
                    step += Math.pow(fz.get(0, i) - at.get(0, i), 2);
                    value += Math.pow(fz.get(0, i), 2);
                }
                norms.add(new double[] {Math.sqrt(step), Math.sqrt(value)});
                return true;
            };
            assertThat(newton.solve(cell, z, look).status(0)).isEqualTo(Status.CONVERGED_RELATIVE);
            assertThat(norms).hasSizeGreaterThan(3);
            double η = 0.9;
            boolean held = false;
            boolean bounded = false;
            for (int k = 0; k + 1 < norms.size(); k++) {
                double norm = norms.get(k)[0];
                if (k > 0) {
                    double chosen = 0.9 * Math.pow(norm / norms.get(k - 1)[0], 2);
                    double least = 0.9 * η * η;
                    held |= least > 0.1 && least > chosen;
                    η = Math.min(0.9, least > 0.1 ? Math.max(chosen, least) : chosen);
                }
                double goal = Math.min(0.9, 0.5 * tolerance * norms.get(k)[1] / norm);
                bounded |= goal > η;
                η = Math.max(η, goal);
                assertThat(norms.get(k + 1)[0] / norm).as("step %d, η = %s", k, η).isBetween(0.2 * η, η * (1 + 1e-6));
            }
            assertThat(held).as("the safeguard was in force").isTrue();
            assertThat(bounded).as("the tolerance was in force").isTrue();
        }
    }

    @Test
    void shorterStepsSaveWhatWholeOnesOvershoot() {
        // The whole steps for atan grow from 1.39 on.
        FixedPointMap atan = residual(z -> Math.atan(z - 1));
        int[] undefined = {0};
        FixedPointMap root = residual(z -> {
            undefined[0] += z < 0 ? 1 : 0;
            return Math.sqrt(z) - 0.1;
        });
        try (Engine engine = Engines.best(1);
                NewtonKrylov whole = NewtonKrylov.plan(engine, Type.F64, 1, 1, DEFAULT.withLineSearch(1e-4, 0), Stopping.relative(1e-12));
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, 1, DEFAULT, Stopping.relative(1e-12).orStep(1e-14));
                Block z = Block.of(Type.F64, 1, 1, 6)) {
            assertThat(whole.solve(atan, z).status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            z.fill(6);
            Outcome outcome = newton.solve(atan, z);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            assertThat(z.get(0, 0)).isCloseTo(1, within(1e-11));
            // The first whole step leads to -3.6, where there is no root.
            z.fill(4);
            assertThat(newton.solve(root, z).succeeded()).isTrue();
            assertThat(undefined[0]).as("trials that are NaN").isPositive();
            assertThat(z.get(0, 0)).isCloseTo(0.01, within(1e-12));
            z.fill(4);
            assertThat(whole.solve(root, z).status(0)).as("a whole step is accepted, whatever its residual")
                    .isEqualTo(Status.NONFINITE_FUNCTION);
            assertThat(z.get(0, 0)).isEqualTo(4);
        }
    }

    @Test
    void aLineSearchThatFailsSaysSo() {
        try (Engine engine = Engines.best(1);
                NewtonKrylov newton = NewtonKrylov.plan(
                        engine, Type.F64, 1, 1, DEFAULT.withLineSearch(1e-4, 5), Stopping.relative(1e-12).orStep(1e-3));
                Block z = Block.of(Type.F64, 1, 1, 3)) {
            Lattice map = new Lattice(1, Lattice.Defect.UPHILL);
            Outcome outcome = newton.solve(map, z);
            // The short steps between its trials are no convergence.
            assertThat(outcome.status(0)).isEqualTo(Status.LINE_SEARCH_FAILED);
            assertThat(z.get(0, 0)).as("the best iterate is the start").isEqualTo(3);
            assertThat(outcome.evaluations(0))
                    .as("start, linearise, product, whole step, five shorter, and then whole steps that lead nowhere").isGreaterThan(9)
                    .isEqualTo(map.evaluations);
        }
    }

    @Test
    void anInnerSolveThatFailsSaysSo() {
        try (Engine engine = Engines.best(1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, 2, DEFAULT, Stopping.relative(1e-12).orStep(1e-3));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            z.fill(3);
            Lattice broken = new Lattice(2, Lattice.Defect.BROKEN);
            Outcome outcome = newton.solve(broken, z);
            assertThat(outcome.status(0)).isEqualTo(Status.INNER_FAILED);
            assertThat(z.toDoubles()).containsExactly(3, 3);
            assertThat(outcome.evaluations(0)).as("start, linearise, product, the point again").isEqualTo(4).isEqualTo(broken.evaluations);
            // z² + 1 from 1: the first step leads to 0, where the derivative vanishes.
            z.fill(1);
            assertThat(newton.solve(new Lattice(2, Lattice.Defect.UNSOLVABLE), z).status(0)).isEqualTo(Status.INNER_FAILED);
            // A plan that failed solves the next problem.
            z.fill(0.5);
            assertThat(newton.solve(Lattice.of(2, 1), z).succeeded()).isTrue();
            assertThat(error(z, 0, 0)).as("the square of the last step").isLessThan(1e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noBudgetIsOverrun(boolean differences) {
        int n = 12;
        try (Engine engine = Engines.best(1);
                Block z = engine.allocate(Type.F64, 2, n)) {
            Status last = null;
            for (int budget = 1; budget < 120; budget++) {
                try (NewtonKrylov newton = NewtonKrylov.plan(
                        engine, Type.F64, 2, n, DEFAULT.withDifferences(differences), Stopping.relative(1e-12).within(budget))) {
                    Lattice map = Lattice.of(n, 2);
                    z.fill(5);
                    // The second row is close to its solution, and needs fewer.
                    for (int i = 0; i < n; i++) {
                        z.set(1, i, Lattice.solution(1, i) + 1e-3);
                    }
                    Outcome outcome = newton.solve(map, z);
                    assertThat(outcome.rowEvaluations()).isEqualTo(map.evaluations)
                            .isEqualTo(outcome.evaluations(0) + outcome.evaluations(1));
                    assertThat(outcome.evaluations(1)).isLessThanOrEqualTo(outcome.evaluations(0));
                    last = outcome.status(0);
                    if (last == Status.MAX_EVALUATIONS) {
                        assertThat(outcome.evaluations(0)).isEqualTo(budget);
                    } else {
                        assertThat(last).isEqualTo(Status.CONVERGED_RELATIVE);
                        assertThat(outcome.evaluations(0)).isLessThanOrEqualTo(budget);
                    }
                }
            }
            assertThat(last).isEqualTo(Status.CONVERGED_RELATIVE);
        }
    }

    @Test
    void budgetsOfStepsAndOfTimeHold() {
        int n = 12;
        try (Engine engine = Engines.best(1);
                NewtonKrylov two = NewtonKrylov.plan(engine, Type.F64, 1, n, DEFAULT, Stopping.relative(1e-12).withinIterations(2));
                NewtonKrylov brief = NewtonKrylov.plan(
                        engine, Type.F64, 1, n, DEFAULT.withForcing(1e-10), Stopping.relative(1e-12).within(Duration.ofMillis(400)));
                Block z = engine.allocate(Type.F64, 1, n)) {
            z.fill(5);
            List<Double> residuals = new ArrayList<>();
            Outcome outcome = two.solve(Lattice.of(n, 1), z, (progress, iterate, rows) -> residuals.add(progress.residual(0)));
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_ITERATIONS);
            assertThat(residuals).as("the start and two steps").hasSize(3);

            // A product longer than the time ends the step that it belongs to.
            z.fill(5);
            int[] products = {0};
            Lattice map = Lattice.of(n, 1);
            outcome = brief.solve((in, out, rows) -> {
                if (++products[0] == 2) {
                    try {
                        Thread.sleep(500);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
                map.apply(in, out, rows);
            }, z);
            assertThat(outcome.status(0)).isEqualTo(Status.TIME_BUDGET);
            assertThat(outcome.evaluations(0)).as("the start, a product, a trial").isLessThanOrEqualTo(3);
        }
    }

    /** One row of a lattice's batch, alone. */
    private record Alone(Lattice map, int row) implements DifferentiableMap {
        private Rows own(Rows rows) {
            Rows own = new Rows(map.defects.length);
            own.reset(rows.count());
            own.place(0, row);
            return own;
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            map.apply(z, out, own(rows));
        }

        @Override
        public void linearise(Block z, Rows rows) {
            map.linearise(z, own(rows));
        }

        @Override
        public void vjp(Block u, Block out, Rows rows) {
            map.vjp(u, out, own(rows));
        }

        @Override
        public void jvp(Block v, Block out, Rows rows) {
            map.jvp(v, out, own(rows));
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowHasTheSameBitsAloneAndInAnyCompany(Type type) {
        int n = 19;
        int batch = 16;
        Lattice map = Lattice.of(n, batch);
        map.defects[3] = Lattice.Defect.UNSOLVABLE;
        map.defects[6] = Lattice.Defect.BROKEN;
        map.defects[9] = Lattice.Defect.UPHILL;
        for (EngineProvider provider : Problems.engines()) {
            for (boolean differences : new boolean[] {false, true}) {
                try (Engine engine = provider.create(3);
                        NewtonKrylov newton = NewtonKrylov.plan(engine, type, batch, n, DEFAULT.withDifferences(differences),
                                Stopping.relative(type == Type.F32 ? 1e-5 : 1e-11));
                        Block start = Problems.random(type, batch, n, 0.5, 9);
                        Block z = engine.allocate(type, batch, n);
                        Block alone = engine.allocate(type, 1, n)) {
                    start.set(5, 2, Double.NaN);
                    for (int i = 0; i < n; i++) {
                        start.set(11, i, 1e4);
                        start.set(13, i, Lattice.solution(13, i));
                    }
                    z.copyFrom(start);
                    Outcome outcome = newton.solve(map, z);
                    Status[] status = new Status[batch];
                    int[] spent = new int[batch];
                    Set<Integer> numbers = new HashSet<>();
                    for (int b = 0; b < batch; b++) {
                        status[b] = outcome.status(b);
                        spent[b] = outcome.evaluations(b);
                        numbers.add(spent[b]);
                    }
                    assertThat(status[5]).isEqualTo(Status.NONFINITE_INPUT);
                    assertThat(status[3].isSuccess()).as("%s", status[3]).isFalse();
                    assertThat(status[13]).isEqualTo(Status.CONVERGED_AT_START);
                    assertThat(status[11]).as("the slow one").isEqualTo(Status.CONVERGED_RELATIVE);
                    assertThat(spent[11]).isGreaterThan(spent[0] + 20);
                    if (!differences) {
                        assertThat(status[6]).isEqualTo(Status.INNER_FAILED);
                        assertThat(status[9]).isEqualTo(Status.LINE_SEARCH_FAILED);
                    }
                    assertThat(numbers).as("rows end at different times").hasSizeGreaterThan(4);
                    for (int b = 0; b < batch; b++) {
                        alone.copyRow(start, b, 0);
                        Outcome single = newton.solve(new Alone(map, b), alone);
                        assertThat(single.status(0)).as("%s, row %d", provider.name(), b).isEqualTo(status[b]);
                        assertThat(single.evaluations(0)).isEqualTo(spent[b]);
                        assertThat(alone.toDoubles()).isEqualTo(Arrays.copyOfRange(z.toDoubles(), b * n, (b + 1) * n));
                    }
                }
            }
        }
    }

    @Test
    void aSolveAllocatesNothing() {
        for (int batch : new int[] {1, 5}) {
            for (boolean differences : new boolean[] {false, true}) {
                try (Engine engine = Engines.named("simd", 1);
                        DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 48, batch, 1.2, 1);
                        NewtonKrylov newton = NewtonKrylov.plan(
                                engine, Type.F32, batch, 48, DEFAULT.withDifferences(differences), Stopping.relative(1e-5));
                        Block start = Problems.random(Type.F32, batch, 48, 1, 3);
                        Block z = engine.allocate(Type.F32, batch, 48)) {
                    long bytes = Problems.allocated(() -> {
                            z.copyFrom(start);
                            newton.solve(cell, z);
                    });
                    assertThat(bytes).as("bytes per ten solves, batch %d, differences %s", batch, differences).isZero();
                }
            }
        }
    }

    @Test
    void aPlanHoldsWhatItsFormulaSaysAndGivesItBack() {
        long before = Block.liveBytes();
        try (Engine engine = Engines.best(1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F32, 4, 100, DEFAULT.withKrylov(7), Stopping.relative(1e-5))) {
            assertThat(Block.liveBytes() - before).isEqualTo(newton.bytes()).isEqualTo((7 + 11) * Block.bytes(Type.F32, 4, 100));
        }
        try (Engine engine = Engines.best(1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 4, 100, DEFAULT, Stopping.relative(1e-5).orStep(1e-6))) {
            assertThat(newton.bytes()).isEqualTo((DEFAULT.krylov() + 11 + 2) * Block.bytes(Type.F64, 4, 100));
        }
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    @Test
    void aMapThatThrowsLeavesThePlanUsable() {
        try (Engine engine = Engines.best(1);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F64, 1, 2, DEFAULT, Stopping.relative(1e-10));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            IllegalStateException mine = new IllegalStateException("mine");
            int[] calls = {0};
            // In the middle of a step.
            assertThatThrownBy(() -> newton.solve((in, out, rows) -> {
                if (++calls[0] == 3) {
                    throw mine;
                }
                Lattice.of(2, 1).apply(in, out, rows);
            }, z)).isSameAs(mine);
            z.fill(0);
            assertThat(newton.solve(Lattice.of(2, 1), z).succeeded()).isTrue();
            assertThat(error(z, 0, 0)).isLessThan(1e-9);
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        long before = Block.liveBytes();
        try (Engine engine = Engines.best(1)) {
            assertThatThrownBy(() -> NewtonKrylov.plan(engine, Type.F64, 1, 2, DEFAULT, Stopping.fixed(5)))
                    .hasMessageStartingWith("NewtonKrylov: a fixed number of evaluations");
            assertThatThrownBy(() -> NewtonKrylov.plan(engine, Type.F64, 1, 2, DEFAULT, Stopping.relative(0.1).recording(1, 4)))
                    .hasMessageStartingWith("NewtonKrylov: recorded states at the evaluations [1, 4]");
        }
        assertThat(Block.liveBytes()).isEqualTo(before);
        assertThatThrownBy(() -> DEFAULT.withKrylov(0)).hasMessage("NewtonKrylov.Options: krylov is 0, expected 1 to 500");
        assertThatThrownBy(() -> DEFAULT.withForcing(1)).hasMessage("NewtonKrylov.Options: forcing is 1.0, expected 0 < η < 1");
        assertThatThrownBy(() -> DEFAULT.withLineSearch(0.5, 3)).hasMessage("NewtonKrylov.Options: decrease is 0.5, expected 0 < α < 0.5");
        assertThatThrownBy(() -> DEFAULT.withLineSearch(0.1, -1)).hasMessage("NewtonKrylov.Options: reductions is -1, expected 0 to 100");
    }
}
