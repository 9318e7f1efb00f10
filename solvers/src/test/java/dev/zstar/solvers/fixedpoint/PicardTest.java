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
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import org.junit.jupiter.api.Test;

/** Tests of the adaptive β. FixedPointTest tests whole and damped steps. */
class PicardTest {
    private static final Picard.Options FREE = Picard.Options.PLAIN.withinSteps(1e-3, 1000);

    @Test
    void inOneDimensionItIsTheSecantMethod() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Picard picard = Picard.plan(engine, Type.F64, 1, 1, FREE, SecantMethod.SIX_POINTS);
                    Block z = engine.allocate(Type.F64, 1, 1)) {
                SecantMethod.assertSteps(picard.solve(SecantMethod.COSINE, z), 1e-12);
            }
        }
    }

    /**
     * One row oscillates, one converges slowly, and one turns, which needs a β < 1 even without a limit. Each has the same bits as alone.
     */
    @Test
    void eachRowHasItsOwn() {
        FixedPointMap f = (in, out, rows) -> {
            for (int p = 0; p < in.rows(); p++) {
                double x = in.get(p, 0);
                double y = in.get(p, 1);
                switch (rows.index(p)) {
                    case 0 -> put(out, p, 1 - 1.5 * x, 2 - 1.4 * y);
                    case 1 -> put(out, p, 1 + 0.95 * x, 2 + 0.9 * y);
                    default -> put(out, p, 1 + 0.8 * y, -0.8 * x);
                }
            }
        };
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Picard picard = Picard.plan(engine, Type.F64, 3, 2, Picard.Options.ADAPTIVE, Stopping.relative(1e-10));
                    Block z = engine.allocate(Type.F64, 3, 2);
                    Block alone = engine.allocate(Type.F64, 1, 2)) {
                Outcome outcome = picard.solve(f, z);
                assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
                assertThat(outcome.evaluations(1)).as("plain steps take 450").isLessThan(100);
                assertThat(picard.bytes()).isEqualTo(4 * Block.bytes(Type.F64, 3, 2));
                for (int b = 0; b < 3; b++) {
                    alone.fill(0);
                    picard.solve(Problems.alone(f, 3, b), alone);
                    assertThat(alone.get(0, 0)).isEqualTo(z.get(b, 0));
                    assertThat(alone.get(0, 1)).isEqualTo(z.get(b, 1));
                }
            }
        }
    }

    private static void put(Block out, int p, double x, double y) {
        out.set(p, 0, x);
        out.set(p, 1, y);
    }

    @Test
    void anAdaptiveSolveAllocatesNothing() {
        try (Engine engine = Engines.named("simd", 1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 64, 3, 0.7, 1);
                Picard picard = Picard.plan(engine, Type.F32, 3, 64, Picard.Options.ADAPTIVE, Stopping.relative(1e-5));
                Block z = engine.allocate(Type.F32, 3, 64)) {
            long bytes = Problems.allocated(() -> {
                    z.fill(0);
                    picard.solve(cell, z);
            });
            assertThat(bytes).isZero();
        }
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> Picard.Options.damped(0)).hasMessage("Picard.Options: damping is 0.0, expected 0 < β ≤ 1");
        assertThatThrownBy(() -> Picard.Options.PLAIN.withinSteps(2, 3))
                .hasMessage("Picard.Options: least is 2.0, damping 1.0 and most 3.0, expected 0 < least ≤ damping ≤ most ≤ 1000");
    }
}
