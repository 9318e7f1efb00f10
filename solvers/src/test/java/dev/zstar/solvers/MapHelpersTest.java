package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.linear.Gmres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What makes a hand-written map hard to get wrong: rows found by their number, derivatives by differences, inputs that stay as they are.
 */
class MapHelpersTest {
    private static final int N = 5;
    private static final int BATCH = 4;

    /**
     * Constants that differ from row to row by so much that rows finish at different times: who mixes them up finds another's fixed point.
     */
    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowwiseMapFindsWhatBelongsToTheRow(Type type) {
        double[] rate = {0.1, 0.9, 0.5, 0.2};
        FixedPointMap map = FixedPointMap.rowwise((row, z, out) -> {
            for (int i = 0; i < z.length; i++) {
                out[i] = rate[row] * z[i] + row + i;
                z[i] = 77;
            }
        });
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Block z = engine.allocate(type, BATCH, N);
                    Picard picard = Picard.plan(engine, type, BATCH, N, 1, Stopping.relative(1e-6).within(1000))) {
                assertThat(picard.solve(map, z).succeeded()).isTrue();
                for (int b = 0; b < BATCH; b++) {
                    for (int i = 0; i < N; i++) {
                        assertThat(z.get(b, i)).as("row %d", b).isCloseTo((b + i) / (1 - rate[b]), within(1e-3));
                    }
                }
            }
        }
    }

    @Test
    void anElementThatARowFunctionForgetsIsNaN() {
        try (Engine engine = Engines.best(1);
                Block z = engine.allocate(Type.F64, 2, N);
                Block out = engine.allocate(Type.F64, 2, N)) {
            out.fill(3);
            FixedPointMap.rowwise((row, at, to) -> to[row] = 1).apply(z, out, new Rows(2));
            assertThat(out.get(1, 1)).isEqualTo(1);
            assertThat(out.get(1, 0)).isNaN();
            assertThatThrownBy(() -> FixedPointMap.rowwise(null)).hasMessage("rowwise: the function is null");
        }
    }

    @Test
    void rowDataAreFoundInAnyOrderAndRefusedWhereThereAreNone() {
        try (Engine engine = Engines.best(1);
                RowData data = new RowData(engine, Type.F64, BATCH, N, "constant", "set(row, c)")) {
            assertThatThrownBy(() -> data.gather("apply", Problems.rows(BATCH, 2))).isInstanceOf(IllegalStateException.class)
                    .hasMessage("apply: row 2 of the batch has no constant; expected set(row, c)");
            for (int b = 0; b < BATCH; b++) {
                data.openRow(b).fill(b);
                data.fillRow(b);
            }
            Block inPlace = data.gather("apply", Problems.rows(BATCH, 0, 1, 2));
            assertThat(inPlace.address()).as("not copied").isEqualTo(data.block().address());
            Block moved = data.gather("apply", Problems.rows(BATCH + 9, 3, 1));
            assertThat(moved.toDoubles()).containsExactly(3, 3, 3, 3, 3, 1, 1, 1, 1, 1);
            assertThat(data.bytes()).isEqualTo(2 * Block.bytes(Type.F64, BATCH, N));
            data.select("apply", Problems.rows(BATCH + 9, 2, 0));
            assertThat(data.rows().count()).isEqualTo(2);
            assertThat(data.rows().index(0)).isEqualTo(2);
            assertThatThrownBy(() -> data.select("apply", Problems.rows(BATCH + 9, 7))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: row 7 of the batch, expected 0 to 3");
            assertThatThrownBy(() -> data.select("apply", new Rows(5))).hasMessage("apply: 5 rows, expected at most the batch's 4");
            data.openRow(1);
            assertThatThrownBy(() -> data.select("apply", Problems.rows(BATCH, 1))).as("opened, and not filled")
                    .isInstanceOf(IllegalStateException.class);
            data.open(2).fill(9);
            data.fill(2);
            assertThat(data.gather("apply", Problems.rows(BATCH, 1, 0)).toDoubles()).containsOnly(9);
            assertThatThrownBy(() -> data.select("apply", Problems.rows(BATCH, 2))).as("more than were opened")
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> data.openRow(-1)).hasMessage("row data: row -1 of the batch, expected 0 to 3");
            assertThatThrownBy(() -> data.open(5)).hasMessage("row data: 5 rows, expected 0 to the batch's 4");
            assertThatThrownBy(() -> data.fill(7)).hasMessage("row data: 7 rows, expected 0 to the batch's 4");
            assertThatThrownBy(() -> data.fill(-1)).hasMessage("row data: -1 rows, expected 0 to the batch's 4");
            Rows some = Problems.rows(BATCH, 1, 0);
            assertThat(Problems.allocated(() -> data.gather("apply", some))).isZero();
        }
    }

    /** {@code u^(2/3)} of f's scale, for any order of rows and any length of v; and what the cell itself says. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void differencesAreTheDerivatives(Type type) {
        double bound = 4 * Math.pow(type.unitRoundoff(), 2.0 / 3);
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, type, N, BATCH, 0.9, 1);
                    FiniteDifferences differences = new FiniteDifferences(engine, type, BATCH, N, (z, out, rows) -> cell.apply(z, out,
                            rows));
                    Block z = Problems.random(type, BATCH, N, 0.5, 2);
                    Block expected = engine.allocate(type, 2, N);
                    Block out = engine.allocate(type, 2, N)) {
                Rows all = new Rows(BATCH);
                Rows some = Problems.rows(BATCH, 3, 1);
                cell.linearise(z, all);
                differences.linearise(z, all);
                for (double size : new double[] {1, 1e-30, 1e30}) {
                    try (Block v = Problems.random(type, 2, N, size, 3)) {
                        cell.jvp(v, expected, some);
                        differences.jvp(v, out, some);
                        for (int i = 0; i < N; i++) {
                            assertThat(out.get(0, i) / size).as("J v, %s", provider.name())
                                    .isCloseTo(expected.get(0, i) / size, within(4 * bound));
                            assertThat(out.get(1, i) / size).isCloseTo(expected.get(1, i) / size, within(4 * bound));
                        }
                        cell.vjp(v, expected, some);
                        differences.vjp(v, out, some);
                        for (int i = 0; i < N; i++) {
                            assertThat(out.get(0, i) / size).as("Jᵀ u, %s", provider.name())
                                    .isCloseTo(expected.get(0, i) / size, within(4 * N * bound));
                        }
                    }
                }
                try (Block zero = engine.allocate(type, 1, N); Block jv = engine.allocate(type, 1, N)) {
                    jv.fill(1);
                    differences.jvp(zero, jv, Problems.rows(BATCH, 2));
                    assertThat(jv.toDoubles()).containsOnly(0);
                    differences.linearise(zero, Problems.rows(BATCH, 2));
                    cell.linearise(zero, Problems.rows(BATCH, 2));
                    zero.fill(1);
                    differences.jvp(zero, jv, Problems.rows(BATCH, 2));
                    cell.jvp(zero, expected.head(1), Problems.rows(BATCH, 2));
                    for (int i = 0; i < N; i++) {
                        assertThat(jv.get(0, i)).as("at z = 0").isCloseTo(expected.get(0, i), within(10 * bound));
                    }
                    assertThatThrownBy(() -> differences.vjp(zero, jv, Problems.rows(BATCH, 1)))
                            .hasMessage("vjp: row 1 of the batch has no point of linearisation; expected linearise(z, rows) with it");
                }
            }
        }
    }

    /** A backward solve without a derivative of one's own. */
    @Test
    void aGradientByDifferencesIsThatOfTheCell() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                FiniteDifferences differences = new FiniteDifferences(engine, Type.F64, BATCH, N, cell);
                Block z = engine.allocate(Type.F64, BATCH, N);
                Block g = Problems.random(Type.F64, BATCH, N, 1, 3);
                Block expected = engine.allocate(Type.F64, BATCH, N);
                Block found = engine.allocate(Type.F64, BATCH, N);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-12));
                Gmres gmres = Gmres.plan(engine, Type.F64, BATCH, N, N, Stopping.relative(1e-8))) {
            assertThat(solver.solve(differences, z).succeeded()).isTrue();
            cell.linearise(z);
            differences.linearise(z, new Rows(BATCH));
            assertThat(gmres.solve(cell.adjoint(), g, expected).succeeded()).isTrue();
            assertThat(gmres.solve(differences.adjoint(), g, found).succeeded()).isTrue();
            for (int b = 0; b < BATCH; b++) {
                for (int i = 0; i < N; i++) {
                    assertThat(found.get(b, i)).isCloseTo(expected.get(b, i), within(1e-6));
                }
            }
        }
    }

    /** Assertions are on in tests. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void aMapThatWritesToItsInputOrNotToItsOutputIsNoticed(Type type) {
        try (Engine engine = Engines.best(1);
                Block z = Problems.random(type, BATCH, N, 1, 1);
                Block out = engine.allocate(type, BATCH, N)) {
            Rows all = new Rows(BATCH);
            FixedPointMap right = (in, to, rows) -> engine.axpby(0.5, in, 0, to);
            FixedPointMap halves = (in, to, rows) -> {
                engine.scale(0.5, in);
                to.copyFrom(in);
            };
            FixedPointMap clamps = (in, to, rows) -> {
                to.copyFrom(in);
                in.set(2, 3, Math.max(0, in.get(2, 3)) + 0.25);
            };
            FixedPointMap forgets = (in, to, rows) -> {
                for (int p = 0; p < rows.count(); p++) {
                    for (int i = 0; i < N - (p == 2 ? 1 : 0); i++) {
                        to.set(p, i, in.get(p, i));
                    }
                }
            };
            FixedPointMap nan = (in, to, rows) -> to.fill(Double.NaN);
            assertThatCode(() -> InputGuard.evaluate(right, z, out, all)).doesNotThrowAnyException();
            assertThatCode(() -> InputGuard.evaluate(nan, z, out, all)).as("NaN of the map's own").doesNotThrowAnyException();
            for (FixedPointMap map : new FixedPointMap[] {halves, clamps}) {
                assertThatThrownBy(() -> InputGuard.evaluate(map, z, out, all)).isInstanceOf(IllegalStateException.class)
                        .hasMessage("apply: the map changed its input z, expected it to write f(z) to out only");
            }
            assertThatThrownBy(() -> InputGuard.evaluate(forgets, z, out, all))

                            .hasMessage("apply: the map left element 4 of the row at position 2 unwritten, expected it to write f(z) "
                                    + "to every element of out");
            LinearOperator doubles = (u, to, rows) -> {
                engine.scale(2, u);
                to.copyFrom(u);
            };
            assertThatThrownBy(() -> InputGuard.multiply(doubles, z, out, all))
                    .hasMessage("apply: the operator changed its input u, expected it to write T u to out only");
            assertThat(Problems.allocated(() -> InputGuard.evaluate(right, z, out, all))).isZero();
        }
    }

    @Test
    void rowDataIsLoadedFromOtherData() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                RowData data = new RowData(engine, Type.F64, BATCH, N, "constant", "set(row, c)");
                RowData slots = new RowData(engine, Type.F64, 2, N, "constant", "set(row, c)");
                RowData narrow = new RowData(engine, Type.F64, 2, N - 1, "constant", "set(row, c)")) {
            data.openRow(3).fill(7);
            data.fillRow(3);
            slots.load("load", 1, data, 3);
            assertThat(slots.gather("apply", Problems.rows(2, 1)).toDoubles()).containsOnly(7).hasSize(N);
            assertThatThrownBy(() -> slots.gather("apply", Problems.rows(2, 0))).isInstanceOf(IllegalStateException.class)
                    .hasMessage("apply: row 0 of the batch has no constant; expected set(row, c)");
            assertThatThrownBy(() -> slots.load("load", 0, data, 2)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("load: row 2 of the batch has no constant; expected set(row, c)");
            assertThatThrownBy(() -> slots.load("load", 2, data, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("load: row 2 of the batch, expected 0 to 1");
            assertThatThrownBy(() -> slots.load("load", 0, data, -1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("load: row -1 of the batch, expected 0 to ");
            assertThatThrownBy(() -> narrow.load("load", 0, data, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("load: the other data is ");
        }
    }
}
