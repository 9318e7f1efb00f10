package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What gradient modes refuse; what they compute is in {@link EquilibriumLayerTest}. */
class GradientModeTest {
    @Test
    void valuesOutOfRangeAreNamed() {
        assertThatThrownBy(() -> new GradientMode.Exact(null)).hasMessage("Exact: the method is null");
        assertThatThrownBy(() -> new GradientMode.Refined(5, 5, null))
                .hasMessage("Refined: the stopping rule is null");
        assertThatThrownBy(() -> new GradientMode.NeumannSeries(-1))
                .hasMessage("NeumannSeries: the number of products is -1, expected at least 0");
        assertThatThrownBy(() -> new GradientMode.Phantom(0, 1)).hasMessage("Phantom: the number of steps is 0, expected at least 1");
        for (double damping : new double[] {0, 1.5, Double.NaN}) {
            assertThatThrownBy(() -> new GradientMode.Phantom(3, damping))
                    .hasMessage("Phantom: damping is " + damping + ", expected above 0 and at most 1");
        }
        assertThatThrownBy(() -> new GradientMode.Unrolled(0))
                .hasMessage("unrolled network: the number of steps is 0, expected at least 1");
        assertThatThrownBy(() -> new GradientMode.Checkpointed(0))
                .hasMessage("unrolled network: the number of steps is 0, expected at least 1");
    }
}
