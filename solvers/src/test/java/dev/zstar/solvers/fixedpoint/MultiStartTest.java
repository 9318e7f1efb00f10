package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.MultiStart.Until;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several starts for each input: the winner is the one that the definition says, whatever the other inputs are. */
class MultiStartTest {
    private static final int N = 11;
    private static final int INPUTS = 6;
    private static final Start[] STARTS = {Start.given(), Start.zeros(), Start.noise(1, 42), Start.noise(3, 7)};
    private static final int K = STARTS.length;

    /** How one input ended. */
    private record End(int winner, List<Status> statuses, List<Integer> evaluations, List<Double> residuals, List<Double> z) {}

    private static List<End> ends(MultiStart starts, Outcome outcome, Block z) {
        List<End> ends = new ArrayList<>();
        for (int i = 0; i < z.rows(); i++) {
            int input = i;
            List<Integer> rows = IntStream.range(i * K, (i + 1) * K).boxed().toList();
            ends.add(new End(starts.winner(i), rows.stream().map(outcome::status).toList(),
                    rows.stream().map(b -> outcome.evaluations(b)).toList(), rows.stream().map(outcome::residual).toList(),
                    IntStream.range(0, N).mapToObj(j -> z.get(input, j)).toList()));
            assertThat(starts.row(i)).isEqualTo(i * K + starts.winner(i));
            assertThat(IntStream.range(0, N).mapToObj(j -> starts.states().get(starts.row(input), j)).toList())
                    .isEqualTo(ends.getLast().z());
        }
        return ends;
    }

    private static FixedPointSolver anderson(Engine engine, Type type, Stopping stopping) {
        return Anderson.plan(engine, type, INPUTS * K, N, Anderson.Options.DEFAULT.withWindow(3), stopping);
    }

