package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.reports.results.ResultReader;
import java.io.ByteArrayInputStream;
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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Two builds measured in turns. The builds are scripts that write results with known times. */
@DisabledOnOs(OS.WINDOWS)
class AbCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... options) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> arguments = new ArrayList<>(
                List.of("ab", "--a", temp.resolve("old").toString(), "--b", temp.resolve("new").toString()));
        arguments.addAll(List.of(options));
        return line.execute(arguments.toArray(String[]::new));
    }

    /** A checkout whose i-th study measures about this time, and that notes its calls. */
    private void build(String name, double micros) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        Files.writeString(folder.resolve("pom.xml"), "");
        String study;
        try (var in = ResultReader.class.getResourceAsStream("study-2.json")) {
            study = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (int i = 1; i <= 5; i++) {
            String time = String.format(Locale.ROOT, "%.4f", micros * (1 + 0.001 * i));
            Files.writeString(folder.resolve(i + ".json"), study.replace("2.4", time).replace("2.5", time).replace("2.6", time));
        }
        Files.writeString(folder.resolve("zstar"), """
                here=$(dirname "$0")
                echo "NAME $*" >>"$here/../calls"
                [ "$1" = study ] || exit 0
                mkdir -p "$3"
                n=$(grep -c "^NAME study" "$here/../calls")
                cp "$here/$n.json" "$3/study.json"
                """.replace("NAME", name));
    }

    private String said() {
        return out.toString().replaceAll("\\s+", " ");
    }

    @Test
    void theBuildsTakeTurnsAndEachRunIsAFork() throws IOException {
        build("old", 10);
        build("new", 11);
        assertThat(run("--forks", "5", "--suite", "kernels,cells", "--filter", "gemv n=64")).as(err.toString()).isEqualTo(1);
        assertThat(said()).contains("SLOWER kernels: gemv n=64 on simd, us It takes 1.100 times as long", "5 forks each.",
                "3 benchmarks: 1 slower, 0 faster, 0 the same, 2 unclear.");
        List<String> calls = Files.readAllLines(temp.resolve("calls"));
        assertThat(calls).extracting(call -> call.split(" ", 3)[0] + " " + call.split(" ", 3)[1]).containsExactly("old doctor",
                "new doctor", "old study", "new study", "new study", "old study", "old study", "new study", "new study", "old study",
                "old study", "new study");
        assertThat(calls.getLast()).matches("new study --out \\S+/b-5 --suite kernels,cells --filter gemv n=64");
    }

    @Test
    void equalBuildsAreTheSameAndResultsAreKept() throws IOException {
        build("old", 10);
        build("new", 10);
        Path kept = temp.resolve("kept");
        assertThat(run("--forks", "3", "--full", "--out", kept.toString())).as(err.toString()).isZero();
        assertThat(said()).contains("SAME kernels: gemv n=64 on simd, us");
        assertThat(kept.resolve("a-3/study.json")).exists();
        assertThat(Files.readAllLines(temp.resolve("calls")).getLast()).endsWith(" --full");
    }

    @Test
    void whatIsNoBuildOrFailsIsOneSentence() throws IOException {
        build("old", 10);
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("zstar: --b " + temp.resolve("new")
                + " is not a folder; expected a checkout of zstar, or a folder with its jars in target/lib\n");
        Files.createDirectories(temp.resolve("new"));
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).startsWith("zstar: --b " + temp.resolve("new") + " has no zstar; expected");
        Files.writeString(temp.resolve("new/pom.xml"), "");
        Files.writeString(temp.resolve("new/zstar"), "echo 'zstar: no JDK' >&2; echo 'See --help' >&2; exit 3");
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).endsWith("zstar: zstar doctor in " + temp.resolve("new") + " ended with exit code 3: no JDK\n");
        assertThat(Files.readAllLines(temp.resolve("calls"))).as("nothing was measured").hasSize(1);
        assertThat(run("--forks", "1")).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("zstar: --forks 1; expected 2 to 100\n");
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void aBuildThatHangsIsEndedWithWhatItHasStarted() throws IOException, InterruptedException {
        build("old", 10);
        build("new", 10);
        Files.writeString(temp.resolve("new/zstar"), """
                [ "$1" = study ] || exit 0
                echo "measuring kernels" >&2
                sleep 600 &
                echo $! >"$(dirname "$0")/pid"
                wait
                sleep 600
                """);
        assertThat(run("--forks", "2", "--limit", "2s")).isEqualTo(1);
        assertThat(err.toString()).endsWith("zstar: zstar study in " + temp.resolve("new")
                + " did not end within 2s (--limit): measuring kernels\n");
        long pid = Long.parseLong(Files.readString(temp.resolve("new/pid")).strip());
        for (int i = 0; i < 100 && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false); i++) {
            Thread.sleep(100);
        }
        assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)).as("its child runs").isFalse();
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void ofABuildThatSaysMuchTheEndIsKept() throws IOException {
        build("old", 10);
        build("new", 10);
        Files.writeString(temp.resolve("new/zstar"), "yes 'a line of a log' | head -c 50000000 >&2; echo 'zstar: the reason' >&2; exit 4");
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).endsWith("zstar doctor in " + temp.resolve("new") + " ended with exit code 4: the reason\n");
    }

    @Test
    void theLastBytesAreThoseOfTheEnd() throws InterruptedException {
        byte[] bytes = "0123456789abcdef".getBytes(StandardCharsets.UTF_8);
        for (int most = 1; most <= 20; most++) {
            assertThat(LastBytes.of(new ByteArrayInputStream(bytes), most).text()).isEqualTo("0123456789abcdef".substring(
                    Math.max(0, 16 - most)));
        }
        assertThat(LastBytes.of(InputStream.nullInputStream(), 8).text()).isEmpty();
    }

    @Test
    void aSteadyDriftIsTheSameForBothBuilds() {
        for (int forks = 2; forks <= 20; forks += 2) {
            int[] order = AbCommand.order(forks);
            int[] sums = new int[2];
            for (int i = 0; i < order.length; i++) {
                sums[order[i]] += i;
            }
            assertThat(sums[0]).isEqualTo(sums[1]);
        }
        assertThat(AbCommand.order(3)).containsExactly(0, 1, 1, 0, 0, 1);
    }
}
