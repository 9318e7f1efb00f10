package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.zstar.benchmarks.study.StudyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files on a disk of one megabyte, which only root can make. */
@EnabledOnOs(OS.LINUX)
class FullDiskTest {
    private static final String SMALL = "x".repeat(1000);
    private static final String LARGE = "x".repeat(700_000);

    @TempDir
    private Path temp;

    private Path disk;

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        disk = Files.createDirectory(temp.resolve("disk"));
        assumeTrue(succeeds("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()), "no right to mount");
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        succeeds("umount", disk.toString());
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString()).sorted().toList();
        }
    }

    /** Folders that a study leaves if it cannot write to its own. */
    private static long elsewhere() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("zstar-study")).count();
        }
    }

    @Test
    void whileAStudyGoesOnNothingIsLeft() throws IOException {
        ResultFolder folder = new ResultFolder(disk.resolve("study"));
        long before = elsewhere();
        folder.begin(SMALL, SMALL);
        folder.update(LARGE, LARGE);
        assertThat(names(disk)).containsExactly("study/index.html", "study/study.json");
        assertThat(disk.resolve("study/study.json")).hasContent(SMALL);
        assertThat(elsewhere()).isEqualTo(before);
    }

    @Test
    void figuresAreSavedWithoutThePage() throws IOException {
        ResultFolder folder = new ResultFolder(disk.resolve("study"));
        folder.begin(SMALL, SMALL);
        Files.createDirectories(folder.cases());
        assertThatThrownBy(() -> folder.end(LARGE, LARGE)).isInstanceOf(StudyException.class)
                .hasMessage("the page could not be written (" + folder + ": No space left on device); the figures are in "
                        + folder + "/study.json");
        assertThat(names(disk)).containsExactly("study/study.json");
        assertThat(disk.resolve("study/study.json")).hasContent(LARGE);
        assertThat(folder.cases()).doesNotExist();
    }

    @Test
    void figuresThatDoNotFitAreSavedElsewhere() throws IOException {
        ResultFolder folder = new ResultFolder(disk.resolve("study"));
        folder.begin(SMALL, SMALL);
        Files.createDirectories(folder.cases());
        String json = LARGE + LARGE;
        String message = "the result could not be written (" + folder + ": No space left on device); it is in ";
        try {
            folder.end(json, SMALL);
            throw new AssertionError("it fits");
        } catch (StudyException e) {
            assertThat(e).hasMessageStartingWith(message);
            Path saved = Path.of(e.getMessage().substring(message.length()));
            assertThat(saved.resolve("study.json")).hasContent(json);
            for (String name : List.of("index.html", "study.json")) {
                Files.delete(saved.resolve(name));
            }
            Files.delete(saved);
        }
        assertThat(names(disk)).containsExactly("study/study.json");
        assertThat(folder.cases()).as("a study that resumes needs them").exists();
    }

    @Test
    void aFullDiskIsRefusedBeforeTheStudy() throws IOException {
        ResultFolder folder = new ResultFolder(disk.resolve("study"));
        assertThatThrownBy(() -> folder.begin(LARGE, LARGE)).isInstanceOf(IllegalArgumentException.class).hasMessage(
                folder + " cannot be written: " + folder + ": No space left on device; choose another folder with --out");
        assertThat(names(disk)).isEmpty();
    }

    @Test
    void anotherFileStaysAsItWas() throws IOException {
        Path file = Files.writeString(disk.resolve("report.html"), SMALL);
        assertThatThrownBy(() -> OutputFile.write("--out", file, LARGE + LARGE)).isInstanceOf(IllegalArgumentException.class).hasMessage(
                "--out " + file + " cannot be written (No space left on device); expected a folder with room for 1400000 bytes");
        assertThat(file).hasContent(SMALL);
        assertThat(names(disk)).containsExactly("report.html");
        OutputFile.write("--out", file, "new");
        assertThat(file).hasContent("new");
    }
}
