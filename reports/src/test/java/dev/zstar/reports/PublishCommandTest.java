package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Ceiling;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Studies of several machines, and their index. */
class PublishCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        return Zstar.commandLine().setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(err)).execute(words);
    }

    private Path study(String cpu, double gflops, boolean finished) throws IOException {
        StudyFile file = new StudyFile(StudyFile.SCHEMA, "2020-01-02T03:04:05Z", "abc1234", "zstar study", 90.0, finished,
                new Machine(cpu, 2, List.of(), 1, "an os", "a jdk", List.of("-XX:+UseSerialGC", "--module-path=/home/me"), List.of(),
                        List.of()),
                List.of(new Ceiling("fma.f32.1t", 100, "GFLOP/s"), new Ceiling("read.L1.1t", 300, "GB/s"),
                        new Ceiling("read.L3.1t", 28, "GB/s")),
                List.of(new StudyFile.Row("kernels", "gemm n=1024", "simd", 1, new TreeMap<>(Map.of()), "gflops", gflops, gflops, gflops,
                        gflops, 1, null, null, null)), List.of(), List.of(), List.of(), List.of(), null);
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
                "| [epyc](epyc/study.json) | 2 | 2020-01-02, abc1234 | – | 100 GFLOP/s | 28 GB/s | 120 GFLOP/s | – | – |",
                "| [intel-xeon-gold-6338-2](intel-xeon-gold-6338-2/study.json) | 2 | 2020-01-02, abc1234 | – | 100 GFLOP/s | 28 GB/s | "
                        + "83 GFLOP/s | – | – |");
    }

    @Test
    void whatIsNoWholeStudyIsRefused() throws IOException {
        Path to = temp.resolve("published");
        assertThat(run("publish", study("a", 1, false).toString(), "--to", to.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("has not finished; expected a whole study");
        assertThat(run("publish", temp.toString(), "--to", to.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("it is a folder without a study.json");
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
                "| [a-2](a-2/study.json) | 2 | 2020-01-02, &#124;&#96;&#60;script&#62;&#93;(x)?&#35; b | – | 100 GFLOP/s | 28 GB/s | – | – "
                        + "| – |");
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
