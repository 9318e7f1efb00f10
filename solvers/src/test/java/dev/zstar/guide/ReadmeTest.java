package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.Equilibrium;
import dev.zstar.FixedPoint;
import dev.zstar.solvers.cells.DenseCell;
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
}
