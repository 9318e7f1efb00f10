package dev.zstar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.solvers.ode.OdeStatus;
import dev.zstar.solvers.ode.StepControl;
import org.junit.jupiter.api.Test;

/** Differential equations in arrays. */
class NeuralOdeTest {
    private static final NeuralOde.Field ROTATION = (t, z) -> new double[] {z[1], -z[0]};

    @Test
    void oneLineSolves() {
        double[] z = NeuralOde.solve(ROTATION, new double[] {1, 0}, 0, Math.PI);
        assertThat(z[0]).isCloseTo(-1, within(1e-6));
        double[][] rows = NeuralOde.solve(ROTATION, new double[][] {{1, 0}, {0, 2}}, 0, Math.PI / 2);
        assertThat(rows[1][0]).isCloseTo(2, within(1e-6));
    }

    @Test
    void statesAtTimesAreKept() {
        double[] times = {0, 1, 2, 5};
        double[][] start = {{1, 0}};
        NeuralOde.Solution solution = NeuralOde.of(ROTATION).tolerance(1e-10, 1e-10).solve(start, times);
        assertThat(solution.solved()).isTrue();
        for (int i = 0; i < times.length; i++) {
            assertThat(solution.at(i)[0][0]).isCloseTo(Math.cos(times[i]), within(1e-8));
        }
        assertThat(solution.z()).isDeepEqualTo(solution.at(3));
        assertThat(solution.time(0)).isEqualTo(5);
        assertThat(solution.evaluations(0)).isPositive();
        assertThat(solution.sentence(0)).startsWith("Row 0 reached the end at t = 5.0 after ");
        assertThat(start[0]).containsExactly(1, 0);
    }

    @Test
    void aFailureSaysWhy() {
        NeuralOde.Solution solution = NeuralOde.of((t, z) -> new double[] {z[0] * z[0]}).solve(new double[][] {{0.1}, {1}}, new double[] {
            0, 0.5, 1.5, 2});
        assertThat(solution.solved()).isFalse();
        assertThat(solution.status(0)).isEqualTo(OdeStatus.REACHED_END);
        assertThat(solution.status(1)).isEqualTo(OdeStatus.STEP_TOO_SMALL);
        assertThat(solution.at(1)[1][0]).isCloseTo(2, within(1e-6));
        assertThat(solution.at(2)[1][0]).isNaN();
        assertThat(solution.z()[1][0]).isFinite();
        assertThatThrownBy(solution::orThrow).isInstanceOf(NotSolved.class)
                .hasMessageStartingWith("1 of 2 rows failed. Row 1 stopped at t = ")
                .satisfies(e -> assertThat(((NotSolved) e).rows()).containsExactly(1));
    }

    @Test
    void wrongCallsAreRefused() {
        assertThatThrownBy(() -> NeuralOde.of(null)).hasMessage("neural ode: the function is null");
        assertThatThrownBy(() -> NeuralOde.solve(ROTATION, (double[]) null, 0, 1)).hasMessage("neural ode: the start is null");
        assertThatThrownBy(() -> NeuralOde.solve(ROTATION, new double[][] {{1, 0}, {1}}, 0, 1))
                .hasMessage("neural ode: row 1 of the start has length 1, expected 2");
        assertThatThrownBy(() -> NeuralOde.solve(ROTATION, new double[0][], 0, 1))
                .hasMessage("neural ode: the number of rows of the start is 0, expected at least 1");
        assertThatThrownBy(() -> NeuralOde.of(ROTATION).solve(new double[][] {{1, 0}}, new double[1]))
                .hasMessage("neural ode: the number of times is 1, expected at least 2");
        assertThatThrownBy(() -> NeuralOde.of(ROTATION).control((StepControl) null)).hasMessage("neural ode: the step control is null");
        assertThatThrownBy(() -> NeuralOde.solve((t, z) -> new double[1], new double[] {1, 0}, 0, 1))
                .hasMessage("neural ode: the result of f has length 1, expected 2");
        assertThatThrownBy(() -> NeuralOde.solve((t, z) -> null, new double[] {1, 0}, 0, 1))
                .hasMessage("neural ode: the result of f is null");
        assertThatThrownBy(() -> NeuralOde.solve(ROTATION, new double[] {1, 0}, 0, Double.NaN))
                .hasMessage("solve: t1 of row 0 is NaN, expected a finite number");
    }
}
