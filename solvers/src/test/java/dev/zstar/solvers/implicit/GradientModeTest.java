package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.solvers.Stopping;
import java.util.List;
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

    @Test
    void aReversibleStepMustMoveAndMustBeReversible() {
        assertThatThrownBy(() -> new GradientMode.Reversible(0, 0.5))
                .hasMessage("Reversible: the number of steps is 0, expected at least 1");
        assertThatThrownBy(() -> new GradientMode.Reversible(1 << 29, 0.5))
                .hasMessage("Reversible: the number of steps is 536870912, expected at most 536870911");
        for (double β : new double[] {0, 1, 2, -0.5, Double.NaN}) {
            assertThatThrownBy(() -> new GradientMode.Reversible(3, β))
                    .hasMessage("Reversible: β is " + β + ", expected above 0, below 2 and not 1");
        }
    }

    @Test
    void aScheduleKnowsItsModeAtEveryStep() {
        GradientMode cheap = new GradientMode.JacobianFree();
        GradientMode middle = new GradientMode.Phantom(3, 0.5);
        GradientMode schedule = cheap.then(10, middle).then(20, GradientMode.DEFAULT).then(30, cheap);
        assertThat(schedule.at(0)).isEqualTo(cheap);
        assertThat(schedule.at(9)).isEqualTo(cheap);
        assertThat(schedule.at(10)).isEqualTo(middle);
        assertThat(schedule.at(20)).isEqualTo(GradientMode.DEFAULT);
        assertThat(schedule.at(Integer.MAX_VALUE)).isEqualTo(cheap);
        assertThat(schedule.modes()).containsExactly(cheap, middle, GradientMode.DEFAULT);
        assertThat(middle.modes()).containsExactly(middle);
        assertThat(middle.at(7)).isSameAs(middle);
        assertThatThrownBy(() -> schedule.at(-1)).hasMessage("at: the number of the step is -1, expected at least 0");
        assertThatThrownBy(() -> middle.at(-1)).hasMessage("at: the number of the step is -1, expected at least 0");
        assertThatThrownBy(() -> cheap.then(0, middle))
                .hasMessage("Scheduled: phase 1 begins at step 0, expected more than 0, where the phase before it begins");
        assertThatThrownBy(() -> schedule.then(30, middle))
                .hasMessage("Scheduled: phase 4 begins at step 30, expected more than 30, where the phase before it begins");
        assertThatThrownBy(() -> cheap.then(-1, middle)).hasMessage("Phase: the first step is -1, expected at least 0");
        assertThatThrownBy(() -> cheap.then(1, null)).hasMessage("Phase: the gradient mode is null");
        assertThatThrownBy(() -> cheap.then(1, schedule)).hasMessage("Phase: the gradient mode is a schedule, expected a single mode");
        assertThatThrownBy(() -> new GradientMode.Scheduled(null)).hasMessage("Scheduled: the list of phases is null");
        assertThatThrownBy(() -> new GradientMode.Scheduled(List.of()))
                .hasMessage("Scheduled: the list of phases is empty, expected at least one phase");
        assertThatThrownBy(() -> new GradientMode.Scheduled(List.of(new GradientMode.Phase(1, cheap))))
                .hasMessage("Scheduled: the first phase begins at step 1, expected 0");
    }
}
