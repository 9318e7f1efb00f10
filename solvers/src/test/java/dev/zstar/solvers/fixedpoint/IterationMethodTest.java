package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Methods, maps and observers that break their contract: the solve ends with a true status, or with a sentence about who did it. */
class IterationMethodTest {
    private static final int BATCH = 3;
    private static final FixedPointMap HALF = FixedPointMap.rowwise((row, z, out) -> out[0] = z[0] / 2 + 1);

    /** Plain steps: f(z) is the next iterate. */
    private static class Plain implements IterationMethod {
        @Override
        public void begin(int b) {}

        @Override
        public void advance(Iterates at, FixedPointMap f) {}
    }

    private static final class Measures extends Plain {
        private final double residual;
        private final double value;

        Measures(double residual, double value) {
            this.residual = residual;
            this.value = value;
        }

        @Override
        public void measure(Iterates at) {
            for (int p = 0; p < at.rows().count(); p++) {
                at.measured(at.rows().index(p), residual, value);
            }
        }
    }

    private static Outcome solve(Type type, Function<Workspace, IterationMethod> method, FixedPointMap f, Observer observer) {
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.of(engine, type, BATCH, 1, Stopping.relative(1e-6), null, method);
                Block z = engine.allocate(type, BATCH, 1)) {
            return solver.solve(f, z, observer);
        }
    }

    private static void assertThrows(IterationMethod method, Class<?> type, String message) {
        assertThatThrownBy(() -> solve(Type.F64, workspace -> method, HALF, null)).isInstanceOf(type).hasMessage(message);
    }

    @Test
    void everyRowMustBeMeasuredAtEachEvaluation() {
        String message = "measure: the method did not measure row 1 of the batch, expected a call of Iterates.measured for each active row";
        assertThrows(new Plain() {
            @Override
            public void measure(Iterates at) {
                at.measured(0, 1, 1);
            }
        }, IllegalStateException.class, message);
        assertThrows(new Plain() {
            private int calls;

            @Override
            public void measure(Iterates at) {
                if (calls++ < 2) {
                    super.measure(at);
                } else {
                    at.measured(0, 1, 1);
                }
            }
        }, IllegalStateException.class, message);
    }

    /** Nothing grew, and all numbers of the map are finite. */
    @Test
    void squaresThatCannotBeAreABreakdown() {
        for (Type type : Type.values()) {
            for (double[] squares : new double[][] {{Double.NaN, Double.NaN}, {-1, 1}, {1, Double.NaN}, {0, -1}}) {
                Outcome outcome = solve(type, workspace -> new Measures(squares[0], squares[1]), HALF, null);
                assertThat(outcome.status(1)).as("%s %s %s", type, squares[0], squares[1]).isEqualTo(Status.BREAKDOWN);
            }
        }
        Outcome outcome = solve(Type.F64, workspace -> new Plain(), (z, out, rows) -> out.fill(Double.NaN), null);
        assertThat(outcome.status(1)).isEqualTo(Status.NONFINITE_FUNCTION);
    }

    @Test
    void aMethodCannotGiveUpWithASuccess() {
        assertThrows(new Plain() {
            @Override
            public Status gaveUp(int b) {
                return Status.CONVERGED_RELATIVE;
            }
        }, IllegalStateException.class,
                "gaveUp: the method gave up row 0 of the batch with CONVERGED_RELATIVE, expected a status that is not a success");
    }

    @Test
    void indicesAreChecked() {
        assertThrows(new Plain() {
            @Override
            public void measure(Iterates at) {
                at.measured(9, 1, 1);
            }
        }, IllegalArgumentException.class, "measured: row 9 of the batch, expected 0 to 2");
        assertThrows(new Plain() {
            @Override
            public boolean accept(Iterates at, int b, int p) {
                at.recall(7, p);
                return true;
            }
        }, IllegalArgumentException.class,
                "recall: row 7 of the batch at position 0, expected an active row and its position in rows()");
    }

    @Test
    void whoChangesTheRowsIsNamed() {
        String changed = " changed the map of rows, which has 0 active rows, expected 3, as before";
        assertThrows(new Plain() {
            @Override
            public void measure(Iterates at) {
                super.measure(at);
                at.rows().truncate(0);
            }
        }, IllegalStateException.class, "measure: the method" + changed);
        assertThrows(new Plain() {
            @Override
            public boolean accept(Iterates at, int b, int p) {
                if (p == 2) {
                    at.rows().truncate(0);
                }
                return true;
            }
        }, IllegalStateException.class, "accept: the method" + changed);
        assertThrows(new Plain() {
            @Override
            public void advance(Iterates at, FixedPointMap f) {
                at.rows().truncate(0);
            }
        }, IllegalStateException.class, "advance: the method" + changed);
        assertThatThrownBy(() -> solve(Type.F64, workspace -> new Plain(), (z, out, rows) -> {
            out.fill(1);
            rows.truncate(0);
        }, null)).isInstanceOf(IllegalStateException.class).hasMessage("apply: the map" + changed);
        assertThatThrownBy(() -> solve(Type.F64, workspace -> new Plain(), HALF, (progress, z, rows) -> {
            rows.truncate(0);
            return true;
        })).isInstanceOf(IllegalStateException.class).hasMessage("evaluated: the observer" + changed);
    }

    /** The inner call would overwrite the arrays of the outer one. */
    @Test
    void aRowwiseMapIsNotEnteredAgain() {
        try (Engine engine = Engines.best(1); Block z = engine.allocate(Type.F64, 1, 1); Block out = engine.allocate(Type.F64, 1, 1)) {
            Rows rows = new Rows(1);
            FixedPointMap[] f = {null};
            f[0] = FixedPointMap.rowwise((row, in, value) -> {
                if (in[0] < 1) {
                    in[0]++;
                    z.fill(1);
                    f[0].apply(z, out, rows);
                }
                value[0] = in[0];
            });
            assertThatThrownBy(() -> f[0].apply(z, out, rows)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("rowwise: this map is already being evaluated, in another thread or further up this thread's "
                            + "stack, expected a map of its own");
            z.fill(3);
            f[0].apply(z, out, rows);
            assertThat(out.get(0, 0)).isEqualTo(3);
        }
    }
}
