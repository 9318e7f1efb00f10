package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages on other kinds of virtual machines, each in a separate process. */
class MachinesTest {
    private static final String SIMD = "--add-modules=jdk.incubator.vector";

    /** In the child: asks twice for the best engine, and computes with it. */
    static final class Ask {
        private Ask() {}

        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try (Engine engine = Engines.best(1);
                        Block a = engine.allocate(Type.F64, 3, 3);
                        Block c = engine.allocate(Type.F64, 3, 3)) {
                    a.fill(0.1);
                    engine.gemm(1, a, false, a, false, 0, c);
                    engine.activate(Activation.GELU_TANH, c, c);
                    System.out.println("computed by " + engine.name() + ": " + c.get(1, 2));
                }
            }
            System.out.println("far tail: " + Activation.GELU.apply(-30) + " " + Activation.GELU_TANH.apply(-13));
        }
    }

    private static String ask(String... flags) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        String classes = Path.of("target", "classes").toAbsolutePath().toString();
        String tests = Path.of("target", "test-classes").toAbsolutePath().toString();
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", String.join(File.pathSeparator, classes, tests),
                Ask.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @Test
    void whereSimdRunsNothingIsSaid() throws Exception {
        assertThat(ask(SIMD)).contains("computed by simd").doesNotContain("instead of");
    }

    @Test
    void fallingBackIsSaidOnceWithWhatToAdd() throws Exception {
        assertThat(ask()).contains("computed by scalar")
                .containsOnlyOnce("using the scalar engine, which can be a hundred times slower, because the simd engine cannot run here:"
                        + " the jdk.incubator.vector module is not loaded; start java with --add-modules jdk.incubator.vector");
    }

    @ParameterizedTest
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
    @CsvSource(delimiter = '|', value = {
        "-XX:MaxVectorSize=16 | start java without -XX:MaxVectorSize=16",
        "-XX:UseAVX=1 | start java without -XX:UseAVX=1",
        "-XX:-UseFMA | start java without -XX:-UseFMA",
        "-XX:TieredStopAtLevel=1 | only the C1 compiler is enabled",
        "-XX:CompilationMode=quick-only | only the C1 compiler is enabled",
        "-Xint | the JIT is off (-Xint)"
    })
    void theReasonIsTheTrueOne(String flag, String reason) throws Exception {
        assertThat(ask(SIMD, flag)).contains("computed by scalar").containsOnlyOnce(reason).doesNotContain("AVX2");
    }

    /** Without the instruction a fused multiply-add takes a microsecond, so that it is not used; what is computed stays as accurate. */
    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
    void withoutFusedMultiplyAddsTheTailsAreAsAccurate() throws Exception {
        String line = ask("-XX:-UseFMA").lines().filter(each -> each.startsWith("far tail: ")).findFirst().orElseThrow();
        String[] values = line.split(" ", -1);
        assertThat(Double.parseDouble(values[2])).isCloseTo(-1.472014178144456e-196,
                org.assertj.core.data.Percentage.withPercentage(1e-13));
        assertThat(Double.parseDouble(values[3])).isCloseTo(-1.0511517767632533e-76,
                org.assertj.core.data.Percentage.withPercentage(1e-13));
    }
}
