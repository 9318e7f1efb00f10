package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.solvers.Stopping;
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

    /** A range is checked when the mode is made, and one more than a number of steps is an int. */
    @Test
    void rangesAreCheckedWhenTheModeIsMade() {
        for (double tolerance : new double[] {Double.NaN, -1, 1}) {
            assertThatThrownBy(() -> GradientMode.exact(tolerance))
                    .hasMessage("exact: the tolerance is " + tolerance + ", expected 0 ≤ tolerance < 1");
        }
        Stopping stopping = Stopping.relative(1e-3);
        assertThatThrownBy(() -> new GradientMode.Refined(501, 5, stopping)).hasMessage("Refined: pairs is 501, expected 1 to 500");
        assertThatThrownBy(() -> new GradientMode.Refined(5, 0, stopping)).hasMessage("Refined: restart is 0, expected 1 to 500");
        assertThatThrownBy(() -> new GradientMode.Refined(5, 5, stopping.withPatience(3)))
                .hasMessageStartingWith("Refined: the stopping rule has patience");
        int most = Integer.MAX_VALUE;
        assertThatThrownBy(() -> new GradientMode.Checkpointed(most))
                .hasMessage("unrolled network: the number of steps is 2147483647, expected at most 2147483646");
        assertThatThrownBy(() -> new GradientMode.Unrolled(most))
                .hasMessage("unrolled network: the number of steps is 2147483647, expected at most 2147483646");
        assertThatThrownBy(() -> new GradientMode.NeumannSeries(most))
                .hasMessage("NeumannSeries: the number of products is 2147483647, expected at most 2147483646");
    }
}
