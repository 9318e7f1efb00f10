package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.reports.results.ResultReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code zstar report}: the files that it takes, and what a browser shows of its page. */
class ReportCommandTest {
    @TempDir
    private Path temp;

    private String err;

    private int run(List<String> files, Path out) {
        StringWriter errWriter = new StringWriter();
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(new StringWriter(), true));
        line.setErr(new PrintWriter(errWriter, true));
        List<String> arguments = new ArrayList<>(List.of("report"));
        for (String file : files) {
            arguments.add(file(file).toString());
        }
        arguments.addAll(List.of("-o", out.toString()));
        int code = line.execute(arguments.toArray(String[]::new));
        err = errWriter.toString();
        return code;
    }

    /** A copy of a resource, since the resources may be in a module. */
    private Path file(String name) {
        try (InputStream in = ResultReader.class.getResourceAsStream(name)) {
            return Files.write(temp.resolve(name), in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String page(String... files) throws IOException {
        Path out = temp.resolve("deep/page");
        assertThat(run(List.of(files), out)).as(err).isZero();
        return Files.readString(out.resolve("index.html"));
    }

    /** The page after this script ran in it, which puts what it finds into the document. */
    private String drawn(String script, String... files) throws IOException, InterruptedException {
        return Browser.drawn(temp, page(files).replace("</body>\n</html>", "<pre id=\"found\"></pre><script>"
                + "const found = t => { document.getElementById('found').textContent += t + ';'; };" + script + "</script></body></html>"));
    }

    @Test
    void severalFilesAreSeriesOfOnePage() throws IOException, InterruptedException {
        String text = drawn("found(charts[0].instance.getOption().series.length);", "average-time.json", "without-raw-data.json",
                "study-2.json", "no-benchmarks.json");
        assertThat(text).contains("report of 4 files", "<h2>org.example.ListBenchmark.add, avgt</h2>", "<h2>kernels, us</h2>",
                "us/op, less is better, intervals: 95%, over forks; 99.9%, over iterations, by JMH.",
                "study; 2026-01-01T00:00:00Z; a cpu, 2 processors, an os; a jdk");
        // 12.5 ns/op are 0.0125 us/op; two series of bars and two of intervals.
        assertThat(text).contains("<td>0.0125</td>", "<pre id=\"found\">4;</pre>");
        assertThat(text).doesNotContain("undefined", ">NaN<", "null");
    }

    @Test
    void labelsAreShownAndNeverRun() throws IOException, InterruptedException {
        String text = drawn("found(typeof alerted); found(document.images.length);", "markup-in-labels.json");
        assertThat(text).contains("<h2>org.example.&lt;b&gt;.bold, avgt</h2>", "end=&lt;/script&gt;&lt;b&gt; formula==1+1 "
                + "input=&lt;img src=x onerror=alert(1)&gt; place=/*script*/ /*data*/, avgt</td>", "<pre id=\"found\">undefined;0;</pre>");
        assertThat(page("markup-in-labels.json")).doesNotContain("<img src=x");
    }

    @Test
    void hostileNamesHaveAPageOfUsualSize() throws IOException, InterruptedException {
        StringBuilder json = new StringBuilder();
        for (String name : List.of("", "\\\"quoted\\\" 'name'", "</script><script>document.title = 'hit'</script>", "\u202egnp.exe\u202c",
                "x".repeat(10_000), "\uD83D\uDE00".repeat(5_000), "constructor", "a\\nb\\u0000\\u001b[31m")) {
            for (int n = 0; n < 2; n++) {
                json.append(json.isEmpty() ? "[" : ",").append(String.format(Locale.ROOT, """
                        {"benchmark": "%1$s", "mode": "avgt", "params": {"__proto__": "%1$s", "n": "%2$d"},
                        "primaryMetric": {"score": 1, "scoreUnit": "%1$s", "rawData": [[1, 2], [1, 2]]}}""", name, n));
            }
        }
        Path file = Files.writeString(temp.resolve("hostile.json"), json.append(']'));
        Path out = temp.resolve("hostile");
        CommandLine line = Zstar.commandLine().setOut(new PrintWriter(new StringWriter()));
        assertThat(line.execute("report", file.toString(), "-o", out.toString())).isZero();
        String html = Files.readString(out.resolve("index.html"));
        String text = Browser.drawn(temp, html.replace("</body>\n</html>", "<pre id=\"found\"></pre><script>charts.forEach(c => show(c));"
                + "const fits = document.documentElement.scrollWidth <= innerWidth, h = [...document.querySelectorAll('h2')];"
                + "document.getElementById('found').textContent = [fits, h.length, h.every(e => e.clientHeight < 200),"
                + "document.title].join(';');</script></body></html>"));
        assertThat(text).contains("<pre id=\"found\">true;8;true;zstar: a report</pre>", "<h2>(no name), avgt</h2>",
                "<h2>\ufffdgnp.exe\ufffd, avgt</h2>", "<h2>" + "x".repeat(200) + "…</h2>", "<h2>" + "\uD83D\uDE00".repeat(200) + "…</h2>");
        assertThat(text).doesNotContain("\u202e");
        // check-page on the same page.
        String probe = Files.readString(Path.of("..", ".ci", "page-probe.js"));
        assertThat(Browser.drawn(temp, html.replace("</body>\n</html>", "<script>" + probe + "</script></body></html>")))
                .contains("<pre id=\"probe\">8 charts and 8 tables work</pre>");
    }

    @Test
    void moreBenchmarksThanAPageShowsAreRefused() throws IOException {
        StringBuilder json = new StringBuilder();
        for (int i = 0; i <= ReportData.MOST; i++) {
            json.append(i == 0 ? "[" : ",").append("{\"benchmark\": \"b").append(i)
                    .append("\", \"mode\": \"avgt\", \"primaryMetric\": {\"score\": 1, \"scoreUnit\": \"us/op\"}}");
        }
        Path file = Files.writeString(temp.resolve("many.json"), json.append(']'));
        StringWriter said = new StringWriter();
        CommandLine line = Zstar.commandLine().setErr(new PrintWriter(said));
        assertThat(line.execute("report", file.toString(), "-o", temp.resolve("out").toString())).isEqualTo(2);
        assertThat(said.toString()).isEqualTo("zstar: there are 20,001 benchmarks, expected at most 20,000 on one page; have JMH measure a "
                + "part of them for each file\n");
        assertThat(temp.resolve("out")).doesNotExist();
    }

    @Test
    void smallNumbersAreNotZeroInTablesAndOnAxes() throws IOException, InterruptedException {
        String text = drawn("const tiny = charts.find(c => c.group.title.includes('tiny')), o = tiny.instance.getOption();"
                + "found(tiny.instance.getModel().getComponent('xAxis').axis.getViewLabels().map(l => l.formattedLabel).join(' '));",
                "markup-in-labels.json");
        assertThat(text).contains(">1.015e-11</td>").containsPattern("<pre id=\"found\">0 2e-12 4e-12 6e-12 8e-12 1e-11 1.2e-11;</pre>");
    }

    @Test
    void tablesAreSortedByTheirHeadingsAndSavedAsCsv() throws IOException, InterruptedException {
        String script = "const t = document.querySelector('table');"
                + "const rows = () => [...t.tBodies[0].rows].map(r => r.cells[1].textContent).join(' ');"
                + "const sort = t.querySelectorAll('th button.sort')[1];"
                + "found(rows()); sort.click(); found(rows()); sort.click(); found(rows());"
                + "found(t.querySelectorAll('th')[1].getAttribute('aria-sort'));"
                + "found(csv(['a', '=b'], [['x\"y', 1e-9], ['@z', null]]).replaceAll('\\r\\n', '/'));";
        String text = drawn(script, "average-time.json");
        assertThat(text).contains("<pre id=\"found\">10.15 162.4;10.15 162.4;162.4 10.15;descending;"
                + "\"a\",\"'=b\"/\"x\"\"y\",1e-9/\"'@z\",/;</pre>");
    }

    @Test
    void onALogarithmicAxisPointsReplaceBars() throws IOException, InterruptedException {
        String script = "const kind = () => { const o = charts[0].instance.getOption(); return o.xAxis[0].type + ' ' + o.series[0].type; };"
                + "found(kind()); document.getElementById('log').click(); found(kind());"
                + "found(document.getElementById('log').ariaPressed);";
        assertThat(drawn(script, "average-time.json")).contains("<pre id=\"found\">value bar;log custom;true;</pre>");
    }

    /** A file of JMH with these values, each the raw data of a benchmark of one group: forks of one iteration each. */
    private String numbers(String... forks) throws IOException {
        StringBuilder json = new StringBuilder();
        for (int i = 0; i < forks.length; i++) {
            json.append(json.isEmpty() ? "[" : ",").append(String.format(Locale.ROOT, """
                    {"benchmark": "org.example.Some.run", "mode": "avgt", "params": {"n": "%d"},
                    "primaryMetric": {"score": %s, "scoreUnit": "us/op", "rawData": [[%s]]}}
                    """, i, forks[i].split(" ", 2)[0], forks[i].replace(" ", "],[")));
        }
        Files.writeString(temp.resolve("numbers.json"), json.append(']'));
        Path out = temp.resolve("numbers");
        CommandLine line = Zstar.commandLine().setOut(new PrintWriter(new StringWriter()));
        assertThat(line.execute("report", temp.resolve("numbers.json").toString(), "-o", out.toString())).isZero();
        return Files.readString(out.resolve("index.html"));
    }

    @Test
    void barsThatWouldVanishArePointsOnALogarithmicAxis() throws IOException, InterruptedException {
        String script = "<pre id=\"found\"></pre><script>const found = t => { document.getElementById('found').textContent += t + ';'; };"
                + "const log = document.getElementById('log'), say = () => found(charts[0].instance.getOption().xAxis[0].type + ' '"
                + "+ log.ariaPressed); say(); log.click(); say();</script></body></html>";
        assertThat(Browser.drawn(temp, numbers("1", "101").replace("</body>\n</html>", script)))
                .contains("<pre id=\"found\">log true;value false;</pre>");
        assertThat(Browser.drawn(temp, numbers("1", "99").replace("</body>\n</html>", script)))
                .contains("<pre id=\"found\">value false;log true;</pre>");
        assertThat(Browser.drawn(temp, numbers("0", "1", "101").replace("</body>\n</html>", script))).as("0 has no place on a log axis")
                .contains("<pre id=\"found\">value false;log true;</pre>");
    }

    @Test
    void anIntervalThatSaysNothingIsSaidInWords() throws IOException, InterruptedException {
        String text = Browser.drawn(temp, numbers("1 3", "1 1.001 1.002"));
        assertThat(text).contains("1 interval is wider than 10 times and not drawn: the forks are too few, or differ too much.",
                "<td>2</td><td>&gt; 10×</td><td>&gt; 10×</td><td>2</td>");
        assertThat(text).containsPattern("<td>1.001</td><td[^>]*>0.99\\d+</td><td[^>]*>1.00\\d</td><td>3</td>").doesNotContain("null");
    }

    @Test
    void percentilesAndSingleCallsAreColumnsAndMarks() throws IOException, InterruptedException {
        String script = "const drawn = part => { const c = charts.find(one => one.title.includes(part)); show(c);"
                + "return c.instance.getOption().series.map(s => s.data.length).join(' '); };"
                + "found(drawn('sort')); found(drawn('start')); found(charts[0].box.nextElementSibling.textContent);";
        String text = drawn(script, "sample-histograms.json", "single-shot.json");
        // The pooled calls are 4 of 1 ms, 2 of 2 ms, 5 of 3 ms, 2 of 4 ms and 1 of 5 ms.
        assertThat(text).contains(
                "strokes: the 50th, 90th, 99th and 99.9th percentile, and the longest call", "small circles: single calls");
        assertThat(text).containsPattern("<td>3</td><td>4</td><td>5</td><td>5</td><td>5</td><td>2</td>");
        // A bar, a line of percentiles and no interval; a bar, its interval and three calls.
        assertThat(text).containsPattern("<pre id=\"found\">1( 1)? 1;1 1 3;");
    }

    @Test
    void chartsShowThePageAndTheOrderOfTheirTable() throws IOException, InterruptedException {
        String script = "const c = charts.find(one => one.group.rows.length > 1), t = c.box.nextElementSibling.querySelector('table');"
                + "const first = () => { const d = c.instance.getOption().yAxis[0].data; return d.at(-1); };"
                + "const shown = () => t.tBodies[0].rows[0].cells[0].textContent; show(c);"
                + "found(first() === shown()); const was = first(); const sort = t.querySelectorAll('th button.sort')[1];"
                + "sort.click(); sort.click(); found(first() === shown()); found(first() !== was);";
        assertThat(drawn(script, "average-time.json")).contains("<pre id=\"found\">true;true;true;</pre>");
    }

    @Test
    void fiveThousandBenchmarksFitThreeMegabytesAndArePagesOfATable() throws IOException, InterruptedException {
        StringBuilder json = new StringBuilder("[");
        for (int i = 0; i < 5000; i++) {
            json.append(i == 0 ? "" : ",").append(String.format(Locale.ROOT, """
                    {"benchmark": "org.example.Many.run", "mode": "avgt", "params": {"n": "%1$d", "kind": "a kind with a name"},
                    "primaryMetric": {"score": %2$f, "scoreUnit": "us/op", "rawData": [[%2$f, %3$f], [%3$f, %2$f], [%2$f, %3$f]]}}
                    """, i, 1 + i * 0.37123, 1 + i * 0.37456));
        }
        Path file = Files.writeString(temp.resolve("many.json"), json.append(']'));
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(new StringWriter(), true));
        assertThat(line.execute("report", file.toString(), "-o", temp.resolve("many").toString())).isZero();
        String html = Files.readString(temp.resolve("many/index.html"));
        assertThat(html.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(3_000_000);
        String text = Browser.drawn(temp, html);
        assertThat(text).contains("<span>1–40 of 5,000</span>");
        assertThat(text.split("<tr", -1)).as("a head, and a page of rows").hasSize(1 + 1 + 40);
    }

    @Test
    void filesWithoutBenchmarksHaveAPage() throws IOException, InterruptedException {
        assertThat(drawn("", "no-benchmarks.json")).contains("The files hold no benchmarks.");
    }

    @Test
    void theSamePageIsReplacedAndNothingElse() throws IOException {
        page("average-time.json");
        page("study-1.json");
        Path other = Files.createDirectory(temp.resolve("other"));
        Files.writeString(other.resolve("index.html"), "mine");
        assertThat(run(List.of("average-time.json"), other)).isEqualTo(2);
        assertThat(err).isEqualTo("zstar: " + other.resolve("index.html")
                + " exists and is not the page of a report; choose another folder with --out\n");
        assertThat(run(List.of("average-time.json"), temp.resolve("average-time.json"))).isEqualTo(2);
        assertThat(err).isEqualTo("zstar: --out " + temp.resolve("average-time.json")
                + " cannot be created (FileAlreadyExistsException); expected a folder\n");
        assertThat(run(List.of("average-time.json", "average-time.json"), other)).isEqualTo(2);
        assertThat(err).isEqualTo("zstar: " + temp.resolve("average-time.json") + " is given twice; expected different files\n");
        assertThat(run(List.of("truncated.json"), other)).isEqualTo(2);
        assertThat(err).startsWith("zstar: " + temp.resolve("truncated.json") + ": it is not valid JSON");
    }
}
