package dev.zstar.benchmarks.jmh.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class PeersTableTest {
    private static String entry(String contender, String type, String times) {
        return """
                {"benchmark": "a.b.PeersGemm.gemm", "params": {"who": "%s", "n": "64", "type": "%s"},
                 "primaryMetric": {"scoreUnit": "us/op", "rawData": [%s]}}""".formatted(contender, type, times);
    }

    private static String markdown(String... entries) {
        return PeersTable.markdown(JsonMapper.shared().readTree("[" + String.join(",", entries) + "]"));
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

                        Slowest iteration over fastest: median 1.00, worst 1.38.
                        """);
    }

    @Test
    void aFileWithoutContendersIsRefused() {
        assertThatThrownBy(() -> markdown("{\"benchmark\": \"a\", \"params\": {}}")).hasMessage("no contenders");
    }
}
