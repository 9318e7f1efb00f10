package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Study;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Studies of several machines, and their index. */
class PublishCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String command = "zstar study";
    private String model = "6/167";
    private StudyEvidence evidence;

    private int run(String... words) {
        return Zstar.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(words);
    }

    private Path study(String cpu, double gflops, boolean finished) throws IOException {
        StudyFile file = new StudyFile(StudyFile.SCHEMA, "2020-01-02T03:04:05Z", "abc1234", command, 90.0, finished,
                new Machine(cpu, model, 2, List.of(), 1, "an os", "a jdk", List.of("-XX:+UseSerialGC", "--module-path=/home/me"), List.of(),
                        List.of()),
                List.of(new Ceiling("fma.f32.1t", 100, "GFLOP/s"), new Ceiling("read.L1.1t", 300, "GB/s"),
                        new Ceiling("read.L3.1t", 28, "GB/s")),
                List.of(new StudyFile.Row("kernels", "gemm n=1024", "simd", 1, new TreeMap<>(Map.of()), "gflops", gflops, gflops, gflops,
                        gflops, 1, null, null, null)), List.of(), List.of(), List.of(), List.of(), evidence);
        Path folder = Files.createDirectories(temp.resolve(cpu.replaceAll("\\W", "_")));
        Files.writeString(folder.resolve("study.json"), file.json());
        return folder;
    }

    @Test
    void theIndexHasALineForEachMachine() throws IOException {
        Path to = temp.resolve("published");
        assertThat(run("publish", study("Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", 83, true).toString(), "--to", to.toString()))
                .as(err.toString()).isZero();
        assertThat(run("publish", study("AMD EPYC 9654 96-Core Processor", 120, true).toString(), "--to", to.toString(), "--name",
                "epyc")).as(err.toString()).isZero();
        assertThat(to.resolve("intel-xeon-gold-6338-2/index.html")).content().contains("<title>zstar");
        assertThat(to.resolve("epyc/study.json")).content().contains("-XX:+UseSerialGC").doesNotContain("/home/me");
        assertThat(Files.readAllLines(to.resolve("README.md"))).endsWith(
                "| [epyc](epyc/study.json) | 2 | 2020-01-02, abc1234 | partial | – | 100 GFLOP/s | 28 GB/s | 120 GFLOP/s | – | – |",
                "| [intel-xeon-gold-6338-2](intel-xeon-gold-6338-2/study.json) | 2 | 2020-01-02, abc1234 | partial | – | 100 GFLOP/s | "
                        + "28 GB/s | 83 GFLOP/s | – | – |");
    }

    private String said() {
        return out.toString().replaceAll("\\s+", " ");
    }

    @Test
    void aGenericNameHasTheNumbersOfTheProcessor() throws IOException {
        String to = temp.resolve("published").toString();
        String study = study("Intel(R) Xeon(R) Processor", 1, true).toString();
        assertThat(run("publish", study, "--to", to)).as(err.toString()).isZero();
        assertThat(temp.resolve("published/intel-xeon-6-167-2/study.json")).exists();
        assertThat(run("publish", study("QEMU Virtual CPU version 2.5+", 1, true).toString(), "--to", to)).as(err.toString()).isZero();
        assertThat(temp.resolve("published/qemu-virtual-version-2-5-6-167-2/study.json")).exists();
        model = null;
        assertThat(run("publish", study("Intel(R) Xeon(R) Processor", 1, true).toString(), "--to", to)).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("zstar: " + study + " does not say which Intel(R) Xeon(R) Processor it was measured on; "
                + "expected --name NAME, such as intel-xeon-FAMILY-MODEL-2 with the numbers of /proc/cpuinfo\n");
    }

    @Test
    void whatReadersShouldKnowIsSaid() throws IOException {
        evidence = new StudyEvidence(null, null, null, Stream.of(0.02, 0.0, 0.3).map(lost -> new StudyEvidence.Case(
                List.of("kernels: a"), false, 1, lost, null, lost, null, null, null, null, null, null, null)).toList());
        command = "zstar study --filter 'gemm n'";
        Path to = temp.resolve("published");
        assertThat(run("publish", study("b1", 1, true).toString(), "--to", to.toString())).as(err.toString()).isZero();
        assertThat(said()).contains(
                "Note: the study is partial: it has no figures of cells, forward, backward, streaming, depth, training.",
                "Note: the study is partial: it has only cases of --filter gemm n.",
                "Note: other work disturbed the study: 2 of 3 measurements lost more than 1% of their time.");
        assertThat(to.resolve("README.md")).content().contains("| [b1-2](b1-2/study.json) | 2 | 2020-01-02, abc1234 | partial | 2 of 3 |");
    }

    private static StudyExtent extent(String command, List<String> remarks, List<String> failures, List<String> suites) {
        List<StudyFile.Row> rows = suites.stream().map(suite -> new StudyFile.Row(
                suite, "a", "simd", 1, null, "us", 1, 1, 1, 1, 1, null, null, null)).toList();
        return StudyExtent.of(new StudyFile(StudyFile.SCHEMA, "2020-01-02T03:04:05Z", null, command, 1.0, true, null, List.of(), rows,
                List.of(), List.of(), remarks, failures, null));
    }

    @Test
    void theExtentFollowsFromWhatIsThere() {
        assertThat(extent("zstar study --full --pin", List.of("PyTorch is not compared"), List.of(), Study.SUITES))
                .isEqualTo(new StudyExtent(StudyExtent.Kind.FULL, List.of()));
        assertThat(extent("zstar study", List.of(), List.of(), Study.SUITES).notes())
                .containsExactly("the study is short; zstar study --full measures all sizes");
        assertThat(extent(null, List.of(), List.of(), Study.SUITES).kind()).isEqualTo(StudyExtent.Kind.UNKNOWN);
        assertThat(extent("zstar study --full --filter=--full", List.of(), List.of(), Study.SUITES).notes())
                .containsExactly("the study is partial: it has only cases of --filter=--full");
        assertThat(extent("zstar study --filter=--full", List.of(), List.of(), Study.SUITES).kind()).isEqualTo(StudyExtent.Kind.PARTIAL);
        assertThat(extent("zstar study --full", List.of(Study.LATE + "depth"), List.of("the cells suite failed: x"), Study.SUITES).notes())
                .containsExactly("the study is partial: " + Study.LATE + "depth", "the study is partial: the cells suite failed: x");
    }

    @Test
    void whatIsNoWholeStudyIsRefused() throws IOException {
        Path to = temp.resolve("published");
        assertThat(run("publish", study("a", 1, false).toString(), "--to", to.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("has not finished; expected a whole study");
        assertThat(run("publish", temp.toString(), "--to", to.toString())).isEqualTo(2);
        assertThat(err.toString()).contains(temp + " has no study.json; expected the folder that zstar study --full names at its end");
        assertThat(run("publish", temp.resolve("typo").toString(), "--to", to.toString())).isEqualTo(2);
        assertThat(err.toString()).endsWith(
                temp.resolve("typo") + " does not exist; expected the folder that zstar study --full names at its end\n");
        assertThat(run("publish", study("b", 1, true).toString(), "--to", to.toString(), "--name", "../x")).isEqualTo(2);
        assertThat(err.toString()).contains("--name ../x; expected letters a to z, digits, dots and hyphens");
        assertThat(to).doesNotExist();
    }

    @Test
    void filesOfOthersAreNotReplaced() throws IOException {
        String study = study("a", 1, true).toString();
        Path to = Files.createDirectories(temp.resolve("project"));
        Path readme = Files.writeString(to.resolve("README.md"), "# My project\n");
        assertThat(run("publish", study, "--to", to.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("README.md exists and is not the index of published reports; choose another folder with --to");
        assertThat(readme).hasContent("# My project\n");
        Files.delete(readme);
        Files.writeString(Files.createDirectory(to.resolve("x")).resolve("index.html"), "mine");
        assertThat(run("publish", study, "--to", to.toString(), "--name", "x")).isEqualTo(2);
        assertThat(err.toString()).contains("has a page, but no study; choose another --name");
        Path mine = Files.writeString(temp.resolve("mine.json"), "mine");
        Files.createSymbolicLink(Files.createDirectory(to.resolve("y")).resolve("study.json"), mine);
        assertThat(run("publish", study, "--to", to.toString(), "--name", "y")).isEqualTo(2);
        assertThat(err.toString()).contains("study.json is a symbolic link");
        assertThat(mine).hasContent("mine");
    }

    @Test
    void anIndexHasNoMarkdownOfFiles() throws IOException {
        Path study = study("a", Double.NaN, true).resolve("study.json");
        Files.writeString(study, Files.readString(study).replace("abc1234", "|`<script>](x)\\n# b"));
        Path to = temp.resolve("published");
        Files.createDirectories(to.resolve("[x](http:|)"));
        Files.copy(study, to.resolve("[x](http:|)/study.json"));
        assertThat(run("publish", study.toString(), "--to", to.toString())).as(err.toString()).isZero();
        assertThat(Files.readAllLines(to.resolve("README.md"))).filteredOn(line -> line.startsWith("| [")).containsExactly(
                "| [a-6-167-2](a-6-167-2/study.json) | 2 | 2020-01-02, &#124;&#96;&#60;script&#62;&#93;(x)?&#35; b | partial | – | "
                        + "100 GFLOP/s | 28 GB/s | – | – | – |");
    }

    @Test
    void aDamagedStudyIsRefusedInOneSentence() throws IOException {
        String json = Files.readString(study("a", 1, true).resolve("study.json"));
        Path file = temp.resolve("damaged.json");
        for (String[] change : new String[][] {{"\"2020-01-02T03:04:05Z\"", "\"x\""},
            {"\"memory\" : 1", "\"memory\" : 1" + "0".repeat(30)},
            {"\"trajectories\" : [ ]", "\"trajectories\" : [{\"solver\":\"\",\"problem\":\"\",\"share\":1,\"distances\":[1,2],"
                    + "\"coordinates\":[[1,2,3]]}]"}, {"\"evidence\" : null", "\"evidence\" : {\"cases\":[],"
                            + "\"pageBytes\":1" + "0".repeat(30) + "}"}}) {
            Files.writeString(file, json.replace(change[0], change[1]));
            StringWriter said = new StringWriter();
            int code = Zstar.commandLine().setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(said))
                    .execute("publish", file.toString(), "--to", temp.resolve("to").toString());
            assertThat(json).contains(change[0]);
            assertThat(said.toString()).as(change[1]).startsWith("zstar: " + file + ": ").doesNotContain("internal error").hasLineCount(1);
            assertThat(code).isEqualTo(2);
        }
    }
}
