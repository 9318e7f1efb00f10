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

    /**
     * If y is off by k units in the last place, {@code γ y + (1 - γ) p} is off by at most γ k + 1/2 before the last rounding: once 1 unit,
     * never 2.
     */
    @Test
    void theAverageOfWhatDoesNotChangeIsThat() {
        List<Parameter> one = List.of(Parameter.vector("p", 1, Initialiser.constant(1)));
        for (Type type : Type.values()) {
            for (double beta : new double[] {0, 0.3, 0.9, 0.999, 0.9999, Math.nextDown(1.0)}) {
                try (Engine engine = Problems.engines().getFirst().create(1);
                        Parameters p = Parameters.zeros(type, one);
                        Average average = new Average(engine, p, beta)) {
                    p.get("p").fill(0.7);
                    for (int i = 0; i < 3000; i++) {
                        average.update(p);
                    }
                    double unit = type == Type.F32 ? Math.ulp(0.7f) : Math.ulp(0.7);
                    assertThat(average.values().get("p").get(0, 0)).as("%s, β = %s", type, beta)
                            .isCloseTo(p.get("p").get(0, 0), within(unit));
                    assertThatThrownBy(() -> average.update(average.values())).hasMessage("update: a block of the parameters (1×1 " + type
                            + ") and a block of the average (1×1 " + type + ") share memory, expected blocks that do not overlap");
                    assertThatThrownBy(() -> average.swap(average.values())).hasMessageStartingWith("swap: a block of the parameters");
                    assertThat(average.isSwapped()).isFalse();
                }
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
