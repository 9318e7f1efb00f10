package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Trajectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script of {@code .ci/check-page}, which uses every chart and table of a page, on a page with invented results. */
class PageProbeTest {
    private static final Path PROBE = Path.of("..", ".ci", "page-probe.js");

    @TempDir
    private Path temp;

    private final List<StudyFile.Row> rows = new ArrayList<>();

    private void add(String suite, String name, String engine, Map<String, Double> params, String metric, double value, Double limit) {
        rows.add(new StudyFile.Row(suite, name, engine, 1, new TreeMap<>(params), metric, value, value, value, value, 2, limit,
                limit == null ? null : value / limit, List.of(List.of(value))));
    }

    private void kernel(String name, double n, double micros, double limit) {
        Map<String, Double> params = Map.of("n", n, "batch", 1.0, "bits", 32.0, "operations", 2 * n * n, "leastBytes", 4 * n * n + 8 * n,
                "level", n > 100 ? 2.0 : 1.0);
        for (String engine : List.of("simd", "openblas")) {
            double time = engine.equals("simd") ? micros : 1.5 * micros;
            add("kernels", name, engine, params, "gbps", 4 * n * n / time / 1e3, limit);
            add("kernels", name, engine, params, "us", time, null);
        }
        add("kernels", name, "simd/openblas", params, "ratio", 1.5, null);
    }

