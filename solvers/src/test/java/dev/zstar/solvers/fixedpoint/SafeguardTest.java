package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SafeguardTest {
    private static final Anderson.Options SAFE = Anderson.Options.DEFAULT.withSafeguard(Safeguard.DEFAULT);

    /** {@code z - atan(z - 1)} up to 10, infinity beyond: a secant step from flat ground goes too far. */
    private static final FixedPointMap CLIFF = (z, out, rows) -> {
        for (int p = 0; p < z.rows(); p++) {
            double x = z.get(p, 0);
            out.set(p, 0, Math.abs(x) > 10 ? Double.POSITIVE_INFINITY : x - Math.atan(x - 1));
        }
    };

    @Test
    void aRowThatLeavesGroundIsTakenBack() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Anderson bare = Anderson.plan(engine, Type.F64, 1, 1, Anderson.Options.DEFAULT, Stopping.relative(0).orAbsolute(1e-10));
                    Anderson safe = Anderson.plan(engine, Type.F64, 1, 1, SAFE, Stopping.relative(0).orAbsolute(1e-10));
                    Block z = engine.allocate(Type.F64, 1, 1)) {
                z.set(0, 0, 9.9);
                Status alone = bare.solve(CLIFF, z).status(0);
                z.set(0, 0, 9.9);
                Outcome outcome = safe.solve(CLIFF, z);
                assertThat(outcome.succeeded()).as("%s on %s; without: %s", outcome, provider.name(), alone).isTrue();
                assertThat(z.get(0, 0)).isCloseTo(1, within(1e-9));
            }
        }
    }

    /** The step after a refused point is the damped one from the best, with half the damping the second time. */
    @Test
    void theStepBackIsDampedAndThenShorter() {
        List<Double> seen = new ArrayList<>();
        FixedPointMap wall = (z, out, rows) -> {
            double x = z.get(0, 0);
            seen.add(x);
            out.set(0, 0, x > 1 ? 1e6 : x + 4);
        };
        try (Engine engine = Engines.best(1);
                Anderson safe = Anderson.plan(engine, Type.F64, 1, 1, SAFE.withSafeguard(new Safeguard(10, 0.5, 0)),
                        Stopping.relative(1e-3).within(5));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            z.set(0, 0, -1);
            // The plain step to 3 is beyond the wall, half of it is not.
            Outcome outcome = safe.solve(wall, z);
            assertThat(seen.subList(0, 3)).containsExactly(-1.0, 3.0, 1.0);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
        }
        seen.clear();
        FixedPointMap pit = (z, out, rows) -> {
            double x = z.get(0, 0);
            seen.add(x);
            out.set(0, 0, x == 0 ? 8 : Double.NaN);
        };
        try (Engine engine = Engines.best(1);
                Anderson safe = Anderson.plan(engine, Type.F64, 1, 1, SAFE, Stopping.relative(1e-3).within(5));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            Outcome outcome = safe.solve(pit, z);
            assertThat(seen).containsExactly(0.0, 8.0, 4.0, 2.0, 1.0);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            assertThat(z.get(0, 0)).as("the best iterate comes back").isZero();
            assertThat(outcome.residual(0)).isEqualTo(1);
        }
    }

    @Test
    void rowsHaveTheSameBitsAlone() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, dev.zstar.kernels.Activation.TANH, Type.F32, 30, 5, 3, 1);
                Anderson safe = Anderson.plan(engine, Type.F32, 5, 30, SAFE, Stopping.relative(1e-5).within(100));
                Block start = Problems.random(Type.F32, 5, 30, 3, 2);
                Block z = engine.allocate(Type.F32, 5, 30);
                Block again = engine.allocate(Type.F32, 5, 30)) {
            z.copyFrom(start);
            safe.solve(cell, z);
            assertThat(safe.bytes()).isEqualTo(27 * Block.bytes(Type.F32, 5, 30));
            for (int b = 0; b < 5; b++) {
                // All other rows end at once, so the row is alone from the second evaluation on.
                again.copyFrom(start);
                for (int other = 0; other < 5; other++) {
                    if (other != b) {
                        again.set(other, 0, Double.NaN);
                    }
                }
                safe.solve(cell, again);
                for (int i = 0; i < 30; i++) {
                    assertThat(again.get(b, i)).as("row %d", b).isEqualTo(z.get(b, i));
                }
            }
        }
    }

    @Test
    void itGuardsBroydenToo() {
        for (Broyden.Update update : Broyden.Update.values()) {
            Broyden.Options options = Broyden.Options.DEFAULT.withUpdate(update);
            try (Engine engine = Engines.best(1);
                    Broyden bare = Broyden.plan(engine, Type.F64, 1, 1, options, Stopping.relative(0).orAbsolute(1e-10));
                    Broyden safe = Broyden.plan(engine, Type.F64, 1, 1, options.withSafeguard(Safeguard.DEFAULT),
                            Stopping.relative(0).orAbsolute(1e-10));
                    Block z = engine.allocate(Type.F64, 1, 1)) {
                z.set(0, 0, 9.9);
                assertThat(bare.solve(CLIFF, z).succeeded()).isFalse();
                z.set(0, 0, 9.9);
                Outcome outcome = safe.solve(CLIFF, z);
                assertThat(outcome.succeeded()).as("%s: %s", update, outcome).isTrue();
                assertThat(safe.bytes() - bare.bytes()).isEqualTo(2 * Block.bytes(Type.F64, 1, 1));
            }
        }
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> Broyden.Options.DEFAULT.withLineSearch(true).withSafeguard(Safeguard.DEFAULT))

                        .hasMessage("Broyden.Options: a line search together with a safeguard, which both take steps back, expected "
                                + "at most one of them");
        assertThatThrownBy(() -> new Safeguard(1, 0.5)).hasMessage("Safeguard: growth is 1.0, expected more than 1");
        assertThatThrownBy(() -> new Safeguard(2, 0)).hasMessage("Safeguard: damping is 0.0, expected 0 < β ≤ 1");
        assertThatThrownBy(() -> new Safeguard(2, 1, -1)).hasMessage("Safeguard: patience is -1, expected at least 0");
    }
}
