package dev.zstar.benchmarks.jmh.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class PeersTableTest {
    private static String entry(String contender, String type, String times) {
        return """
                {"benchmark": "a.b.PeersGemm.gemm", "params": {"who": "%s", "n": "64", "type": "%s"},
                 "primaryMetric": {"scoreUnit": "us/op", "rawData": [%s]}}""".formatted(contender, type, times);
    }

    private static String markdown(String... entries) {
        return PeersTable.markdown(JsonMapper.shared().readTree("[" + String.join(",", entries) + "]"),
                contender -> Optional.of("no " + contender + " today").filter(_ -> contender.equals("openblas")));
    }

    @Test
    void timesAreThoseOfTheFastestIterationOverThoseOfSimd() {
        assertThat(markdown(
                        entry("simd", "f32", "[8.0, 6.5], [7.0]"), entry("simd", "f64", "[1300.0]"), entry("ejml", "f32", "[91.0]"),
                        entry("ejml", "f64", "[2600.0]"), entry("ojalgo", "f64", "[650.0, 900.0]")))
                .isEqualTo("""
                        ### gemm

                        | | `simd` | `ejml` | `ojalgo` |
                        |---|--:|--:|--:|
                        | n=64 f32 | 6.500 µs | ×14 |  |
                        | n=64 f64 | 1300 µs | ×2.00 | (×0.50) |

                        `openblas` is not in the file: it cannot run here, no openblas today.
                        `netlib` is not in the file.
                        `netlib-scalar` is not in the file.
                        Slowest iteration over fastest: median 1.00, worst 1.38.
                        """);
    }

    @Test
    void aFileWithoutContendersIsRefused() {
        assertThatThrownBy(() -> markdown("{\"benchmark\": \"a\", \"params\": {}}")).hasMessage("it has no results of contenders");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "{", "no JSON at all", "\u0000\u0001", "{}", "[]", "3", "null", "[1, 2]", "[{\"params\": {\"who\": \"simd\"}}]",
        "[{\"benchmark\": {}, \"params\": {\"who\": []}, \"primaryMetric\": 5}]",
        "[{\"benchmark\": \"b\", \"params\": {\"who\": \"simd\"}, \"primaryMetric\": {\"scoreUnit\": \"us/op\", \"rawData\": []}}]",
        "[{\"benchmark\": \"b\", \"params\": {\"who\": \"simd\"}, "
                + "\"primaryMetric\": {\"scoreUnit\": \"us/op\", \"rawData\": [[\"NaN\"]]}}]",
        "[{\"benchmark\": \"b\", \"params\": {\"who\": \"simd\"}, \"primaryMetric\": {\"scoreUnit\": \"ops/s\", \"rawData\": [[1]]}}]"})
    void whatIsNoResultIsOneSentence(String text, @TempDir Path temp) throws IOException {
        refused(Files.writeString(temp.resolve("result.json"), text));
    }

    @Test
    void whatIsNoFileIsOneSentence(@TempDir Path temp) {
        refused(temp);
        refused(temp.resolve("missing.json"));
    }

    private static void refused(Path file) {
        assertThatThrownBy(() -> PeersTable.read(file, _ -> Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching(Pattern.quote(file.toString()) + ": [^\n]+; expected a file from zstar jmh Peers -rf json -rff FILE");
    }

    /** The command in a JVM of its own, as the script starts it. */
    private static String run(Path file, int code) throws IOException, InterruptedException {
        Path out = Files.createTempFile("peers", ".txt");
        try {
            Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                    "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                    PeersTable.class.getName(), file.toString()).redirectErrorStream(true).redirectOutput(out.toFile()).start();
            assertThat(process.waitFor()).as(Files.readString(out)).isEqualTo(code);
            return Files.readString(out);
        } finally {
            Files.delete(out);
        }
    }

    @Test
    void theCommandPrintsTablesOrASentence(@TempDir Path temp) throws IOException, InterruptedException {
        Path file = Files.writeString(temp.resolve("result.json"), "[" + entry("simd", "f32", "[8.0]") + "]");
        assertThat(run(file, 0)).contains("| n=64 f32 | 8.000 µs |").contains("`ejml` is not in the file.");
        assertThat(run(Files.writeString(file, "{}"), 2)).contains("zstar: " + file
                + ": it is JSON, but not a list of results; expected a file from")
                .doesNotContain("\tat ").doesNotContain("Exception");
    }
}
