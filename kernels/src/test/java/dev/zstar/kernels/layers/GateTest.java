package dev.zstar.kernels.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Layers#gate} and its derivatives, of every engine. */
class GateTest {
    private static final int BATCH = 3;

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(0, 70).boxed(), Stream.of(511, 512, 513, 1100));
    }

    /** The product of two numbers of a type. */
    private static double product(Type type, double x, double y) {
        return type == Type.F32 ? (float) x * (float) y : x * y;
    }

    private static double sum(Type type, double x, double y, double z) {
        return type == Type.F32 ? Math.fma((float) x, (float) y, (float) z) : Math.fma(x, y, z);
    }

    private static double rounded(Type type, double x) {
        return type == Type.F32 ? (float) x : x;
    }

    /**
     * Exactly: the bounds of {@code activate} and {@code derivative} hold for the factors, because {@code simd} has their bits, and
     * {@code scalar} rounds the formula once.
     */
    @ParameterizedTest
    @MethodSource("sizes")
    void isTheProductOfTheActivationWithItsBits(int n) {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                boolean scalar = provider.name().equals("scalar");
                try (Engine engine = provider.create(2);
                        Block g = Reference.random(type, BATCH, n, 1);
                        Block u = Reference.random(type, BATCH, n, 2);
                        Block dg = Reference.random(type, BATCH, n, 3);
                        Block du = Reference.random(type, BATCH, n, 4);
                        Block value = Block.allocate(type, BATCH, n);
                        Block slope = Block.allocate(type, BATCH, n);
                        Block y = Reference.padded(type, BATCH, n);
                        Block gradG = Reference.padded(type, BATCH, n);
                        Block gradU = Reference.padded(type, BATCH, n);
                        Block tangent = Reference.padded(type, BATCH, n)) {
                    for (int i = 0; i < n; i++) {
                        g.set(1, i, 30 * g.get(1, i));
                    }
                    for (Activation a : Activation.values()) {
                        engine.activate(a, g, value);
                        engine.derivative(a, g, slope);
                        engine.layers().gate(a, g, u, y);
                        engine.layers().gateVjp(a, g, u, du, gradG, gradU);
                        engine.layers().gateJvp(a, g, u, dg, du, tangent);
                        for (int p = 0; p < BATCH; p++) {
                            for (int i = 0; i < n; i++) {
                                String what = provider.name() + " " + type + " " + a + " (" + p + ", " + i + ")";
                                double phi = scalar ? a.apply(g.get(p, i)) : value.get(p, i);
                                double prime = scalar ? a.derivative(g.get(p, i)) : slope.get(p, i);
                                double ui = u.get(p, i);
                                double dy = du.get(p, i);
                                if (scalar) {
                                    assertThat(y.get(p, i)).as(what).isEqualTo(rounded(type, phi * ui));
                                    assertThat(gradU.get(p, i)).as(what).isEqualTo(rounded(type, phi * dy));
                                    assertThat(gradG.get(p, i)).as(what).isEqualTo(rounded(type, prime * ui * dy));
                                    assertThat(tangent.get(p, i)).as(what)
                                            .isEqualTo(rounded(type, prime * ui * dg.get(p, i) + phi * dy));
                                } else {
                                    double first = product(type, prime, ui);
                                    assertThat(y.get(p, i)).as(what).isEqualTo(product(type, phi, ui));
                                    assertThat(gradU.get(p, i)).as(what).isEqualTo(product(type, phi, dy));
                                    assertThat(gradG.get(p, i)).as(what).isEqualTo(product(type, first, dy));
                                    assertThat(tangent.get(p, i)).as(what)
                                            .isEqualTo(sum(type, phi, dy, product(type, first, dg.get(p, i))));
                                }
                            }
                        }
                    }
                    assertThat(Stream.of(y, gradG, gradU, tangent).allMatch(Reference::paddingIsNaN)).as("padding untouched").isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void theFormulasAreTheDerivatives(Activation activation) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block g = Reference.random(Type.F64, 2, 19, 1);
                    Block u = Reference.random(Type.F64, 2, 19, 2);
                    Block dy = Reference.random(Type.F64, 2, 19, 3);
                    Block dg = Reference.random(Type.F64, 2, 19, 4);
                    Block du = Reference.random(Type.F64, 2, 19, 5);
                    Block y = Block.allocate(Type.F64, 2, 19);
                    Block gradG = Block.allocate(Type.F64, 2, 19);
                    Block gradU = Block.allocate(Type.F64, 2, 19)) {
                Runnable forward = () -> engine.layers().gate(activation, g, u, y);
                engine.layers().gateVjp(activation, g, u, dy, gradG, gradU);
                Reference.assertGradient("g", g, gradG, y, dy, forward);
                Reference.assertGradient("u", u, gradU, y, dy, forward);
                engine.layers().gateJvp(activation, g, u, dg, du, y);
                // ⟨dy, J (dg, du)⟩ = ⟨Jᵀ dy, (dg, du)⟩, for each element alone.
                for (int i = 0; i < 19; i++) {
                    double expected = gradG.get(1, i) * dg.get(1, i) + gradU.get(1, i) * du.get(1, i);
                    double size = Math.abs(gradG.get(1, i) * dg.get(1, i)) + Math.abs(gradU.get(1, i) * du.get(1, i));
                    assertThat(dy.get(1, i) * y.get(1, i)).as(provider.name())
                            .isCloseTo(expected, org.assertj.core.data.Offset.offset(8 * Type.F64.unitRoundoff() * size));
                }
            }
        }
    }

    @Test
    void anOutputMayBeAnInput() {
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(1);
                        Block g = Reference.random(type, 2, 77, 1);
                        Block u = Reference.random(type, 2, 77, 2);
                        Block dy = Reference.random(type, 2, 77, 3);
                        Block dg = Block.allocate(type, 2, 77);
                        Block du = Block.allocate(type, 2, 77);
                        Block own = Block.allocate(type, 2, 77);
                        Block other = Block.allocate(type, 2, 77)) {
                    Layers layers = engine.layers();
                    layers.gate(Activation.SILU, g, u, dg);
                    own.copyFrom(g);
                    layers.gate(Activation.SILU, own, u, own);
                    assertThat(own.toDoubles()).isEqualTo(dg.toDoubles());
                    own.copyFrom(u);
                    layers.gate(Activation.SILU, g, own, own);
                    assertThat(own.toDoubles()).isEqualTo(dg.toDoubles());

                    layers.gateVjp(Activation.GELU, g, u, dy, dg, du);
                    own.copyFrom(g);
                    other.copyFrom(u);
                    layers.gateVjp(Activation.GELU, own, other, dy, own, other);
                    assertThat(own.toDoubles()).isEqualTo(dg.toDoubles());
                    assertThat(other.toDoubles()).isEqualTo(du.toDoubles());
                    own.copyFrom(dy);
                    layers.gateVjp(Activation.GELU, g, u, own, own, other);
                    assertThat(own.toDoubles()).isEqualTo(dg.toDoubles());
                    assertThat(other.toDoubles()).isEqualTo(du.toDoubles());

                    layers.gateJvp(Activation.TANH, g, u, dy, g, dg);
                    own.copyFrom(dy);
                    layers.gateJvp(Activation.TANH, g, u, own, g, own);
                    assertThat(own.toDoubles()).isEqualTo(dg.toDoubles());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bitsDependNeitherOnThreadsNorOnTheBatch(Type type) {
        int n = 1111;
        try (Block g = Reference.random(type, 51, n, 1);
                Block u = Reference.random(type, 51, n, 2);
                Block g1 = Block.allocate(type, 1, n);
                Block u1 = Block.allocate(type, 1, n)) {
            g1.copyRow(g, 30, 0);
            u1.copyRow(u, 30, 0);
            double[][] all = Reference.forAnyThreads(engine -> run(engine, g, u));
            double[][] alone = Reference.forAnyThreads(engine -> run(engine, g1, u1));
            for (int k = 0; k < alone.length; k++) {
                assertThat(alone[k]).isEqualTo(java.util.Arrays.copyOfRange(all[k], 30 * n, 31 * n));
            }
        }
    }

    private static double[][] run(Engine engine, Block g, Block u) {
        try (Block y = Block.allocate(g.type(), g.rows(), g.cols());
                Block dg = Block.allocate(g.type(), g.rows(), g.cols());
                Block du = Block.allocate(g.type(), g.rows(), g.cols());
                Block tangent = Block.allocate(g.type(), g.rows(), g.cols())) {
            engine.layers().gate(Activation.SILU, g, u, y);
            engine.layers().gateVjp(Activation.SILU, g, u, y, dg, du);
            engine.layers().gateJvp(Activation.SILU, g, u, dg, du, tangent);
            return new double[][] {y.toDoubles(), dg.toDoubles(), du.toDoubles(), tangent.toDoubles()};
        }
    }

    @Test
    void allocatesNothing() {
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 1);
                    Block g = Reference.random(type, BATCH, 131, 1);
                    Block u = Reference.random(type, BATCH, 131, 2);
                    Block y = Block.allocate(type, BATCH, 131);
                    Block dg = Block.allocate(type, BATCH, 131);
                    Block du = Block.allocate(type, BATCH, 131)) {
                for (Activation activation : Activation.values()) {
                    Reference.assertAllocatesNothing(() -> {
                        engine.layers().gate(activation, g, u, y);
                        engine.layers().gateVjp(activation, g, u, y, dg, du);
                        engine.layers().gateJvp(activation, g, u, dg, du, y);
                    });
                }
            }
        }
    }

    @Test
    void mismatchesAreNamed() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block g = Block.allocate(Type.F32, 2, 3);
                    Block u = Block.allocate(Type.F32, 2, 3);
                    Block other = Block.allocate(Type.F32, 2, 4)) {
                Layers layers = engine.layers();
                assertThatThrownBy(() -> layers.gate(null, g, u, g)).isInstanceOf(NullPointerException.class)
                        .hasMessage("gate: the activation is null");
                assertThatThrownBy(() -> layers.gate(Activation.SILU, g, other, g)).hasMessage("gate: u is 2×4 f32, expected 2×3 f32");
                assertThatThrownBy(() -> layers.gateVjp(Activation.SILU, g, u, g, u, u))
                        .hasMessage("gateVjp: du overlaps dg, expected blocks that share no memory");
                assertThatThrownBy(() -> layers.gateJvp(Activation.SILU, g, u, g, null, u)).hasMessage("gateJvp: du is null");
            }
        }
    }
}
