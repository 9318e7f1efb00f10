package dev.zstar.kernels.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Updates;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Updates#adam} of every engine. */
class AdamTest {
    private static final int ROWS = 3;

    private static Block squared(Type type, int n, double scale, long seed) {
        Block v = Reference.random(type, ROWS, n, seed);
        for (int p = 0; p < ROWS; p++) {
            for (int i = 0; i < n; i++) {
                v.set(p, i, v.get(p, i) * v.get(p, i) * scale * scale);
            }
        }
        return v;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void agreesWithTheFormulaWithinItsBound(Type type) {
        for (int n = 0; n <= 70; n++) {
            AdamStep step = new AdamStep(1e-3 * (1 + n % 3), 0.9, 0.999, 1e-8, n % 2 * 0.1, 1 + n * n, 0.25 + n % 4);
            for (EngineProvider provider : Reference.available()) {
                assertStep(provider, type, n, step, 1);
            }
        }
    }

    /** Ranges of r = √(1 - β₂) · scale · g, as the interface promises them. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void squaresAreAccurateInTheirRange(Type type) {
        double small = type == Type.F32 ? 1e-17 : 1e-151;
        double large = type == Type.F32 ? 5e18 : 1e153;
        for (double scale : new double[] {small, 1e-10, 1e10, large}) {
            for (EngineProvider provider : Reference.available()) {
                assertStep(provider, type, 37, new AdamStep(1e-3, 0.9, 0.75, 1e-8 * scale, 0.01, 3, 1), scale);
                assertStep(provider, type, 37, new AdamStep(1e-3, 0.9, 0.75, 1e-8 * scale, 0.01, 3, scale), 1 / scale);
            }
        }
    }

    /** Coefficients that f32 does not hold. */
    @Test
    void coefficientsMayBeBeyondF32() {
        for (EngineProvider provider : Reference.available()) {
            assertStep(provider, Type.F32, 37, new AdamStep(1e-3, 0.9, 0.999, 1e-45, 1e-50, 3, 1), 1);
            assertStep(provider, Type.F32, 37, new AdamStep(1e-3, 1e-60, 0, 1e-8, 0, 1, 1), 1);
        }
    }

    /**
     * The coefficients and each operation are rounded: v has 6 u, of two factors and the squares of two more, and the denominator 7 u. In
     * f64 the formula here has such errors too.
     */
    private static void assertStep(EngineProvider provider, Type type, int n, AdamStep step, double scale) {
        double u = type.unitRoundoff() * (type == Type.F64 ? 2.02 : 1.01);
        double least = type == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        try (Engine engine = provider.create(2);
                Block p = Reference.random(type, ROWS, n, 1);
                Block g = Reference.random(type, ROWS, n, 2);
                Block m = Reference.random(type, ROWS, n, 3);
                Block v = squared(type, n, scale * step.scale(), 4);
                Block oldP = Block.allocate(type, ROWS, n);
                Block oldM = Block.allocate(type, ROWS, n);
                Block oldV = Block.allocate(type, ROWS, n)) {
            engine.scale(scale, g);
            engine.scale(scale * step.scale(), m);
            oldP.copyFrom(p);
            oldM.copyFrom(m);
            oldV.copyFrom(v);
            engine.adam(p, g, m, v, step);
            for (int row = 0; row < ROWS; row++) {
                for (int i = 0; i < n; i++) {
                    double gi = step.scale() * g.get(row, i);
                    double old = oldP.get(row, i);
                    double m1 = step.beta1() * oldM.get(row, i);
                    double m2 = (1 - step.beta1()) * gi;
                    double vi = step.beta2() * oldV.get(row, i) + (1 - step.beta2()) * gi * gi;
                    double d = Math.sqrt(vi / (1 - Math.pow(step.beta2(), step.step()))) + step.epsilon();
                    double rate = step.rate() / (1 - Math.pow(step.beta1(), step.step()));
                    double move = rate * (m1 + m2) / d;
                    double expected = (1 - step.rate() * step.decay()) * old - move;
                    double mError = 3 * u * (Math.abs(m1) + Math.abs(m2)) + least;
                    String what = provider.name() + " " + type + " " + step + " (" + row + ", " + i + ")";
                    assertThat(Math.abs(m.get(row, i) - m1 - m2)).as(what).isLessThanOrEqualTo(mError);
                    assertThat(Math.abs(v.get(row, i) - vi)).as(what).isLessThanOrEqualTo(6 * u * vi + least);
                    double error = rate * mError / d + 10 * u * Math.abs(move) + 3 * u * step.rate() * step.decay() * Math.abs(old)
                            + u * (Math.abs(old) + Math.abs(expected)) + least;
                    assertThat(Math.abs(p.get(row, i) - expected)).as(what).isLessThanOrEqualTo(error);
                }
            }
            assertThat(Reference.paddingIsNaN(p) && Reference.paddingIsNaN(m) && Reference.paddingIsNaN(v)).as("padding").isTrue();
        }
    }

    /** From zero moments, each parameter moves by the rate, whatever the gradient: that is what c₁ and c₂ are for. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void theFirstStepIsTheRate(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block p = Block.allocate(type, 1, 40);
                    Block g = Reference.random(type, 1, 40, 1);
                    Block m = Block.allocate(type, 1, 40);
                    Block v = Block.allocate(type, 1, 40)) {
                g.set(0, 7, 0);
                engine.adam(p, g, m, v, new AdamStep(0.01, 0.9, 0.999, 1e-12, 0, 1, 1));
                for (int i = 0; i < 40; i++) {
                    assertThat(p.get(0, i)).isCloseTo(-0.01 * Math.signum(g.get(0, i)), Offset.offset(1e-8));
                }
            }
        }
    }

    /** {@code ½ Σ (p - i)²} by its gradient. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void findsTheMinimumOfAParabola(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block p = Block.allocate(type, 1, 5);
                    Block g = Block.allocate(type, 1, 5);
                    Block m = Block.allocate(type, 1, 5);
                    Block v = Block.allocate(type, 1, 5)) {
                for (int t = 1; t <= 2000; t++) {
                    for (int i = 0; i < 5; i++) {
                        g.set(0, i, p.get(0, i) - i);
                    }
                    engine.adam(p, g, m, v, new AdamStep(0.05, 0.9, 0.99, 1e-8, 0, t, 1));
                }
                for (int i = 0; i < 5; i++) {
                    assertThat(p.get(0, i)).as(provider.name()).isCloseTo(i, Offset.offset(1e-3));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bitsDependNeitherOnThreadsNorOnOtherRows(Type type) {
        int n = 333;
        double[] all = Reference.forAnyThreads(engine -> run(engine, type, 101, 0, n))[0];
        double[] alone = Reference.forAnyThreads(engine -> run(engine, type, 1, 50, n))[0];
        assertThat(alone).isEqualTo(java.util.Arrays.copyOfRange(all, 50 * n, 51 * n));
    }

    private static double[][] run(Engine engine, Type type, int rows, int from, int n) {
        try (Block source = Reference.random(type, 101, n, 1);
                Block p = Block.allocate(type, rows, n);
                Block g = Block.allocate(type, rows, n);
                Block m = Block.allocate(type, rows, n);
                Block v = Block.allocate(type, rows, n)) {
            for (int row = 0; row < rows; row++) {
                p.copyRow(source, from + row, row);
                g.copyRow(source, from + row, row);
            }
            for (int t = 1; t < 4; t++) {
                engine.adam(p, g, m, v, new AdamStep(0.01, 0.9, 0.999, 1e-8, 0.1, t, 1));
            }
            return new double[][] {p.toDoubles()};
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 1);
                    Block p = Reference.random(type, ROWS, 131, 1);
                    Block g = Reference.random(type, ROWS, 131, 2);
                    Block m = Block.allocate(type, ROWS, 131);
                    Block v = Block.allocate(type, ROWS, 131)) {
                AdamStep step = new AdamStep(1e-3, 0.9, 0.999, 1e-8, 0.01, 5, 1);
                Reference.assertAllocatesNothing(() -> {
                    step.set(1e-3, 0.01, 1 + step.step() % 1000, 1);
                    engine.adam(p, g, m, v, step);
                });
            }
        }
    }

    @Test
    void wrongNumbersAreSentences() {
        assertThatThrownBy(() -> new AdamStep(-1, 0.9, 0.999, 1e-8, 0, 1, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an Adam step: rate is -1.0, expected at least 0");
        assertThatThrownBy(() -> new AdamStep(1, 1, 0.999, 1e-8, 0, 1, 1)).hasMessage("an Adam step: beta1 is 1.0, expected 0 ≤ beta1 < 1");
        assertThatThrownBy(() -> new AdamStep(1, 0.9, -0.1, 1e-8, 0, 1, 1))
                .hasMessage("an Adam step: beta2 is -0.1, expected 0 ≤ beta2 < 1");
        assertThatThrownBy(() -> new AdamStep(1, 0.9, 0.9, 0, 0, 1, 1)).hasMessage("an Adam step: epsilon is 0.0, expected more than 0");
        assertThatThrownBy(() -> new AdamStep(1, 0.9, 0.9, 1, Double.NaN, 1, 1))
                .hasMessage("an Adam step: decay is NaN, expected at least 0");
        assertThatThrownBy(() -> new AdamStep(1, 0.9, 0.9, 1, 0, 0, 1)).hasMessage("an Adam step: step is 0, expected at least 1");
        assertThatThrownBy(() -> new AdamStep(1, 0.9, 0.9, 1, 0, 1, Double.NEGATIVE_INFINITY))
                .hasMessage("an Adam step: scale is -Infinity, expected a finite number");
        assertThat(new AdamStep(1, 0.9, 0.5, 1, 0, 2, 1).correction1()).isCloseTo(0.19, Offset.offset(1e-15));
        assertThat(new AdamStep(1, 0.9, 0.5, 1, 0, 2, 1).correction2()).isEqualTo(0.75);
    }
}
