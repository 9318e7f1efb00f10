package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder that two studies want, and what a study leaves in it that was killed. */
class ResultFolderTest {
    @TempDir
    private Path temp;

    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        return Zstar.commandLine().setErr(new PrintWriter(err)).execute(words);
    }

    @Test
    void oneStudyHoldsAFolder() {
        ResultFolder folder = new ResultFolder(temp.resolve("study"));
        try (ResultFolder.Held _ = folder.hold()) {
            assertThatThrownBy(() -> new ResultFolder(temp.resolve("study")).hold()).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("another study writes to " + temp.resolve("study") + ";");
            assertThat(run("study", "--suite", "kernels", "--out", temp.resolve("study").toString())).isEqualTo(2);
            assertThat(err.toString()).contains("another study writes to");
        }
        assertThat(temp.resolve("study")).isEmptyDirectory();
        folder.hold().close();
    }

    @Test
    void whatAKilledStudyLeavesIsNoForeignFile() throws IOException {
        for (String name : List.of(".lock", ".study.json.new", ".index.html.new", ".zstar123.tmp")) {
            Files.writeString(temp.resolve(name), "half");
        }
        new ResultFolder(temp).hold().close();
        Files.writeString(temp.resolve(".zstarrc"), "mine");
        assertThatThrownBy(() -> new ResultFolder(temp)).hasMessageContaining("holds other files than the result of a study");
    }

    @Test
    void aWrongOptionForgetsNoCases() throws IOException {
        Path kept = Files.writeString(Files.createDirectories(temp.resolve("study/.cases")).resolve("one"), "");
        assertThat(run("study", "--suite", "typo", "--out", temp.resolve("study").toString())).isEqualTo(2);
        assertThat(kept).exists();
    }

    @Test
    void aLinkIsNoFolderOfCases() throws IOException {
        Path mine = Files.writeString(Files.createDirectories(temp.resolve("mine")).resolve("file"), "");
        Path folder = Files.createDirectories(temp.resolve("study"));
        Files.createSymbolicLink(folder.resolve(".cases"), temp.resolve("mine"));
        new ResultFolder(folder).forgetCases();
        assertThat(mine).exists();
    }

    @Test
    void aFileThatCannotBeResumedIsRefusedInOneSentence() throws IOException {
        String json = """
                {"schema":"zstar.study/2","startedAt":"2020-01-02T03:04:05Z","machine":{"cpu":"a","processors":1,"os":"b","jdk":"c"},
                "ceilings":[],"results":[],"traces":[],"finished":false,"command":"COMMAND"}""";
        Files.writeString(temp.resolve("study.json"), "{}");
        assertThat(run("study", "--resume", temp.toString())).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1)
                .startsWith("zstar: " + temp.resolve("study.json") + ": it is JSON, but not a result file");
        for (String command : List.of("", "zstar", "zstar study --nonsense", "rm -rf x", "zstar study --time-budget 1E7s")) {
            Files.writeString(temp.resolve("study.json"), json.replace("COMMAND", command));
            StringWriter said = new StringWriter();
            assertThat(Zstar.commandLine().setErr(new PrintWriter(said)).execute("study", "--resume", temp.toString())).isEqualTo(2);
            assertThat(said.toString()).startsWith("zstar: the command in the file cannot be resumed: " + command).hasLineCount(1);
        }
    }
}
