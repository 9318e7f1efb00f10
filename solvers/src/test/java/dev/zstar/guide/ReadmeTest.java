package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.Equilibrium;
import dev.zstar.FixedPoint;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.shapes.Shape;
import org.junit.jupiter.api.Test;

/** The snippets of the README. */
class ReadmeTest {
    @Test
    void yourOwnFunction() {
        // guide
        double[] z = FixedPoint.solve(v -> new double[] {Math.cos(v[0])}, 1).orThrow();      // z = cos z
        // end
        assertThat(z[0]).isCloseTo(Math.cos(z[0]), within(1e-10));
    }

    @Test
    void aLayer() {
        float[][] w = {{0.3f, -0.2f}, {0.1f, 0.4f}};
        float[][] u = {{1}, {-1}};
        float[] b = {0.1f, 0};
        float[][] x = {{0.5f}, {-2}};
        float[][] dz = {{1, 0}, {0, 1}};
        // guide
        try (var layer = Equilibrium.of(DenseCell.tanh(w, u, b)).build()) {
            float[][] z = layer.forward(x);          // z = tanh(W z + U x + b), one equilibrium for each row of x
            float[][] dx = layer.backward(dz);       // ∂L/∂x from ∂L/∂z
            float[][] dw = layer.gradients().w();    // ∂L/∂W, summed over the rows and over all backward calls; u() and b() likewise
            // hide
            assertThat((double) z[1][0]).isCloseTo(Math.tanh(0.3 * z[1][0] - 0.2 * z[1][1] - 2 + 0.1f), within(1e-5));
            assertThat(dx).hasDimensions(2, 1);
            assertThat(dw).hasDimensions(2, 2);
            // show
        }
        // end
    }

    @Test
    void aNetwork() {
        // guide
        Cell cell = Cell.of(Type.F32, Shape.tokens(81, 64), (net, z, x) -> {
            var h = net.rmsNorm("norm1", z.plus(net.attention("attention", z, Heads.heads(4))).plus(x));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, 192)));
        });
        // end
        assertThat(cell.n()).isEqualTo(81 * 64);
        assertThat(cell.descriptions()).hasSize(9);
    }
}
