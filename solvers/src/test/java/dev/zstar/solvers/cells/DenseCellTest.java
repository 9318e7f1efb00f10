package dev.zstar.solvers.cells;

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
import dev.zstar.solvers.Problems;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The derivatives of a cell, for rows in any order. */
class DenseCellTest {
    private static final int N = 21;
    private static final int BATCH = 6;
    /** Rows of the batch as a solver may have them: all, in another order, some, one. */
    private static final int[][] SELECTIONS = {{0, 1, 2, 3, 4, 5}, {5, 3, 0, 1, 4, 2}, {4, 1, 5}, {0, 1}, {2}};

    /** Central differences of step h are off by {@code h² f''' / 6 + u / h}: 10⁻¹⁰ and less for h = 10⁻⁵ and states of size 1. */
    @Test
    void productsAreThoseOfTheJacobian() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                    Block z = Problems.random(Type.F64, BATCH, N, 0.5, 2);
                    Block v = Problems.random(Type.F64, BATCH, N, 1, 3)) {
                for (int[] selection : SELECTIONS) {
                    Rows rows = Problems.rows(BATCH, selection);
                    int count = selection.length;
                    double h = 1e-5;
                    try (Block zs = Problems.pick(z, selection);
                            Block vs = Problems.pick(v, selection);
                            Block point = Problems.pick(z, selection);
                            Block up = engine.allocate(Type.F64, count, N);
                            Block down = engine.allocate(Type.F64, count, N);
                            Block out = engine.allocate(Type.F64, count, N)) {
                        engine.axpby(h, vs, 1, point);
                        cell.apply(point, up, rows);
                        engine.axpby(-2 * h, vs, 1, point);
                        cell.apply(point, down, rows);
                        cell.linearise(zs, rows);
                        cell.jvp(vs, out, rows);
                        for (int p = 0; p < count; p++) {
                            for (int i = 0; i < N; i++) {
                                assertThat(out.get(p, i)).as("%s, row %d", provider.name(), selection[p])
                                        .isCloseTo((up.get(p, i) - down.get(p, i)) / (2 * h), within(1e-9));
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void anyOfTheRowsMayComeInAnyOrderWithTheSameBits(Type type) {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    DenseCell cell = Problems.cell(engine, Activation.GELU, type, N, BATCH, 0.9, 1);
                    Block z = Problems.random(type, BATCH, N, 0.5, 2);
                    Block v = Problems.random(type, BATCH, N, 1, 3);
                    Block u = Problems.random(type, BATCH, N, 1, 4);
                    Block jv = engine.allocate(type, BATCH, N);
                    Block ju = engine.allocate(type, BATCH, N)) {
                cell.linearise(z);
                cell.jvp(v, jv, Problems.rows(BATCH, SELECTIONS[0]));
                cell.vjp(u, ju, Problems.rows(BATCH, SELECTIONS[0]));
                for (int b = 0; b < BATCH; b++) {
                    double left = 0;
                    double right = 0;
                    double size = 0;
                    for (int i = 0; i < N; i++) {
                        left += u.get(b, i) * jv.get(b, i);
                        right += ju.get(b, i) * v.get(b, i);
                        size += Math.abs(u.get(b, i)) + Math.abs(v.get(b, i));
                    }
                    assertThat(left).as("⟨u, J v⟩ = ⟨Jᵀ u, v⟩, row %d", b).isCloseTo(right, within(4 * N * type.unitRoundoff() * size));
                }
                // Linearised in one order, asked for in another.
                for (int[] points : new int[][] {SELECTIONS[0], SELECTIONS[1]}) {
                    try (Block zs = Problems.pick(z, points)) {
                        cell.linearise(zs, Problems.rows(BATCH, points));
                    }
                    for (int[] selection : SELECTIONS) {
                        try (Block vs = Problems.pick(v, selection);
                                Block us = Problems.pick(u, selection);
                                Block expectedV = Problems.pick(jv, selection);
                                Block expectedU = Problems.pick(ju, selection);
                                Block out = engine.allocate(type, selection.length, N)) {
                            cell.jvp(vs, out, Problems.rows(BATCH, selection));
                            assertThat(out.toDoubles()).as("J v, %s", provider.name()).isEqualTo(expectedV.toDoubles());
                            cell.vjp(us, out, Problems.rows(BATCH, selection));
                            assertThat(out.toDoubles()).as("Jᵀ u, %s", provider.name()).isEqualTo(expectedU.toDoubles());
                        }
                    }
                }
            }
        }
    }

    @Test
    void rowsThatAreNotThereAreNamed() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
                Block one = engine.allocate(Type.F32, 1, N);
                Block out = engine.allocate(Type.F32, 1, N);
                Block seven = engine.allocate(Type.F32, 7, N)) {
            assertThatThrownBy(() -> cell.vjp(one, out, Problems.rows(BATCH, 3)))
                    .hasMessage("vjp: row 3 of the batch has no point of linearisation; expected linearise(z, rows) with it, "
                    + "after the last update and inject");
            cell.linearise(one, Problems.rows(BATCH, 3));
            cell.jvp(one, out, Problems.rows(BATCH, 3));
            cell.linearise(one, Problems.rows(BATCH, 2));
            assertThatThrownBy(() -> cell.jvp(one, out, Problems.rows(BATCH, 3)))
                    .hasMessage("jvp: row 3 of the batch has no point of linearisation; expected linearise(z, rows) with it, "
                    + "after the last update and inject");
            Rows beyond = new Rows(BATCH + 1);
            beyond.place(0, BATCH);
            beyond.truncate(1);
            assertThatThrownBy(() -> cell.apply(one, out, beyond)).hasMessage("apply: row 6 of the batch, expected 0 to 5");
            assertThatThrownBy(() -> cell.linearise(seven, new Rows(7))).hasMessage("linearise: 7 rows, expected at most the batch's 6");
        }
    }

    @Test
    void differentRowsByTurnsAllocateNothing() {
        try (Engine engine = Engines.named("simd", 1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
                Block z = Problems.random(Type.F32, BATCH, N, 0.5, 2);
                Block out = engine.allocate(Type.F32, BATCH, N)) {
            Rows[] selections = new Rows[SELECTIONS.length];
            for (int i = 0; i < selections.length; i++) {
                selections[i] = Problems.rows(BATCH, SELECTIONS[i]);
            }
            long bytes = Problems.allocated(() -> {
                    for (Rows rows : selections) {
                        Block zs = z.head(rows.count());
                        Block outs = out.head(rows.count());
                        cell.linearise(z);
                        cell.linearise(zs, rows);
                        cell.apply(zs, outs, rows);
                        cell.jvp(zs, outs, rows);
                        cell.vjp(zs, outs, rows);
                    }
            });
            assertThat(bytes).as("bytes per twenty rounds").isZero();
        }
    }
}
