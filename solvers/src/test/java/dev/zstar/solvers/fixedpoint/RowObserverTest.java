package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.Crowd;
import dev.zstar.solvers.Crowd.Defect;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A row that an observer stops leaves with the point that was measured, and nobody else notices. */
class RowObserverTest {
    private static final int N = 21;
    private static final int PROBLEMS = 24;
    private static final int SLOTS = 5;

    static Stream<CompanyTest.Method> methods() {
        return CompanyTest.methods();
    }

    /** Every third problem is stopped after a few evaluations, by what the observer knows of that row alone. */
    private static final class Stopper implements RowObserver {
        private final Crowd crowd;
        private final boolean stops;
        private final double[][] seen = new double[PROBLEMS][];
        private final double[] residual = new double[PROBLEMS];
        private final int[] calls = new int[PROBLEMS];

        Stopper(Crowd crowd, boolean stops) {
            this.crowd = crowd;
            this.stops = stops;
        }

        @Override
        public void begin(int b) {
            calls[crowd.problem[b]] = 0;
        }

        @Override
        public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
            assertThat(exits.count()).isEqualTo(rows.count()).isEqualTo(z.rows());
            for (int p = 0; p < rows.count(); p++) {
                int index = crowd.problem[rows.index(p)];
                if (++calls[index] == 2 + index % 5 && index % 3 == 0 && stops) {
                    exits.stop(p);
                    seen[index] = row(z, p);
                    residual[index] = progress.residual(rows.index(p));
                }
            }
        }
    }

    private record End(Status status, int evaluations, double residual, List<Double> z) {}

    private static double[] row(Block z, int b) {
        return IntStream.range(0, z.cols()).mapToDouble(i -> z.get(b, i)).toArray();
    }

    private static Crowd crowd() {
        Crowd crowd = new Crowd(N, PROBLEMS);
        crowd.defects[5] = Defect.NAN_START;
        crowd.defects[10] = Defect.DIVERGING;
        crowd.defects[16] = Defect.INFINITE_THIRD;
        crowd.defects[21] = Defect.SLOW;
        return crowd;
    }

    private static FixedPointMap map(FixedPointSolver solver, Crowd crowd) {
        return solver instanceof MixedPrecision ? new ApproximatedMap(crowd, crowd.cheap()) : crowd;
    }

    private static End end(Outcome outcome, Block z, int b) {
        return new End(outcome.status(b), outcome.evaluations(b), outcome.residual(b), Arrays.stream(row(z, b)).boxed().toList());
    }

    private static End[] together(FixedPointSolver solver, Block z, boolean stops, AtomicReference<Stopper> used) {
        Crowd crowd = crowd();
        for (int b = 0; b < PROBLEMS; b++) {
            int index = b * 7 % PROBLEMS;
            crowd.assign(b, index);
            crowd.start(index, z, b);
        }
        Stopper stopper = new Stopper(crowd, stops);
        used.set(stopper);
        Outcome outcome = solver.solve(map(solver, crowd), z, stopper);
        End[] ends = new End[PROBLEMS];
        for (int b = 0; b < PROBLEMS; b++) {
            ends[crowd.problem[b]] = end(outcome, z, b);
        }
        return ends;
    }

    private static End[] alone(FixedPointSolver solver, Block z) {
        Crowd crowd = crowd();
        End[] ends = new End[PROBLEMS];
        for (int index = 0; index < PROBLEMS; index++) {
            crowd.assign(0, index);
            crowd.start(index, z, 0);
            ends[index] = end(solver.solve(map(solver, crowd), z.head(1), new Stopper(crowd, true)), z, 0);
        }
        return ends;
    }

    private static End[] streamed(FixedPointSolver solver, Block z) {
        Crowd crowd = crowd();
        End[] ends = new End[PROBLEMS];
        solver.stream(map(solver, crowd), z.head(SLOTS), new StreamHandler() {
            private int next;

            @Override
            public boolean load(int b, Block states) {
                if (next == PROBLEMS) {
                    return false;
                }
                crowd.assign(b, next);
                crowd.start(next++, states, b);
                return true;
            }

            @Override
            public void done(int b, Block states, Outcome outcome) {
                ends[crowd.problem[b]] = end(outcome, states, b);
            }
        }, new Stopper(crowd, true));
        return ends;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void othersDoNotNotice(CompanyTest.Method method) {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                Stopping until = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-10).within(70);
                try (Engine engine = provider.create(2);
                        FixedPointSolver solver = method.planner().plan(engine, type, PROBLEMS, N, until);
                        Block z = engine.allocate(type, PROBLEMS, N)) {
                    String where = provider.name() + " " + type;
                    AtomicReference<Stopper> used = new AtomicReference<>();
                    End[] free = together(solver, z, false, used);
                    End[] ends = together(solver, z, true, used);
                    Stopper stopper = used.get();
                    assertThat(streamed(solver, z)).as(where).isEqualTo(ends);
                    assertThat(alone(solver, z)).as(where).isEqualTo(ends);
                    int stopped = 0;
                    for (int index = 0; index < PROBLEMS; index++) {
                        if (stopper.seen[index] == null) {
                            assertThat(ends[index]).as("%s, problem %d", where, index).isEqualTo(free[index]);
                            continue;
                        }
                        stopped++;
                        assertThat(ends[index].status()).as("%s, problem %d", where, index).isEqualTo(Status.STOPPED_BY_OBSERVER);
                        if (ends[index].residual() == stopper.residual[index]) {
                            assertThat(ends[index].z().stream().mapToDouble(x -> x).toArray()).isEqualTo(stopper.seen[index]);
                        } else {
                            assertThat(ends[index].residual()).as("the best point, as the method refused a trial")
                                    .isLessThan(stopper.residual[index]);
                        }
                    }
                    assertThat(stopped).as(where).isGreaterThan(2);
                }
            }
        }
    }

    /** Of a plain iteration the returned point is the iterate at the stop, though an earlier one had a smaller residual. */
    @Test
    void theResultIsThePointThatTheObserverSaw() {
        FixedPointMap f = (in, out, rows) -> {
            double x = in.get(0, 0);
            out.fill(x < 0.8 ? 0.5 * x + 0.5 : 3 * x);
        };
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, 1, Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            Outcome outcome = picard.solve(f, z, (progress, iterate, rows, exits) -> {
                if (progress.evaluations() == 5) {
                    exits.stop(0);
                }
            });
            // 0, 0.5, 0.75, 0.875, 2.625: the residual was smallest at 0.75.
            assertThat(z.get(0, 0)).isEqualTo(2.625);
            assertThat(outcome.residual(0)).isEqualTo((3 * 2.625 - 2.625) / (3 * 2.625));
            assertThat(outcome.status(0)).isEqualTo(Status.STOPPED_BY_OBSERVER);
            assertThat(outcome.succeeded()).isTrue();
            assertThat(outcome).hasToString("1 of 1 row stopped by the observer within 5 evaluations, largest relative residual 6.67e-01");
        }
    }

    /** At its first evaluation a row is stopped where it starts, at any scale. */
    @Test
    void aRowOfAnyScaleIsStoppedWhereItIs() {
        for (double scale : new double[] {0x1p-1000, 1, 0x1p1000}) {
            for (int when = 1; when <= 4; when++) {
                int last = when;
                FixedPointMap f = (in, out, rows) -> {
                    for (int p = 0; p < in.rows(); p++) {
                        out.set(p, 0, 0.5 * in.get(p, 0) + 0.25 * scale);
                    }
                };
                double[] seen = {0};
                try (Engine engine = Engines.best(1);
                        Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-9));
                        Block z = Block.of(Type.F64, 2, 1, scale, 3 * scale)) {
                    Outcome outcome = picard.solve(f, z, (progress, iterate, rows, exits) -> {
                        if (progress.evaluations() == last) {
                            assertThat(rows.index(0)).isZero();
                            seen[0] = iterate.get(0, 0);
                            exits.stop(0);
                        }
                    });
                    assertThat(outcome.status(0)).isEqualTo(Status.STOPPED_BY_OBSERVER);
                    assertThat(outcome.evaluations(0)).isEqualTo(last);
                    assertThat(z.get(0, 0)).isEqualTo(seen[0]).isEqualTo(scale * (0.5 + Math.pow(0.5, last)));
                    assertThat(outcome.status(1)).isEqualTo(Status.CONVERGED_RELATIVE);
                }
            }
        }
    }

    @Test
    void aCancelledStreamDeliversWhatIsInFlight() {
        List<Status> ends = new ArrayList<>();
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> out[0] = 0.5 * in[0] + 1);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 3, 1, 1, Stopping.relative(1e-12));
                Block states = engine.allocate(Type.F64, 3, 1)) {
            Observer thrice = (progress, z, rows) -> progress.evaluations() < 3;
            int[] loaded = {0};
            var stream = new EquilibriumStream<Integer>(picard, half, (input, slot, start) -> loaded[0]++, thrice);
            stream.run(IntStream.range(0, 100).iterator(), states, solved -> ends.add(solved.status()));
            assertThat(ends).containsExactly(Status.CANCELLED, Status.CANCELLED, Status.CANCELLED);
            assertThat(loaded[0]).isEqualTo(3);
            // The next stream is not cancelled.
            ends.clear();
            new EquilibriumStream<Integer>(picard, half, (input, slot, start) -> {})
                    .run(IntStream.range(0, 7).iterator(), states, solved -> ends.add(solved.status()));
            assertThat(ends).hasSize(7).allMatch(status -> status == Status.CONVERGED_RELATIVE || status == Status.CONVERGED_AT_START);
        }
    }

    @Test
    void aRowMayBeStoppedAndTheOthersCancelled() {
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> out[0] = 0.5 * in[0] + 1);
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 3, 1, 1, Stopping.relative(1e-12));
                Block z = engine.allocate(Type.F64, 3, 1)) {
            Outcome outcome = picard.solve(half, z, (progress, iterate, rows, exits) -> {
                exits.stop(1);
                exits.cancel();
            });
            assertThat(List.of(outcome.status(0), outcome.status(1), outcome.status(2)))
                    .containsExactly(Status.CANCELLED, Status.STOPPED_BY_OBSERVER, Status.CANCELLED);
        }
    }

    @Test
    void wrongCallsAreRefused() {
        FixedPointMap half = FixedPointMap.rowwise((row, in, out) -> out[0] = 0.5 * in[0] + 1);
        assertThatThrownBy(() -> new Exits(-1)).hasMessage("Exits: the batch is -1, expected at least 0");
        assertThatThrownBy(() -> new Exits(2).reset(3)).hasMessage("reset: 3 active rows, expected 0 to 2");
        assertThatThrownBy(() -> new Exits(2).stop(0)).hasMessage("stop: position 0, expected none");
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 1, 1, Stopping.relative(1e-12));
                Block z = engine.allocate(Type.F64, 2, 1)) {
            assertThatThrownBy(() -> picard.solve(half, z, (progress, iterate, rows, exits) -> exits.stop(2)))
                    .isInstanceOf(IndexOutOfBoundsException.class).hasMessage("stop: position 2, expected 0 to 1");
            assertThatThrownBy(() -> picard.solve(half, z, (progress, iterate, rows, exits) -> exits.reset(0)))
                    .hasMessage("evaluated: the observer reset the exits to 0 rows, expected 2, as before");
            assertThatThrownBy(() -> picard.solve(half, z, (progress, iterate, rows, exits) -> iterate.set(0, 0, 7)))
                    .hasMessage("evaluated: the observer changed the iterates z, expected it only to read them");
            z.fill(0);
            assertThat(picard.solve(half, z).succeeded()).as("the solver can be used again").isTrue();
        }
    }

    @Test
    void nothingIsAllocated() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 16, 4, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, 4, 16, Stopping.relative(1e-5));
                Block z = engine.allocate(Type.F32, 4, 16)) {
            RowObserver third = (progress, iterate, rows, exits) -> {
                for (int p = 0; p < rows.count(); p++) {
                    if (progress.evaluations(rows.index(p)) == 3 && rows.index(p) % 2 == 0) {
                        exits.stop(p);
                    }
                }
            };
            assertThat(Problems.allocated(() -> {
                z.fill(0);
                solver.solve(cell, z, third);
            })).isZero();
        }
    }
}
