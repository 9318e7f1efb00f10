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
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every optimiser takes the steps of PyTorch's: the numbers are from {@code optimisers.py}. */
class OptimiserTest {
    private static final double RATE = 0.05;
    private static final List<Parameter> DESCRIPTIONS = List.of(
            Parameter.matrix("w", 3, 4, Initialiser.constant(0)), Parameter.vector("b", 4, Initialiser.constant(0)));

    private interface Plan {
        Optimiser of(Engine engine, Parameters like);
    }

    private static Map<String, Plan> plans() {
        Map<String, Plan> plans = new LinkedHashMap<>();
        Decay decay = Decay.of(0.2);
        plans.put("sgd", (engine, like) -> Sgd.plan(engine, like, Sgd.Options.PLAIN));
        plans.put("sgd decay", (engine, like) -> Sgd.plan(engine, like, Sgd.Options.PLAIN.with(decay)));
        plans.put("momentum", (engine, like) -> Sgd.plan(engine, like, Sgd.Options.momentum(0.9)));
        plans.put("nesterov", (engine, like) -> Sgd.plan(engine, like, Sgd.Options.nesterov(0.9)));
        plans.put("nesterov decay", (engine, like) -> Sgd.plan(engine, like, Sgd.Options.nesterov(0.9).with(decay)));
        plans.put("adam", Adam::plan);
        plans.put("adamw", (engine, like) -> Adam.plan(
                engine, like, Adam.Options.DEFAULT.withBetas(0.8, 0.95).withEpsilon(1e-4).with(decay)));
        return plans;
    }

