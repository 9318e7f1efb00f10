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
                new Machine(cpu, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of()),
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
        assertThat(to.resolve("epyc/study.json")).exists();
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
}
