package dev.zstar.solvers.cells;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import org.junit.jupiter.api.Test;

/** Cells are differentiated right, whatever they are made of. */
class CellTest {
    @Test
    void derivativesEqualCentralDifferences() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2)) {
                for (Cell cell : SampleCells.of(Type.F64)) {
                    for (Keep keep : Keep.values()) {
                        CellCheck.differentiate(engine, cell, keep, 1e-6);
                    }
                }
            }
        }
    }
}
