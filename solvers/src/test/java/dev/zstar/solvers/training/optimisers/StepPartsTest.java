package dev.zstar.solvers.training.optimisers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What belongs to a step besides the optimiser: clipping, schedules, averages. */
class StepPartsTest {
    private static final List<Parameter> DESCRIPTIONS = List.of(Parameter.matrix("w", 5, 7, Initialiser.normal(1)),
            Parameter.vector("b", 7, Initialiser.normal(1)), Parameter.matrix("u", 3, 2, Initialiser.normal(1)));

    private static double norm(Parameters gradients) {
        double square = 0;
        for (Block block : gradients.blocks()) {
            for (double x : block.toDoubles()) {
                square += x * x;
            }
        }
        return Math.sqrt(square);
    }

    @Test
    void clippingKeepsTheDirectionAndTheLimit() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(2);
                        Parameters gradients = Parameters.initial(type, DESCRIPTIONS, 1);
                        Parameters before = gradients.copy()) {
                    double norm = norm(gradients);
                    assertThat(new Clipping(engine, gradients, 2 * norm).apply(gradients)).isCloseTo(norm, within(1e-13 * norm));
                    assertThat(gradients.get("w").toDoubles()).isEqualTo(before.get("w").toDoubles());
                    Clipping clipping = new Clipping(engine, gradients, 0.5);
                    assertThat(clipping.apply(gradients)).isCloseTo(norm, within(1e-13 * norm));
                    assertThat(clipping.norm(gradients)).isCloseTo(0.5, within(4 * type.unitRoundoff()));
                    double ratio = gradients.get("b").get(0, 3) / before.get("b").get(0, 3);
                    assertThat(ratio).isCloseTo(0.5 / norm, within(4 * type.unitRoundoff()));
                    assertThat(Problems.allocated(() -> clipping.apply(gradients))).isZero();
                }
            }
        }
    }

    @Test
    void clippingWorksAtEveryScaleAndReportsWhatIsNotFinite() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters gradients = Parameters.initial(Type.F64, DESCRIPTIONS, 1)) {
            double norm = norm(gradients);
            Clipping clipping = new Clipping(engine, gradients, 1e-3);
            for (double scale : new double[] {1e-200, 1e200}) {
                try (Parameters scaled = gradients.copy()) {
                    scaled.blocks().forEach(block -> engine.scale(scale, block));
                    assertThat(clipping.apply(scaled) / scale).isCloseTo(norm, within(1e-12));
                    assertThat(clipping.norm(scaled)).isCloseTo(Math.min(1e-3, norm * scale), within(1e-15));
                }
            }
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                gradients.get("u").set(2, 1, bad);
                double before = gradients.get("w").get(0, 0);
                assertThat(clipping.apply(gradients)).isNotFinite();
                assertThat(gradients.get("w").get(0, 0)).isEqualTo(before);
            }
            assertThatThrownBy(() -> new Clipping(engine, gradients, 0)).hasMessage("clipping: the limit is 0.0, expected above 0");
        }
    }

    @Test
    void schedulesGiveTheirFormulas() {
        Schedule cosine = Schedule.cosine(1, 0.1, 100);
        assertThat(cosine.rate(0)).isEqualTo(1);
        assertThat(cosine.rate(50)).isCloseTo(0.55, within(1e-15));
        assertThat(cosine.rate(100)).isCloseTo(0.1, within(1e-15));
        assertThat(cosine.rate(1000)).isEqualTo(cosine.rate(100));
        Schedule linear = Schedule.linear(1, 0.5, 10);
        assertThat(linear.rate(5)).isEqualTo(0.75);
        assertThat(linear.rate(11)).isEqualTo(0.5);
        Schedule decay = Schedule.stepDecay(8, 0.5, 3);
        assertThat(decay.rate(2)).isEqualTo(8);
        assertThat(decay.rate(7)).isEqualTo(2);
        Schedule warm = decay.warmUp(4);
        assertThat(warm.rate(0)).isEqualTo(2);
        assertThat(warm.rate(3)).isEqualTo(8);
        assertThat(warm.rate(4 + 7)).isEqualTo(2);
        Schedule both = Schedule.constant(3).then(5, linear).times(2);
        assertThat(both.rate(4)).isEqualTo(6);
        assertThat(both.rate(5)).isEqualTo(2);
        assertThat(both.rate(10)).isEqualTo(1.5);
        assertThatThrownBy(() -> Schedule.cosine(1, -1, 10)).hasMessage(
                "cosine: the last rate is -1.0, expected a finite number of at least 0");
        assertThatThrownBy(() -> warm.warmUp(0)).hasMessage("warmUp: the number of steps is 0, expected at least 1");
    }

    @Test
    void theAverageHasTheWeightsOfItsFormula() {
        double beta = 0.9;
        for (Type type : Type.values()) {
            try (Engine engine = Problems.engines().getFirst().create(1);
                    Parameters values = Parameters.zeros(type, DESCRIPTIONS);
                    Average average = new Average(engine, values, beta)) {
                double sum = 0;
                double weights = 0;
                for (int t = 0; t < 30; t++) {
                    double value = Math.sin(t);
                    values.blocks().forEach(block -> block.fill(value));
                    average.update(values);
                    sum = beta * sum + value;
                    weights = beta * weights + 1;
                    assertThat(average.values().get("u").get(2, 1)).isCloseTo(sum / weights, within(30 * type.unitRoundoff()));
                }
                assertThat(Problems.allocated(() -> average.update(values))).isZero();
            }
        }
    }

    @Test
    void aSwapIsUndoneByAnotherToTheBit() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = Parameters.initial(Type.F32, DESCRIPTIONS, 1);
                Parameters others = Parameters.initial(Type.F32, DESCRIPTIONS, 2);
                Average average = new Average(engine, values, 0.5)) {
            assertThatThrownBy(() -> average.swap(values)).hasMessage("swap: the average is empty, expected a call of update before");
            average.update(values);
            average.swap(others);
            assertThatThrownBy(() -> average.update(values)).hasMessage(
                    "update: the average is swapped with the parameters, expected a second swap before");
            for (String name : values.names()) {
                assertThat(others.get(name).toFloats()).isEqualTo(values.get(name).toFloats());
            }
            average.swap(others);
            try (Parameters again = Parameters.initial(Type.F32, DESCRIPTIONS, 2)) {
                for (String name : values.names()) {
                    assertThat(others.get(name).toFloats()).isEqualTo(again.get(name).toFloats());
                    assertThat(average.values().get(name).toFloats()).isEqualTo(values.get(name).toFloats());
                }
            }
            assertThat(Problems.allocated(() -> average.swap(others))).isZero();
        }
    }
}
