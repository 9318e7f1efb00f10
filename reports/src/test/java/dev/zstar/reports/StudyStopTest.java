package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A study that is asked to end, as by Ctrl-C, while a JVM measures. */
@DisabledOnOs(OS.WINDOWS)
class StudyStopTest {
    @TempDir
    private Path temp;

    /** Whether a JVM of the study has kept a case. */
    private boolean oneCaseIsKept() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.anyMatch(file -> file.getFileName().toString().matches("zstar-fork.*[.]bin") && file.toFile().length() > 0);
        }
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void onlyTheCaseInProgressIsLost() throws IOException, InterruptedException {
        Path said = temp.resolve("said");
        String path = System.getProperty("jdk.module.path") + File.pathSeparator + System.getProperty("java.class.path");
        Process study = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + temp, "-Djoml.nounsafe", "-Dzstar.profile=none", "--enable-native-access=ALL-UNNAMED", "-cp", path,
                "dev.zstar.reports.Zstar", "study", "--suite", "kernels", "--engine", "scalar", "--filter", "gemv n=", "--out",
                temp.resolve("study").toString()).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        while (study.isAlive() && !oneCaseIsKept()) {
            Thread.sleep(20);
        }
        study.destroy();
        assertThat(study.waitFor()).as(Files.readString(said)).isEqualTo(143);
        assertThat(said).content().endsWith("stopped; to go on: zstar study --resume " + temp.resolve("study") + "\n")
                .doesNotContain("\tat ");
        StudyFile file = StudyFile.read(temp.resolve("study/study.json"));
        assertThat(file.finished()).isFalse();
        assertThat(file.results()).as("the case that had finished").isNotEmpty();
        assertThat(temp.resolve("study/index.html")).content().contains(file.results().getFirst().name());
        try (Stream<Path> files = Files.list(temp)) {
            assertThat(files.map(Path::getFileName).map(Path::toString).toList()).as("no temporary files").containsOnly("said", "study");
        }
        assertThat(List.of(temp.resolve("study").toFile().list())).as("no lock").doesNotContain(".lock");
    }
}