    private static Trajectory trajectory(String solver, int count) {
        List<Double> distances = new ArrayList<>();
        List<List<Double>> coordinates = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            double distance = Math.pow(0.5, k);
            distances.add(distance);
            coordinates.add(List.of(distance * Math.cos(k), distance * Math.sin(k), 0.1 * distance));
        }
        return new Trajectory(solver, "a <problem>", 0.9, distances, coordinates);
    }

    private StudyFile file() {
        kernel("gemv n=64", 64, 1, 20);
        // Faster than the loop that measures the ceiling: the ceiling gives way.
        kernel("gemv n=256", 256, 2, 100);
        Map<String, Double> shape = Map.of("n", 64.0, "batch", 1.0);
        Map.of("us", 12.0, "nfev", 27.0, "overhead", 1.5, "bytes", 1e6, "depth", 96.0, "depthThroughput", 8e6, "bytesPerDepth", 1e4)
                .forEach((metric, value) -> add("forward", "anderson(5) n=64 B=1", "simd", shape, metric, value, null));
        for (int blocks : new int[] {8, 27}) {
            Map<String, Double> params = Map.of("n", 64.0, "batch", 1.0, "blocks", (double) blocks);
            Map<String, Double> pass = Map.of("passUs", 200.0 / blocks, "passRatio", 27.0 / blocks, "passBytes", 256.0 * blocks,
                    "passEvaluations", 20.0, "passProducts", 15.0);
            pass.forEach((metric, value) -> add("backward", "within " + blocks + " blocks", "simd", params, metric, value, null));
            Map<String, Double> deep = Map.of("n", 512.0, "batch", 64.0, "depth", (double) blocks);
            for (String kind : List.of("DEQ", "unrolled")) {
                add("depth", kind + " depth=" + blocks, "simd", deep, "stateBytes", 1e6 * blocks, null);
                add("depth", kind + " depth=" + blocks, "simd", deep, "bytes", 2e6 * blocks, null);
                add("depth", kind + " depth=" + blocks, "simd", deep, "stepUs", 100.0 * blocks, null);
            }
        }
        add("forward", "first seconds n=64 B=1", "simd", Map.of("n", 64.0, "batch", 1.0), "firstAnswer", 0.6, null);
        add("forward", "first seconds n=64 B=1", "simd", Map.of("n", 64.0, "batch", 1.0), "settledUs", 10, null);
        for (double seconds : new double[] {0.5, 1, 5}) {
            Map<String, Double> at = Map.of("n", 64.0, "batch", 1.0, "seconds", seconds);
            add("forward", "first seconds n=64 B=1", "simd", at, "warmUpUs", 10 / seconds, null);
        }
        for (int i = 0; i < 150; i++) {
            add("cells", "a case of a long table " + i, "simd", Map.of(), "unknown", i, null);
        }
        List<StudyFile.Curve> traces = List.of(
                new StudyFile.Curve("forward", "anderson(5)", "n=64 B=1", List.of(1.0, 1e-3, 1e-6), List.of(1.0, 2.0, 3.0)),
                new StudyFile.Curve("forward", "picard", "n=64 B=1", List.of(1.0, 0.5, 0.2), List.of(0.5, 1.0, 1.5)),
                new StudyFile.Curve("backward", "gmres(20)", "n=64 B=1", List.of(0.5, 1e-5), List.of(1.0, 2.5)));
        return new StudyFile(StudyFile.SCHEMA, "2020-01-01T00:00:00Z", null, "zstar study", 90.0, true,
                new Machine("a cpu", null, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of()),
                List.of(new Ceiling("fma.f32.1t", 100, "GFLOP/s"), new Ceiling("read.L1.1t", 30, "GB/s")), rows, traces,
                List.of(trajectory("picard", 30), trajectory("anderson(5)", 12), trajectory("broyden", 9)), List.of(), List.of(), null);
    }

    private String probed(String html, String before) throws IOException, InterruptedException {
        String text = Browser.drawn(temp, html.replace("</body>\n</html>",
                "<script>" + before + "</script><script>" + Files.readString(PROBE) + "</script></body></html>"));
        return text.substring(text.indexOf("<pre id=\"probe\">"));
    }

    @Test
    void everyChartAndTableOfAStudyWorks() throws IOException, InterruptedException {
        assertThat(probed(Page.study(file()), "")).containsPattern("<pre id=\"probe\">\\d\\d charts and \\d\\d tables work</pre>");
    }

    @Test
    void theViewsOfSolvesAreThere() throws IOException, InterruptedException {
        String text = Browser.drawn(temp, Page.study(file()));
        assertThat(text).contains("Roofline, 1 thread", "Residual against evaluations", "Residual against time",
                "Residual of the backward solve against products", "Residual of the backward solve against time", "Ways to the fixed point",
                "Where the time of a solve goes", "Effective layers per second", "Memory for each effective layer", "Time against memory",
                "The first seconds of a process", "n=64 B=1 has its first answer after 0.6 s",
                "Memory for each layer over effective depth", "Effective layers per second over effective depth");
        // 2 · 256² operations in 2 µs are 65.5 GFLOP/s, and 32.8 in 3 µs; the ceiling is what the faster one reached.
        assertThat(text).contains("<td>gemv n=256</td><td>simd</td><td>f32</td><td>L2</td>", ">100%</td>");
        assertThat(text).contains("a &lt;problem&gt;, 30 evaluations by picard");
    }

    @Test
    void aStudyOfOneSizeHasItsCeilings() throws IOException, InterruptedException {
        kernel("gemv n=64", 64, 1, 20);
        StudyFile file = new StudyFile(StudyFile.SCHEMA, "2020-01-01T00:00:00Z", null, "zstar study", 90.0, true,
                new Machine("a cpu", null, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of()),
                List.of(new Ceiling("fma.f32.1t", 100, "GFLOP/s"), new Ceiling("read.L1.1t", 30, "GB/s")), rows, List.of(), List.of(),
                List.of(), List.of(), null);
        assertThat(probed(Page.study(file), "")).containsPattern("<pre id=\"probe\">\\d charts and \\d tables work</pre>");
        // On a phone the names of the bars are before the line at 1, with an edge of the colour of the paper.
        String script = "const c = charts.find(one => one.title.startsWith('Each kernel')), o = c.option(look(), true);"
                + "const l = o.yAxis.axisLabel;"
                + "document.body.append(l.textBorderWidth > 0 && l.textBorderColor === look().card && o.yAxis.z > o.series[0].markLine.z);";
        assertThat(Browser.drawn(temp, Page.study(file).replace("</body>\n</html>", "<script>" + script + "</script></body></html>")))
                .containsPattern("true *</body>");
    }

    @Test
    void theProbeFindsWhatIsBroken() throws IOException, InterruptedException {
        // One page with all faults, since each start of a browser takes a second.
        String said = probed(Page.study(file()), """
                const columns = document.querySelectorAll('thead th');
                columns[0].title = '';
                columns[1].querySelector('button').className = 'other';
                document.querySelector('tbody td').textContent = 'NaN';
                document.body.style.width = '5000px';
                charts[0].option = () => ({ xAxis: {}, yAxis: {}, series: [{ type: 'line', data: [[1, 2]] }] });
                charts[1].box.nextElementSibling.remove();""");
        assertThat(said).contains("is not explained", "cannot be reached by keyboard", "the table shows NaN",
                "the page is wider than its window", "a value under the mouse shows no number", "the chart has no table");
    }
}
