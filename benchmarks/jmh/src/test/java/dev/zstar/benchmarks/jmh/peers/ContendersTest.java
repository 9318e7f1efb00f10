package dev.zstar.benchmarks.jmh.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Type;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Param;

/** Every contender computes what it is asked for, and who computes something else is found out. */
class ContendersTest {
    private static void answers(Expected expected, Supplier<TimedCall> prepare) {
        try (TimedCall call = prepare.get()) {
            call.run();
            expected.check(call.answer().get());
        }
    }

    private static List<String> contenders(Class<?> benchmark) throws NoSuchFieldException {
        return Arrays.asList(benchmark.getDeclaredField("who").getAnnotation(Param.class).value());
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void everyContenderOfTheBenchmarksAnswers(Type type) throws NoSuchFieldException {
        for (String name : contenders(ProductMatch.class)) {
            Contender contender = Contenders.named(name, type);
            // 130³ is where netlib starts to pack.
            for (int n : new int[] {1, 5, 33, 64, 130}) {
                for (int batch : new int[] {1, n}) {
                    Product data = Product.random(type, n, batch);
                    answers(data.expected(), () -> contender.product(data));
                }
                Vectors data = Vectors.random(type, n);
                answers(data.dot(), () -> contender.dot(data));
                answers(data.axpy(), () -> contender.axpy(data));
                answers(data.norm(), () -> contender.norm(data));
            }
        }
        assertThat(contenders(ProductMatch.class)).containsAll(contenders(PeersVectors.class))
                .isEqualTo(Contenders.NAMES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlib", "netlib-scalar"})
    void netlibIsTheImplementationThatItsNameSays(String name) {
        assertThat(Contenders.describe(Contenders.named(name, Type.F32)))
                .matches((name.equals("netlib") ? "VectorBLAS" : "Java11BLAS") + " of blas-.*\\.jar");
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aWrongElementIsNamed(Type type) {
        Product data = Product.random(type, 7, 3);
        wrong(data, answer -> answer[20] += 1e-3);
        wrong(data, answer -> answer[20] = Double.NaN);
    }

    private static void wrong(Product data, Consumer<double[]> harm) {
        try (TimedCall call = new ZstarEngine("scalar").product(data)) {
            call.run();
            double[] answer = call.answer().get();
            harm.accept(answer);
            assertThatThrownBy(() -> data.expected().check(answer)).hasMessageStartingWith("element 20 of the answer is " + answer[20]);
        }
    }

    @Test
    void anUnknownContenderIsNamed() {
        assertThatThrownBy(() -> Contenders.named("mtj", Type.F32))
                .hasMessage("unknown contender 'mtj'; expected one of simd, openblas, netlib, netlib-scalar, ejml, ojalgo");
    }
}