    @ParameterizedTest
    @EnumSource(Until.class)
    void anInputHasTheSameWinnerAlone(Until until) {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                Stopping stopping = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-9).within(50);
                try (Engine engine = provider.create(2);
                        DenseCell cell = Problems.cell(engine, Activation.TANH, type, N, INPUTS * K, 1.6, 3);
                        FixedPointSolver solver = anderson(engine, type, stopping);
                        MultiStart starts = MultiStart.plan(solver, until, STARTS);
                        Block x = Problems.random(type, INPUTS, 3, 1, 4);
                        Block repeated = engine.allocate(type, INPUTS * K, 3);
                        Block given = Problems.random(type, INPUTS, N, 2, 5);
                        Block z = engine.allocate(type, INPUTS, N)) {
                    z.copyFrom(given);
                    starts.repeat(x, repeated);
                    cell.inject(repeated);
                    List<End> together = ends(starts, starts.solve(cell, z), z);
                    for (int i = 0; i < INPUTS; i++) {
                        Block one = z.head(1);
                        one.copyRow(given, i, 0);
                        starts.repeat(x.part(i, INPUTS), repeated.head(K));
                        cell.inject(repeated.head(K));
                        assertThat(ends(starts, starts.solve(cell, one), one)).as("input %d on %s", i, provider.name())
                                .containsExactly(together.get(i));
                        check(until, together.get(i));
                    }
                    assertThat(together.stream().mapToInt(End::winner).distinct().count()).as("different winners").isGreaterThan(1);
                }
            }
        }
    }

    private static void check(Until until, End end) {
        boolean converged = end.statuses().stream().anyMatch(MultiStartTest::isOwn);
        for (int j = 0; j < K; j++) {
            boolean candidate = !converged || isOwn(end.statuses().get(j));
            double residual = end.residuals().get(j);
            double best = end.residuals().get(end.winner());
            assertThat(candidate && (residual < best || residual == best && j < end.winner())).as("start %d of %s", j, end).isFalse();
            if (until == Until.FIRST && converged) {
                int evaluations = end.evaluations().get(end.winner());
                assertThat(end.evaluations().get(j)).as("%s", end).isLessThanOrEqualTo(evaluations);
                assertThat(end.statuses().get(j) == Status.STOPPED_BY_OBSERVER && end.evaluations().get(j) != evaluations).isFalse();
            } else {
                assertThat(end.statuses().get(j)).isNotEqualTo(Status.STOPPED_BY_OBSERVER);
            }
        }
        assertThat(!converged || isOwn(end.statuses().get(end.winner()))).as("%s", end).isTrue();
    }

    private static boolean isOwn(Status status) {
        return status.isSuccess() && status != Status.STOPPED_BY_OBSERVER;
    }

    /** z = z³ has the equilibria 0 and ±1. Each start finds its own; of equal residuals the first wins. */
    @Test
    void tiesAreBrokenByTheNumberOfTheStart() {
        FixedPointMap cube = FixedPointMap.rowwise((row, in, out) -> out[0] = in[0] * in[0] * in[0]);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 6, 1, 1, Stopping.relative(1e-6));
                MultiStart starts = MultiStart.plan(picard, Until.ALL,
                        (given, input, states, row) -> states.set(row, 0, 0.5), Start.given(), Start.zeros());
                Block z = Block.of(Type.F64, 2, 1, 1, 2)) {
            Outcome outcome = starts.solve(cube, z);
            assertThat(starts.winner(0)).as("1 and 0 are exact").isEqualTo(1);
            assertThat(starts.winner(1)).as("2 runs away").isEqualTo(2);
            assertThat(z.toDoubles()).containsExactly(1, 0);
            assertThat(outcome.status(4).isSuccess()).isFalse();
            assertThat(outcome.batch()).isEqualTo(6);
        }
    }

    /** An exit rule counts as the end of a start: the first that it ends wins, though others have smaller residuals. */
    @Test
    void aStartThatTheObserverEndsHasWon() {
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> out[0] = in[0] / 2 + 1);
        RowObserver second = (progress, z, rows, exits) -> {
            for (int p = 0; p < rows.count(); p++) {
                if (rows.index(p) % 2 == 1 && progress.evaluations(rows.index(p)) == 3) {
                    exits.stop(p);
                }
            }
        };
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-12));
                MultiStart starts = MultiStart.plan(picard, Until.FIRST,
                        (given, input, states, row) -> states.set(row, 0, 1.9), Start.zeros());
                Block z = engine.allocate(Type.F64, 1, 1)) {
            Outcome outcome = starts.solve(half, z, second);
            assertThat(starts.winner(0)).isEqualTo(1);
            assertThat(z.get(0, 0)).isEqualTo(1.5);
            assertThat(outcome.evaluations(0)).isEqualTo(3);
            assertThat(outcome.residual(0)).isLessThan(outcome.residual(1));
        }
    }

    /** A start of NaN never wins, and if all fail the lowest residual does. */
    @Test
    void failuresLose() {
        FixedPointMap turn = FixedPointMap.rowwise((row, in, out) -> out[0] = 1 - in[0]);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 3, 1, 1, Stopping.relative(1e-12).within(6));
                MultiStart starts = MultiStart.plan(picard, Until.FIRST, (given, input, states, row) -> states.set(row, 0, Double.NaN),
                        (given, input, states, row) -> states.set(row, 0, 5), Start.given());
                Block z = Block.of(Type.F64, 1, 1, 0.6)) {
            Outcome outcome = starts.solve(turn, z);
            assertThat(starts.winner(0)).isEqualTo(2);
            assertThat(outcome.status(0)).isEqualTo(Status.NONFINITE_INPUT);
            assertThat(outcome.status(starts.row(0))).isEqualTo(Status.MAX_EVALUATIONS);
        }
    }

    /** The noise has its deviation, is the same for every row, and another one for another seed. */
    @Test
    void noiseIsSeeded() {
        try (Block a = Block.allocate(Type.F64, 2, 10_000);
                Block b = Block.allocate(Type.F64, 2, 10_000)) {
            Start.noise(3, 1).write(a, 0, a, 0);
            Start.noise(3, 1).write(a, 1, a, 1);
            Start.noise(3, 2).write(b, 0, b, 0);
            double[] first = Arrays.copyOf(a.toDoubles(), 10_000);
            assertThat(Arrays.copyOfRange(a.toDoubles(), 10_000, 20_000)).isEqualTo(first);
            assertThat(Arrays.copyOf(b.toDoubles(), 10_000)).isNotEqualTo(first);
            // Five standard errors: 3 / √10000, and of the mean square 9 √(2 / 10000).
            assertThat(Math.abs(Arrays.stream(first).average().orElseThrow())).isLessThan(0.15);
            assertThat(Math.abs(Arrays.stream(first).map(x -> x * x).average().orElseThrow() - 9)).isLessThan(5 * 9 * Math.sqrt(2e-4));
        }
    }

    @Test
    void nothingIsAllocated() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, INPUTS * K, 0.9, 3);
                FixedPointSolver solver = anderson(engine, Type.F32, Stopping.relative(1e-5));
                MultiStart starts = MultiStart.plan(solver, Until.FIRST, STARTS);
                Block x = Problems.random(Type.F32, INPUTS, 3, 1, 4);
                Block repeated = engine.allocate(Type.F32, INPUTS * K, 3);
                Block z = engine.allocate(Type.F32, INPUTS, N)) {
            assertThat(starts.bytes()).isEqualTo(Block.bytes(Type.F32, INPUTS * K, N));
            assertThat(Problems.allocated(() -> {
                z.fill(1);
                starts.repeat(x, repeated);
                cell.inject(repeated);
                starts.solve(cell, z);
            })).isZero();
        }
    }

    @Test
    void wrongCallsAreRefused() {
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> out[0] = in[0] / 2 + 1);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 6, 1, 1, Stopping.relative(1e-6));
                MultiStart starts = MultiStart.plan(picard, Until.ALL, Start.given(), Start.zeros());
                Block z = engine.allocate(Type.F64, 4, 1);
                Block wide = engine.allocate(Type.F64, 2, 3)) {
            assertThatThrownBy(() -> MultiStart.plan(null, Until.ALL, Start.zeros())).isInstanceOf(NullPointerException.class)
                    .hasMessage("MultiStart: the solver is null");
            assertThatThrownBy(() -> MultiStart.plan(picard, Until.ALL))
                    .hasMessage("MultiStart: the number of starts is 0, expected at least 1");
            assertThatThrownBy(() -> MultiStart.plan(picard, Until.ALL, Start.zeros(), null)).hasMessage("MultiStart: start 1 is null");
            assertThatThrownBy(() -> MultiStart.plan(picard, Until.ALL, Start.zeros(), Start.zeros(), Start.zeros(), Start.given()))
                    .hasMessage("MultiStart: the batch of the solver is 6, expected a multiple of 4, the number of starts");
            assertThatThrownBy(() -> Start.noise(-1, 0))
                    .hasMessage("noise: the standard deviation is -1.0, expected a finite number above 0");
            assertThatThrownBy(() -> starts.solve(half, z))
                    .hasMessage("solve: the block of states has 4 rows, expected at most 3, one for each input");
            assertThatThrownBy(() -> starts.solve(half, wide)).hasMessage("solve: the block of states is 2×3 f64, expected 2×1 f64");
            assertThatThrownBy(() -> starts.repeat(z.head(2), z.head(3)))
                    .hasMessage("repeat: the repeated x is 3×1 f64, expected 4×1 f64");
            assertThatThrownBy(() -> starts.winner(0)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("winner: row 0, expected none");
            assertThat(starts.solve(half, z.head(3)).succeeded()).isTrue();
            Block results = starts.states();
            assertThatThrownBy(() -> starts.solve(half, results.head(2))).hasMessageStartingWith(
                    "solve: the block of states (2×1 f64) and the results of all starts (6×1 f64) share memory");
        }
    }
}
