package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.reports.results.ResultReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import picocli.CommandLine;

/** {@code zstar compare}: verdicts, exit codes, and the three forms of a comparison. */
class CompareCommandTest {
    @TempDir
    private Path temp;

    private Path base;
    private Path fresh;
    private String out;
    private String err;

    @BeforeEach
    void files() {
        base = temp.resolve("base.json");
        fresh = temp.resolve("new.json");
    }

    private int run(String... options) {
        StringWriter outWriter = new StringWriter();
        StringWriter errWriter = new StringWriter();
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(outWriter, true));
        line.setErr(new PrintWriter(errWriter, true));
        List<String> arguments = new ArrayList<>(List.of("compare", base.toString(), fresh.toString()));
        arguments.addAll(List.of(options));
        int code = line.execute(arguments.toArray(String[]::new));
        out = outWriter.toString();
        err = errWriter.toString();
        return code;
    }

    /** A result of JMH with noise of 0.5%; five iterations in each fork. */
    private static String jmh(String name, String mode, String unit, double score, int forks, long seed, String secondary) {
        Random random = new Random(seed);
        String raw = IntStream.range(0, forks).mapToObj(fork -> IntStream.range(0, 5)
                .mapToObj(i -> String.format(Locale.ROOT, "%.9g", score * (1 + 0.005 * random.nextGaussian())))
                .collect(Collectors.joining(", ", "[", "]"))).collect(Collectors.joining(", ", "[", "]"));
        return "{\"benchmark\": \"" + name + "\", \"mode\": \"" + mode + "\", \"threads\": 1, \"primaryMetric\": {\"score\": " + score
                + ", \"scoreUnit\": \"" + unit + "\", \"rawData\": " + raw + "}, \"secondaryMetrics\": {" + secondary + "}}";
    }

    private static String time(String name, double score, int forks, long seed) {
        return jmh(name, "avgt", "us/op", score, forks, seed, "");
    }

    private static String allocating(String name, double bytes) {
        return jmh(name, "avgt", "us/op", 10, 5, 1,
                "\"gc.alloc.rate.norm\": {\"score\": " + bytes + ", \"scoreUnit\": \"B/op\", \"rawData\": [[" + bytes + "]]}");
    }

    private static void write(Path file, String... results) throws IOException {
        Files.writeString(file, "[" + String.join(",", results) + "]");
    }

    private void wrong(String sentence, String... options) {
        assertThat(run(options)).isEqualTo(2);
        assertThat(err).isEqualTo("zstar: " + sentence + "\n");
        assertThat(out).isEmpty();
    }

    @Test
    void everyVerdictIsASentenceAndARegressionEndsWithOne() throws IOException {
        write(base, time("a.B.same", 10, 5, 1), time("a.B.slower", 10, 5, 2), time("a.B.faster", 10, 5, 3), time("a.B.once", 10, 1, 4),
                jmh("a.B.rate", "thrpt", "ops/us", 10, 5, 5, ""));
        write(fresh, time("a.B.same", 10, 5, 11), time("a.B.slower", 11, 5, 12), time("a.B.faster", 9, 5, 13), time("a.B.once", 20, 1, 14),
                jmh("a.B.rate", "thrpt", "ops/us", 9, 5, 15, ""));
        assertThat(run()).isEqualTo(1);
        assertThat(err).isEmpty();
        assertThat(out).containsPattern("SLOWER   B.slower, avgt\n {9}It takes 1\\.(09|10)\\d times as long \\(1\\.\\d+ to 1\\.\\d+\\), "
                + "[0-9.]+ → [0-9.]+ us/op, 5 forks\\s+each\\.")
                .containsPattern("SLOWER   B.rate, thrpt\n {9}It takes 1\\.1[01]\\d times as long")
                .containsPattern("FASTER   B.faster, avgt\n {9}It takes 0\\.[89]\\d+ times as long")
                .containsPattern("SAME     B.same, avgt\n[^.]*\\.[^A-Z]*which is\\s+within 3%")
                .contains("UNCLEAR  B.once, avgt\n         One fork says nothing about the next; 4 more forks of each build may decide: ")
                .contains("5 benchmarks: 2 slower, 1 faster, 1 the same, 1 unclear.");
        assertThat(out.lines()).as("a terminal of 100 columns").allMatch(line -> line.length() <= 100);
        assertThat(run("--floor", "20")).as("a difference below the floor").isZero();
    }

    @Test
    void anIntervalThatSaysNothingIsNoFinding() throws IOException {
        String result = "{\"benchmark\": \"a.B.c\", \"mode\": \"avgt\", \"primaryMetric\": {\"score\": 1, \"scoreUnit\": \"us/op\", "
                + "\"rawData\": [[1], [40]]}}";
        write(base, result);
        write(fresh, result.replace("[40]", "[90]"));
        Path markdown = temp.resolve("result.md");
        assertThat(run("--markdown", markdown.toString())).isZero();
        assertThat(out.replaceAll("\\s+", " ")).contains("It takes 2.220 times as long (with an interval wider than 10 times: the forks "
                + "are too few, or differ too much), 20.5 → 45.5 us/op, 2 forks each; more than 100 more forks");
        assertThat(markdown).content().contains("| B.c, avgt | 2.220 | wider than 10 times | 20.5 → 45.5 us/op |");
        write(fresh, time("a.B.c", 20.5, 5, 1));
        write(base, time("a.B.c", 20.5, 5, 2));
        assertThat(run()).isZero();
        assertThat(out).containsPattern("\\((0\\.99|1\\.0)\\d+ to 1\\.0\\d+\\)");
    }

    @Test
    void withoutARegressionTheCodeIsZero() throws IOException {
        write(base, time("a.B.c", 10, 5, 1), time("a.B.gone", 10, 5, 2));
        write(fresh, time("a.B.c", 9, 5, 3), jmh("a.B.c", "ss", "us/op", 10, 5, 4, ""));
        assertThat(run()).isZero();
        assertThat(out).contains("note: Only in " + base + ": a.B.gone, avgt.", "a.B.c, ss.");
    }

    @Test
    void unitsOfTimeAreConvertedAndOthersAreNot() throws IOException {
        write(base, time("a.B.c", 10, 5, 1), jmh("a.B.d", "avgt", "us/op", 10, 5, 1, ""));
        write(fresh, jmh("a.B.c", "avgt", "ns/op", 10_000, 5, 1, ""), jmh("a.B.d", "avgt", "pages", 10, 5, 1, ""));
        assertThat(run()).isZero();
        assertThat(out).contains("It takes 1.000 times as long", "The unit us/op cannot be compared with pages.");
    }

    @Test
    void allocationIsComparedByTheByte() throws IOException {
        write(base, allocating("a.B.more", 0.002), allocating("a.B.less", 48), allocating("a.B.noise", 24.01));
        write(fresh, allocating("a.B.more", 24), allocating("a.B.less", 24), allocating("a.B.noise", 24.3));
        assertThat(run()).isEqualTo(1);
        assertThat(out.replaceAll("\\s+", " ")).contains("It allocates 24 B more in each operation: 0 → 24 B.",
                "It allocates 24 B less in each operation: 48 → 24 B.", "3 the same, 0 unclear; 1 allocates more.");
        assertThat(out.split("It allocates", -1)).hasSize(3);
    }

    @Test
    void aRulerThatMovedMakesEverythingUnclear() throws IOException {
        write(base, time("a.B.c", 10, 5, 1), time("a.B.fixed", 10, 5, 2));
        write(fresh, time("a.B.c", 12, 5, 3), time("a.B.fixed", 12, 5, 4));
        assertThat(run("--ruler", "fixed")).isZero();
        assertThat(out.replaceAll("\\s+", " ")).containsPattern(
                "note: The ruler B\\.fixed, avgt takes 1\\.\\d+ times as long, so the machine changed; all verdicts are unclear\\.")
                .contains("0 slower, 0 faster, 0 the same, 2 unclear.");
        write(fresh, time("a.B.c", 12, 5, 3), time("a.B.fixed", 10, 5, 4));
        assertThat(run("--ruler", "a.B.fixed")).as("it stood still").isEqualTo(1);
        wrong("--ruler other is in none or only one of the files; expected a benchmark of both, such as B.c, avgt", "--ruler", "other");
    }

    @Test
    void wrongCallsAreOneSentence() throws IOException {
        write(base, time("a.B.c", 10, 5, 1));
        write(fresh, time("a.B.d", 10, 5, 1));
        wrong(base + " and " + fresh + " share no benchmark with the same parameters, mode and threads; "
                + "expected two results of the same benchmarks");
        wrong("--floor 0; expected a percentage from 0.1 to 100", "--floor", "0");
        wrong("--floor NaN; expected a percentage from 0.1 to 100", "--floor", "NaN");
        write(fresh, time("a.B.c", 10, 5, 1));
        wrong("--junit " + temp.resolve("no/x.xml") + " cannot be written (NoSuchFileException); expected a file in a folder",
                "--junit", temp.resolve("no/x.xml").toString());
        Files.delete(fresh);
        wrong(fresh + ": there is no such file; expected the JSON of JMH (-rf json) or the study.json of zstar study");
    }

    @Test
    void moreBenchmarksThanCanBeComparedAreRefused() throws IOException {
        StringBuilder json = new StringBuilder();
        for (int i = 0; i <= 30_000; i++) {
            json.append(i == 0 ? "[" : ",").append("{\"benchmark\": \"b").append(i)
                    .append("\", \"mode\": \"avgt\", \"primaryMetric\": {\"score\": 1, \"scoreUnit\": \"us/op\"}}");
        }
        Files.writeString(base, json.append(']'));
        Files.writeString(fresh, json);
        wrong("the files share 30,001 benchmarks, expected at most 30,000; have JMH measure a part of them for each file");
    }

    @Test
    void studiesOfDifferentMachinesNeedForce() throws IOException {
        String study = resource("study-2.json");
        Files.writeString(base, study);
        Files.writeString(fresh, study.replace("a cpu", "another cpu"));
        wrong(base + " is from a cpu, 2 processors, an os, and " + fresh + " from another cpu, 2 processors, an os; "
                + "expected the same machine, or --force");
        assertThat(run("--force")).isZero();
        assertThat(out.replaceAll("\\s+", " ")).contains("the ratios are also those of the machines.");
        Files.writeString(fresh, study.replace("a jdk", "another jdk"));
        assertThat(run()).isZero();
        assertThat(out).contains("note: The virtual machines differ: a jdk and another jdk.", "kernels: gemv n=64 on simd, us");
    }

    @Test
    void markdownAndXmlHoldTheSameWhateverTheLabels() throws IOException, ParserConfigurationException, SAXException {
        String evil = "a.B.x|</td><script>`&\\u001b\\u0000\\uffff \\ud800";
        write(base, time(evil, 10, 5, 1), time("a.B.once", 10, 1, 2), time("a.B.same", 10, 5, 3));
        write(fresh, time(evil, 12, 5, 4), time("a.B.once", 10, 1, 5), time("a.B.same", 10, 5, 6));
        Path markdown = temp.resolve("x.md");
        Path junit = temp.resolve("x.xml");
        assertThat(run("--markdown", markdown.toString(), "--junit", junit.toString())).isEqualTo(1);
        assertThat(out.chars()).as("no sign that a terminal obeys").noneMatch(c -> c < ' ' && c != '\n');
        assertThat(Files.readString(markdown).lines().filter(line -> line.startsWith("|"))).hasSize(5)
                .allMatch(line -> line.chars().filter(c -> c == '|').count() == 7).noneMatch(line -> line.contains("<"));
        Document document = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder()
                .parse(new InputSource(new StringReader(Files.readString(junit))));
        Element suite = (Element) document.getElementsByTagName("testsuite").item(0);
        assertThat(suite.getAttribute("tests")).isEqualTo("3");
        assertThat(suite.getAttribute("failures")).isEqualTo("1");
        assertThat(suite.getAttribute("skipped")).isEqualTo("1");
        Element failed = (Element) document.getElementsByTagName("failure").item(0);
        assertThat(failed.getAttribute("type")).isEqualTo("SLOWER");
        assertThat(failed.getAttribute("message")).startsWith("It takes 1.2");
        assertThat(((Element) failed.getParentNode()).getAttribute("name")).contains("x|</td><script>`&");
        assertThat(((Element) failed.getParentNode()).getAttribute("classname")).isEqualTo("benchmarks");
    }

    private static String counted(String study, double evaluations) {
        String row = "{\"suite\": \"forward\", \"case\": \"a solve\", \"engine\": \"simd\", \"threads\": 1, \"metric\": \"nfev\", "
                + "\"value\": " + evaluations + ", \"runs\": 1}, ";
        return study.replaceFirst("\"results\": \\[", "\"results\": [" + row);
    }

    @Test
    void whatIsCountedIsComparedExactly() throws IOException {
        String study = resource("study-2.json");
        Files.writeString(base, counted(study, 17));
        Files.writeString(fresh, counted(study, 17));
        assertThat(run()).isZero();
        assertThat(out.replaceAll("\\s+", " ")).contains("Counted figures: 0 larger, 0 smaller, 2 the same.").doesNotContain("a solve");
        Files.writeString(fresh, counted(study, 18));
        Path junit = temp.resolve("x.xml");
        assertThat(run("--junit", junit.toString())).as("one more is a regression, whatever the floor").isEqualTo(1);
        assertThat(out).contains("MORE     forward: a solve on simd, nfev", "It has more of what was counted: 17 → 18 evaluations.",
                "Counted figures: 1 larger");
        assertThat(junit).content().contains("<failure type=\"MORE\"");
        Files.writeString(fresh, counted(study, 16));
        assertThat(run()).isZero();
        assertThat(out).contains("LESS     forward: a solve on simd, nfev");
        Files.writeString(fresh, counted(counted(study, 18), 99));
        assertThat(run()).as("a name that two figures have").isZero();
        assertThat(out.replaceAll("\\s+", " ")).contains("Counted figures: 0 larger, 0 smaller, 1 the same.").doesNotContain("a solve");
    }

    private static String resource(String name) throws IOException {
        try (var in = ResultReader.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
