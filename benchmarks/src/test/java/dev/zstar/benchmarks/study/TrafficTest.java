package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import org.junit.jupiter.api.Test;

class TrafficTest {
    /** A full window of five moves r, the differences and a copy in one sweep, and the mix in another: 4 + 5 + 5 + 2 vectors. */
    @Test
    void aStepOfAndersonMovesAsManyVectorsAsItShould() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = SolveSuite.cell(engine, 64, 100);
                Block z = engine.allocate(Type.F32, 100, 64)) {
            long[] elements = new long[2];
            for (int i = 0; i < 2; i++) {
                Traffic traffic = new Traffic(engine);
                try (Anderson anderson = Anderson.plan(traffic.engine(), Type.F32, 100, 64, SolveChild.FIVE, Stopping.fixed(20 + i))) {
                    z.fill(0);
                    anderson.solve(cell, z);
                }
                elements[i] = traffic.elements();
            }
            assertThat((elements[1] - elements[0]) / 6400.0).isEqualTo(16);
        }
    }
}