    private static Parameters start(Type type) {
        Parameters start = Parameters.zeros(type, DESCRIPTIONS);
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 4; j++) {
                start.get("w").set(i, j, Math.sin(1 + 4 * i + j));
            }
        }
        start.get("b").copyFrom(0, 0.1, 0.2, 0.1 * 3);
        return start;
    }

    /** Takes steps {@code from … to - 1} of a problem whose gradient changes from step to step. */
    private static void run(Optimiser optimiser, Parameters values, Parameters gradients, int from, int to) {
        for (int t = from; t < to; t++) {
            for (int k = 0; k < 2; k++) {
                Block p = values.blocks().get(k);
                for (int i = 0; i < p.rows(); i++) {
                    for (int j = 0; j < p.cols(); j++) {
                        double target = Math.cos(0.3 * t + k + i * p.cols() + j);
                        gradients.blocks().get(k).set(i, j, (p.get(i, j) - target) * (1 + k));
                    }
                }
            }
            optimiser.step(values, gradients, RATE);
        }
    }

    private static double[] numbers(Parameters parameters) {
        return parameters.blocks().stream().flatMapToDouble(block -> Arrays.stream(block.toDoubles())).toArray();
    }

    private static Map<String, double[]> torch() throws IOException {
        Map<String, double[]> numbers = new LinkedHashMap<>();
        try (InputStream in = OptimiserTest.class.getResourceAsStream("/training/optimisers.csv")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList()) {
                String[] fields = line.split(",");
                numbers.put(fields[0], Arrays.stream(fields).skip(1).mapToDouble(Double::parseDouble).toArray());
            }
        }
        return numbers;
    }

    @Test
    void twentyStepsAreThoseOfTorch() throws IOException {
        Map<String, double[]> torch = torch();
        assertThat(torch.keySet()).isEqualTo(plans().keySet());
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                for (Map.Entry<String, Plan> plan : plans().entrySet()) {
                    try (Engine engine = provider.create(2);
                            Parameters values = start(type);
                            Parameters gradients = values.zerosLike();
                            Optimiser optimiser = plan.getValue().of(engine, values)) {
                        run(optimiser, values, gradients, 0, 20);
                        double[] actual = numbers(values);
                        double[] expected = torch.get(plan.getKey());
                        // A step rounds a few numbers of size 1, and no optimiser makes an old error more than 1 / (1 - μ) times larger.
                        double bound = 20 * 10 * 10 * type.unitRoundoff();
                        for (int i = 0; i < expected.length; i++) {
                            assertThat(actual[i]).as("%s %s %s %d", provider.name(), type, plan.getKey(), i)
                                    .isCloseTo(expected[i], within(bound));
                        }
                        assertThat(optimiser.steps()).isEqualTo(20);
                    }
                }
            }
        }
    }

    @Test
    void stateAndStepsAreAllThatItRemembers() {
        for (Map.Entry<String, Plan> plan : plans().entrySet()) {
            List<double[]> results = new ArrayList<>();
            for (boolean resumed : new boolean[] {false, true}) {
                try (Engine engine = Problems.engines().getFirst().create(1);
                        Parameters values = start(Type.F32);
                        Parameters gradients = values.zerosLike();
                        Optimiser first = plan.getValue().of(engine, values);
                        Optimiser second = plan.getValue().of(engine, values)) {
                    run(first, values, gradients, 0, 7);
                    if (resumed) {
                        second.state().forEach((name, state) -> state.copyFrom(first.state().get(name)));
                        second.resume(first.steps());
                    }
                    run(resumed ? second : first, values, gradients, 7, 20);
                    results.add(numbers(values));
                }
            }
            assertThat(results.get(1)).as(plan.getKey()).isEqualTo(results.get(0));
        }
    }

    @Test
    void aStepAllocatesNothingAndHasTheSameBitsForAnyThreads() {
        List<Parameter> large = List.of(
                Parameter.matrix("w", 67, 129, Initialiser.normal(1)), Parameter.vector("b", 1003, Initialiser.normal(1)));
        for (EngineProvider provider : Problems.engines()) {
            for (Map.Entry<String, Plan> plan : plans().entrySet()) {
                double[] first = null;
                for (int threads = 1; threads <= 3; threads++) {
                    try (Engine engine = provider.create(threads);
                            Parameters values = Parameters.initial(Type.F32, large, 1);
                            Parameters gradients = Parameters.initial(Type.F32, large, 2);
                            Optimiser optimiser = plan.getValue().of(engine, values)) {
                        for (int step = 0; step < 5; step++) {
                            optimiser.step(values, gradients, RATE);
                        }
                        first = first == null ? numbers(values) : first;
                        assertThat(numbers(values)).as("%s %s", provider.name(), plan.getKey()).isEqualTo(first);
                        if (threads == 2) {
                            assertThat(Problems.allocated(() -> optimiser.step(values, gradients, 1e-6)))
                                    .as("%s %s", provider.name(), plan.getKey()).isZero();
                        }
                    }
                }
            }
        }
    }

    @Test
    void aBiasDoesNotDecayAndAGradientOfZeroDecaysTheMatrix() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = start(Type.F64);
                Parameters before = values.copy();
                Parameters gradients = values.zerosLike();
                Adam adam = Adam.plan(engine, values, Adam.Options.decaying(0.5))) {
            adam.step(values, gradients, 0.1);
            assertThat(values.get("b").toDoubles()).isEqualTo(before.get("b").toDoubles());
            double[] w = Arrays.stream(before.get("w").toDoubles()).map(x -> 0.95 * x).toArray();
            assertThat(values.get("w").toDoubles()).containsExactly(w, within(1e-15));
        }
    }

    @Test
    @SuppressWarnings("try") // One is closed early, to see what a step says then.
    void wrongCallsAreNamedAndChangeNothing() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = start(Type.F64);
                Parameters other = Parameters.zeros(Type.F64, DESCRIPTIONS.subList(0, 1));
                Parameters gradients = values.zerosLike();
                Adam adam = Adam.plan(engine, values);
                Sgd sgd = Sgd.plan(engine, values, Sgd.Options.momentum(0.9))) {
            assertThatThrownBy(() -> adam.step(values, other, 0.1)).hasMessage(
                    "step: the gradients are 1 of f64, expected 2 of f64");
            assertThatThrownBy(() -> adam.step(values, gradients, Double.NaN)).hasMessage(
                    "step: the rate is NaN, expected a finite number of at least 0");
            assertThatThrownBy(() -> adam.step(values, values, 0.1)).hasMessage(
                    "step: a block of the values (3×4 f64) and a block of the gradients (3×4 f64) share memory, expected blocks that do "
                            + "not overlap");
            assertThatThrownBy(() -> adam.step(values, adam.state().get("mean"), 0.1)).hasMessageStartingWith(
                    "step: a block of the gradients (3×4 f64) and a block of the state (3×4 f64) share memory");
            assertThatThrownBy(() -> sgd.step(sgd.state().get("momentum"), gradients, 0.1)).hasMessageStartingWith(
                    "step: a block of the values (3×4 f64) and a block of the state (3×4 f64) share memory");
            sgd.close();
            assertThatThrownBy(() -> sgd.step(values, gradients, 0.1)).hasMessageStartingWith("step: a block of the state");
            assertThatThrownBy(() -> adam.step(null, gradients, 0.1)).isInstanceOf(NullPointerException.class)
                    .hasMessage("step: the values is null");
            assertThatThrownBy(() -> adam.resume(-1)).hasMessage("resume: the number of steps is -1, expected at least 0");
            assertThatThrownBy(() -> Sgd.Options.momentum(1)).hasMessage("sgd: the momentum is 1.0, expected at least 0 and below 1");
            assertThatThrownBy(() -> Adam.Options.DEFAULT.withBetas(0.9, -1)).hasMessage(
                    "adam: β₂ is -1.0, expected at least 0 and below 1");
            assertThatThrownBy(() -> Decay.of(-1)).hasMessage("decay: the factor λ is -1.0, expected a finite number of at least 0");
            assertThat(adam.steps()).isZero();
            assertThat(sgd.steps()).isZero();
        }
    }
}
