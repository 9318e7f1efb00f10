package dev.zstar.solvers.training.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.exits.ExitRule;
import dev.zstar.solvers.exits.LowEntropy;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Heads and losses against their formulas, and their gradients against central differences in f64. */
class HeadsTest {
    private static final int ROWS = 5;
    private static final int INPUTS = 6;
    private static final int OUTPUTS = 4;
    private static final int[] LABELS = {3, -1, 0, 2, 2};

    /** Compares a gradient with central differences of a loss, element by element. */
    private static void differentiate(String what, Block at, Block gradient, ToDoubleFunction<Block> loss) {
        double h = 1e-5;
        for (int i = 0; i < at.rows(); i++) {
            for (int j = 0; j < at.cols(); j++) {
                double x = at.get(i, j);
                at.set(i, j, x + h);
                double above = loss.applyAsDouble(at);
                at.set(i, j, x - h);
                double below = loss.applyAsDouble(at);
                at.set(i, j, x);
                // The third derivative of these losses is below 10, and a loss is at most 10: h² and 10 u / h.
                assertThat(gradient.get(i, j)).as("%s (%d, %d)", what, i, j).isCloseTo((above - below) / (2 * h), within(1e-9));
            }
        }
    }

    @Test
    void gradientsOfHeadAndLossesAreCentralDifferences() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    Parameters values = Parameters.initial(Type.F64, LinearHead.descriptions("head", OUTPUTS, INPUTS), 1);
                    Parameters sum = values.zerosLike();
                    LinearHead head = new LinearHead(engine, "head", values, ROWS + 2);
                    Block z = Problems.random(Type.F64, ROWS, INPUTS, 1, 2);
                    Block dz = engine.allocate(Type.F64, ROWS, INPUTS);
                    Block y = engine.allocate(Type.F64, ROWS, OUTPUTS);
                    Block dy = engine.allocate(Type.F64, ROWS, OUTPUTS);
                    Block target = Problems.random(Type.F64, ROWS, OUTPUTS, 1, 3)) {
                CrossEntropy entropy = new CrossEntropy(engine, ROWS);
                MeanSquaredError squares = new MeanSquaredError(engine, ROWS);
                for (boolean classes : new boolean[] {true, false}) {
                    ToDoubleFunction<Block> loss = at -> {
                        head.apply(z, y);
                        return classes ? entropy.apply(y, LABELS, dy) : squares.apply(y, target, dy);
                    };
                    assertThat(loss.applyAsDouble(z)).isPositive();
                    sum.clear();
                    head.vjp(dy, dz);
                    head.gradients(dy, z, sum);
                    differentiate("z", z, dz, loss);
                    differentiate("A", values.get("head.weight"), sum.get("head.weight"), loss);
                    differentiate("a", values.get("head.bias"), sum.get("head.bias"), loss);
                }
            }
        }
    }

    @Test
    void withoutABiasItIsAProduct() {
        List<Parameter> descriptions = LinearHead.descriptionsNoBias("head", OUTPUTS, INPUTS);
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    Parameters values = Parameters.initial(Type.F64, descriptions, 1);
                    Parameters sum = values.zerosLike();
                    LinearHead head = new LinearHead(engine, "head", values, ROWS);
                    Block z = Problems.random(Type.F64, ROWS, INPUTS, 1, 2);
                    Block y = engine.allocate(Type.F64, ROWS, OUTPUTS);
                    Block dy = engine.allocate(Type.F64, ROWS, OUTPUTS);
                    Block target = Problems.random(Type.F64, ROWS, OUTPUTS, 1, 3)) {
                MeanSquaredError squares = new MeanSquaredError(engine, ROWS);
                ToDoubleFunction<Block> loss = at -> {
                    head.apply(z, y);
                    return squares.apply(y, target, dy);
                };
                double _ = loss.applyAsDouble(z);
                head.gradients(dy, z, sum);
                differentiate("A", values.get("head.weight"), sum.get("head.weight"), loss);
                y.fill(Double.NaN);
                z.fill(0);
                head.apply(z, y);
                assertThat(y.toDoubles()).containsOnly(0);
            }
        }
    }

    /** A rule is planned once, with the head that is trained. It asks the weights of now. */
    @Test
    void exitRulesFollowTheTraining() {
        try (Engine engine = Engines.best(1);
                Parameters values = Parameters.zeros(Type.F32, LinearHead.descriptions("head", 4, 3));
                LinearHead head = new LinearHead(engine, "head", values, 2);
                Picard picard = Picard.plan(engine, Type.F32, 2, 3, 1, Stopping.relative(0).within(6));
                ExitRule certain = new LowEntropy(head, 0.1);
                Block z = engine.allocate(Type.F32, 2, 3)) {
            FixedPointMap f = FixedPointMap.rowwise((row, in, out) -> Arrays.setAll(out, i -> in[i] / 2 + row + 1));
            assertThat(picard.solve(f, z, certain).status(1)).isEqualTo(Status.MAX_EVALUATIONS);
            values.get("head.weight").set(2, 0, 100);
            z.fill(0);
            Outcome outcome = picard.solve(f, z, certain);
            assertThat(outcome.status(1)).isEqualTo(Status.STOPPED_BY_OBSERVER);
            assertThat(outcome.evaluations(1)).as("at 0 all logits are equal").isEqualTo(2);
            values.get("head.weight").fill(0);
            z.fill(0);
            assertThat(picard.solve(f, z, certain).status(1)).isEqualTo(Status.MAX_EVALUATIONS);
            values.get("head.bias").set(0, 3, 100);
            z.fill(0);
            assertThat(picard.solve(f, z, certain).evaluations(0)).isEqualTo(1);
        }
    }

    @Test
    void theLossesAreTheirFormulas() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Block y = Problems.random(Type.F64, ROWS, OUTPUTS, 2, 3);
                Block target = Problems.random(Type.F64, ROWS, OUTPUTS, 1, 4);
                Block dy = engine.allocate(Type.F64, ROWS, OUTPUTS)) {
            double sum = 0;
            double squares = 0;
            for (int p = 0; p < ROWS; p++) {
                double total = 0;
                for (int c = 0; c < OUTPUTS; c++) {
                    total += Math.exp(y.get(p, c));
                    squares += Math.pow(y.get(p, c) - target.get(p, c), 2);
                }
                sum += LABELS[p] < 0 ? 0 : Math.log(total) - y.get(p, LABELS[p]);
            }
            assertThat(new CrossEntropy(engine, ROWS).apply(y, LABELS, dy)).isCloseTo(sum / 4, within(1e-14));
            assertThat(dy.get(1, 0)).isZero();
            assertThat(new MeanSquaredError(engine, ROWS).apply(y, target, dy)).isCloseTo(squares / 20, within(1e-14));
        }
    }

    @Test
    void crossEntropyIsSafeAtAnyLogits() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Block y = Block.of(Type.F32, 4, 2, 1e30, -1e30, -3e38, -3e38, Double.NaN, 1, 1000, 0);
                    Block dy = engine.allocate(Type.F32, 4, 2)) {
                CrossEntropy loss = new CrossEntropy(engine, 4);
                assertThat(loss.apply(y, new int[] {0, 0, -1, 0}, dy)).isCloseTo(Math.log(2) / 3, within(1e-7));
                assertThat(dy.toDoubles()).containsExactly(new double[] {0, 0, -0.5 / 3, 0.5 / 3, 0, 0, 0, 0}, within(1e-7));
                assertThat(loss.apply(y, new int[] {-1, -1, -1, 1}, dy)).isEqualTo(1000);
                assertThat(dy.get(3, 0)).isEqualTo(1);
                assertThat(loss.apply(y, new int[] {-1, -1, 0, -1}, dy)).isNaN();
                assertThat(loss.apply(y, new int[] {-1, -1, -1, -1}, dy)).isZero();
                assertThat(dy.toDoubles()).containsOnly(0);
            }
        }
    }

    @Test
    void tokensAreRowsOfTheFoldedState() {
        int tokens = 3;
        int width = 16;
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = Parameters.initial(Type.F32, LinearHead.descriptions("head", OUTPUTS, width), 1);
                LinearHead head = new LinearHead(engine, "head", values, 2 * tokens);
                Block z = Problems.random(Type.F32, 2, tokens * width, 1, 2);
                Block y = engine.allocate(Type.F32, 2 * tokens, OUTPUTS)) {
            head.apply(z.folded(tokens), y);
            double expected = values.get("head.bias").get(0, 1);
            for (int i = 0; i < width; i++) {
                expected += values.get("head.weight").get(1, i) * z.get(1, 2 * width + i);
            }
            assertThat(y.get(5, 1)).isCloseTo(expected, within(20 * Type.F32.unitRoundoff()));
        }
    }

    @Test
    void predictionsAreTheLargestLogits() {
        try (Block y = Block.of(Type.F32, 4, 3, -5, -1, -2, 7, 7, 1, Double.NaN, 2, 3, 0, 0, Double.NEGATIVE_INFINITY)) {
            assertThat(new int[] {Predictions.of(y, 0), Predictions.of(y, 1), Predictions.of(y, 2), Predictions.of(y, 3)})
                    .containsExactly(1, 0, 2, 0);
            assertThat(Predictions.correct(y, new int[] {1, 1, 2, -1})).isEqualTo(2);
        }
    }

    @Test
    void nothingIsAllocatedAndAnyThreadsGiveTheSameBits() {
        int rows = 37;
        int[] labels = new int[rows];
        for (EngineProvider provider : Problems.engines()) {
            double[] first = null;
            for (int threads = 1; threads <= 3; threads++) {
                try (Engine engine = provider.create(threads);
                        Parameters values = Parameters.initial(Type.F32, LinearHead.descriptions("head", 10, 65), 1);
                        Parameters sum = values.zerosLike();
                        LinearHead head = new LinearHead(engine, "head", values, rows);
                        Block z = Problems.random(Type.F32, rows, 65, 1, 2);
                        Block dz = engine.allocate(Type.F32, rows, 65);
                        Block y = engine.allocate(Type.F32, rows, 10);
                        Block dy = engine.allocate(Type.F32, rows, 10)) {
                    CrossEntropy loss = new CrossEntropy(engine, rows);
                    MeanSquaredError squares = new MeanSquaredError(engine, rows);
                    head.apply(z, y);
                    double value = loss.apply(y, labels, dy);
                    head.vjp(dy, dz);
                    head.gradients(dy, z, sum);
                    double[] found = {value, dz.get(36, 64), sum.get("head.weight").get(9, 64), sum.get("head.bias").get(0, 9)};
                    first = first == null ? found : first;
                    assertThat(found).as(provider.name()).isEqualTo(first);
                    if (threads == 2) {
                        assertThat(Problems.allocated(() -> {
                            head.apply(z, y);
                            loss.apply(y, labels, dy);
                            Predictions.correct(y, labels);
                            squares.apply(y, dy, y);
                            head.vjp(dy, dz);
                            head.gradients(dy, z, sum);
                        })).isZero();
                    }
                }
            }
        }
    }

    @Test
    void wrongCallsAreNamed() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = Parameters.initial(Type.F32, LinearHead.descriptions("head", 4, 3), 1);
                LinearHead head = new LinearHead(engine, "head", values, 2);
                Block z = engine.allocate(Type.F32, 2, 3);
                Block y = engine.allocate(Type.F32, 2, 4);
                Block more = engine.allocate(Type.F32, 3, 4);
                Block dy = engine.allocate(Type.F32, 2, 4)) {
            CrossEntropy loss = new CrossEntropy(engine, 2);
            assertThatThrownBy(() -> new LinearHead(engine, "tail", values, 2)).hasMessage(
                    "get: there is no parameter tail.weight, expected one of [head.weight, head.bias]");
            assertThatThrownBy(() -> head.apply(y, y)).hasMessage("apply: z is 2×4 f32, expected 2×3 f32");
            assertThatThrownBy(() -> head.vjp(more, z)).hasMessage(
                    "vjp: the number of rows of the gradient of y is 3, expected at most 2");
            assertThatThrownBy(() -> loss.apply(y, new int[] {0, 4}, dy)).hasMessage(
                    "cross entropy: the label of row 1 is 4, expected -1 to 3");
            assertThatThrownBy(() -> loss.apply(y, new int[] {0}, dy)).hasMessage(
                    "cross entropy: the number of labels is 1, expected at least 2, one for each row");
            assertThatThrownBy(() -> loss.apply(y, new int[] {0, 0}, y)).hasMessageContaining("share memory");
            assertThatThrownBy(() -> loss.apply(y, null, dy)).isInstanceOf(NullPointerException.class)
                    .hasMessage("cross entropy: the array of labels is null");
        }
    }
}
