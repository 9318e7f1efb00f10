package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What gradient modes refuse; what they compute is in {@link EquilibriumLayerTest}. */
class GradientModeTest {
    @Test
    void valuesOutOfRangeAreNamed() {
        assertThatThrownBy(() -> new GradientMode.Exact(null)).hasMessage("the gradient mode Exact: the method is null");
        assertThatThrownBy(() -> new GradientMode.Refined(5, 5, null))
                .hasMessage("the gradient mode Refined: the stopping rule is null");
        assertThatThrownBy(() -> new GradientMode.NeumannSeries(-1)).hasMessage("a Neumann series of -1 terms; expected at least 0");
        assertThatThrownBy(() -> new GradientMode.Phantom(0, 1)).hasMessage("a phantom gradient of 0 steps; expected at least 1");
        for (double damping : new double[] {0, 1.5, Double.NaN}) {
            assertThatThrownBy(() -> new GradientMode.Phantom(3, damping))
                    .hasMessage("a phantom gradient with steps damped by " + damping + "; expected above 0 and at most 1");
        }
        assertThatThrownBy(() -> new GradientMode.Unrolled(0)).hasMessage("a network of 0 steps; expected at least 1");
        assertThatThrownBy(() -> new GradientMode.Checkpointed(0)).hasMessage("a network of 0 steps; expected at least 1");
    }
}
