package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import org.junit.jupiter.api.Test;

/** Page 13 of the guide: the cell of a DEQ-Transformer. */
class Level13LanguageTest {
    // guide
    static Cell transformer(int length, int width) {
        return Cell.of(Type.F32, Shape.tokens(length, width), (net, z, x) -> {
            Value u = z.combine(0.5, x, 1);
            Value h = net.rmsNorm("norm1",
                    u.plus(net.attention("attention", u, Heads.heads(4).noBias().causal().rotary(10_000, Rotary.Pairing.HALVES))));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, 2 * width)));
        });
    }
    // end

    /** After plain steps no bit of a state depends on a later symbol. */
    @Test
    void plainStepsAreCausal() {
        int length = 6;
        int width = 16;
        Cell cell = transformer(length, width);
        try (Engine engine = Engines.best(1);
                Parameters parameters = cell.parameters(1);
                CellMap map = cell.plan(engine, 2, parameters);
                Picard plain = Picard.plan(engine, Type.F32, 2, cell.n(), 1, Stopping.fixed(40));
                Block x = Problems.random(Type.F32, 2, cell.inputs(), 1, 2);
                Block z = engine.allocate(Type.F32, 2, cell.n())) {
            // Both rows are the same sequence, up to its last symbol.
            for (int i = 0; i < 5 * width; i++) {
                x.set(1, i, x.get(0, i));
            }
            map.inject(x);
            plain.solve(map, z);
            for (int i = 0; i < 5 * width; i++) {
                assertThat(z.get(1, i)).isEqualTo(z.get(0, i));
            }
            assertThat(z.get(1, 5 * width)).isNotEqualTo(z.get(0, 5 * width));
        }
    }
}
