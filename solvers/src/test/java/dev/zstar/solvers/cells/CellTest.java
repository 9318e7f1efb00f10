package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cells are differentiated right, whatever they are made of. */
class CellTest {
    private static final List<Cell> CELLS = List.of(
            Cell.of(Type.F64, Shape.vector(13), Shape.vector(5), (net, z, x) -> net.linear("w", z, 13).plus(net.linear("u", x, 13)).tanh()),
            Cell.of(Type.F64, Shape.vector(7), (net, z, x) -> x.minus(z.times(z).scale(0.5))),
            Cell.of(Type.F64, Shape.tokens(5, 6), (net, z, x) -> {
                Value h = net.linear("up", z, 9).gelu();
                return z.combine(0.5, net.linear("down", h, 6), 0.5).plus(x.times(z)).plus(net.linear("x", x, 6).tanh());
            }),
            Cell.of(Type.F64, Shape.tokens(5, 16), (net, z, x) -> {
                Value h = net.rmsNorm("norm1", z.plus(net.swiglu("mlp", z, 11)).plus(x));
                return net.layerNorm("norm2", h.plus(net.linear("out", net.groupNorm("norm3", h, 4), 16)));
            }),
            Cell.of(Type.F64, Shape.tokens(7, 12), (net, z, x) -> {
                Value h = net.rmsNorm("norm1", z.plus(net.attention("self", z, Heads.heads(3))).plus(x));
                return net.rmsNorm("norm2", h.plus(net.attention("cross", x, h, Heads.heads(2).causal().noBias())));
            }),
            Cell.of(Type.F64, Shape.tokens(3, 8), Shape.tokens(3, 4), (net, z, x) -> {
                Weight w = net.spectralNorm("w", 8, 8, 0.7);
                Weight v = net.weightNorm("v", 8, 4);
                return net.product(w, z).plus(net.product(v, x)).silu().plus(net.product(w.transposed(), z).sigmoid());
            }));

    @Test
    void derivativesEqualCentralDifferences() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2)) {
                for (Cell cell : CELLS) {
                    for (Keep keep : Keep.values()) {
                        CellCheck.differentiate(engine, cell, keep, 1e-6);
                    }
                }
            }
        }
        assertThat(CELLS).isNotEmpty();
    }
}
