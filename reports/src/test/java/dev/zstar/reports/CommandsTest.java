package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs every command in its own process, as the script starts it, together with the JVMs that it starts; also on machines that lack
 * something.
 */
class CommandsTest {
    private static final String NATIVE = "--enable-native-access=dev.zstar.kernels,dev.zstar.bridge,com.sun.jna,org.jline.nativ";

    @TempDir
    private Path temp;

    private String out;
    private String err;

    /** From modules, as the script does. */
    private int run(List<String> flags, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(NATIVE, "-p", System.getProperty("jdk.module.path")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-m", "dev.zstar.reports/dev.zstar.reports.Zstar"));
        return start(flags, command, arguments);
    }

    /** From the class path, where nothing asks for the module of the vector API. */
    private int runWithoutVectors(String... arguments) throws IOException, InterruptedException {
        String path = System.getProperty("jdk.module.path") + File.pathSeparator + System.getProperty("java.class.path");
        return start(List.of(), List.of("--enable-native-access=ALL-UNNAMED", "-cp", path, "dev.zstar.reports.Zstar"), arguments);
    }

    private int start(List<String> flags, List<String> program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-Xmx1g", "-Djoml.nounsafe", "-Dzstar.profile=none"));
        command.addAll(flags);
        command.addAll(program);
        command.addAll(List.of(arguments));
        Path outFile = temp.resolve("out.txt");
        Path errFile = temp.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile()).redirectOutput(outFile.toFile())
                .redirectError(errFile.toFile());
        builder.environment().remove("ZSTAR_DEBUG");
        int code = builder.start().waitFor();
        // Lines of the JVM may be in the encoding of the system.
        out = new String(Files.readAllBytes(outFile), StandardCharsets.UTF_8);
        err = new String(Files.readAllBytes(errFile), StandardCharsets.UTF_8);
        assertThat(err).doesNotContain("\tat ");
        return code;
    }

    private void succeeds(List<String> flags, String... arguments) throws IOException, InterruptedException {
        assertThat(run(flags, arguments)).as(out + err).isZero();
    }

    @Test
    void helpVersionAndDoctorAnswer() throws IOException, InterruptedException {
        succeeds(List.of(), "--help");
        assertThat(out).startsWith("Usage: zstar").contains("study", "solve", "reason", "language", "tune", "doctor");
        succeeds(List.of(), "--version");
        assertThat(out).startsWith("zstar ");
        succeeds(List.of(), "doctor");
        assertThat(out).contains("processor  ", "scalar     ready").doesNotContain("note  ");
    }

    @Test
    void tuneMeasuresInItsChildren() throws IOException, InterruptedException {
        succeeds(List.of(), "tune", "--quick", "--setting", "zstar.tile.rows", "--dry-run");
        assertThat(out).containsPattern("zstar.tile.rows +\\d+ +\\d+ +\\d+").contains("Nothing was written (--dry-run).");
    }

    @Test
    void languageTrainsResumesAndTests() throws IOException, InterruptedException {
        String[] small = {"language", "--task", "copy", "--delay", "3", "--width", "16", "--steps", "3", "--tests", "16", "--threads", "1"};
        succeeds(List.of(), small);
        assertThat(out).contains("Loss without memory: 0.9041", "use the same options and --resume language.safetensors",
                "Test on 16 new sequences:")
                .containsPattern("step 3 of 3 +loss [0-9.]+");
        assertThat(run(List.of(), small)).isEqualTo(2);
        assertThat(err).contains("--out language.safetensors exists; expected a new file, or --resume language.safetensors");
        assertThat(run(List.of(), "language", "--out", "no-folder/file")).isEqualTo(2);
        assertThat(err).contains("zstar: no-folder/file cannot be written (NoSuchFileException); choose another file with --out");
        String[] again = Arrays.copyOf(small, small.length + 2);
        again[small.length] = "--resume";
        again[small.length + 1] = "language.safetensors";
        succeeds(List.of(), again);
        assertThat(out).doesNotContain("step 3 of 3").contains("Test on 16 new sequences:");
        again[8] = "4";
        assertThat(run(List.of(), again)).isEqualTo(2);
        assertThat(err).contains("language.safetensors: the number steps is 3, expected 4");
        assertThat(run(List.of(), "language", "--delay", "3")).isEqualTo(2);
        assertThat(err).contains("--delay has no effect on the task novel; expected only options of that task");
        succeeds(List.of(), "language", "--length", "9", "--width", "16", "--steps", "1", "--tests", "16", "--threads", "1", "--out",
                "novel.safetensors");
        assertThat(out).contains("3.521 of bigrams", "She had been");
    }

    @Test
    void reasonTrainsResumesAndCompares() throws IOException, InterruptedException {
        String[] small = {"reason", "--side", "4", "--width", "16", "--steps", "3", "--puzzles", "6", "--flight", "4", "--threads", "1"};
        succeeds(List.of(), small);
        assertThat(out).containsPattern("step 3 of 3 +loss [0-9.]+").contains("zstar reason --resume reasoner.safetensors",
                "6 puzzles from another seed than those of training", "squares", "stream, certain ",
                "stream, stable, Anderson ", "4 starts, certain ");
        assertThat(run(List.of(), small)).isEqualTo(2);
        assertThat(err).contains("--out reasoner.safetensors exists; expected a new file, or --resume reasoner.safetensors");
        assertThat(run(List.of(), "reason", "--out", "no-folder/file")).isEqualTo(2);
        assertThat(err).contains("zstar: no-folder/file cannot be written (NoSuchFileException); choose another file with --out");
        String[] again = Arrays.copyOf(small, small.length + 2);
        again[small.length] = "--resume";
        again[small.length + 1] = "reasoner.safetensors";
        succeeds(List.of(), again);
        assertThat(out).doesNotContain("loss").contains("6 puzzles from another seed");
        again[6] = "4";
        assertThat(run(List.of(), again)).isEqualTo(2);
        assertThat(err).contains("reasoner.safetensors: the number steps is 3, expected 4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar-EG", "de-DE", "fa-IR"})
    void numbersAreThoseOfProgramsInEveryLocale(String locale) throws IOException, InterruptedException {
        String[] words = locale.split("-", -1);
        succeeds(List.of("-Duser.language=" + words[0], "-Duser.country=" + words[1], "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"),
                "solve", "--n", "30", "--batch", "2", "--engine", "scalar");
        assertThat(out).containsPattern("2 of 2 rows CONVERGED_RELATIVE, [0-9]+ evaluations, "
                + "largest relative residual [0-9]\\.[0-9]{2}e-[0-9]{2}, [0-9]+\\.[0-9]{2} ms");
        succeeds(List.of("-Duser.language=" + words[0], "-Duser.country=" + words[1], "-Dstdout.encoding=UTF-8"), "doctor");
        assertThat(out).containsPattern("memory +[0-9]+\\.[0-9] GiB").doesNotContainPattern("[\\p{Nd}&&[^0-9]]");
    }

    @Test
    void aStudyIsWrittenWhereTheMachineCannotBeReadAndARivalIsMissing() throws IOException, InterruptedException {
        List<String> flags = List.of("-Djna.nosys=true", "-Djna.nounpack=true", "-Djna.boot.library.path=" + temp.resolve("nowhere"),
                "-Dzstar.openblas=" + temp.resolve("no-library.so"));
        succeeds(flags, "study", "--suite", "streaming", "--out", "study");
        assertThat(out).containsPattern("streams +[0-9.]+ × as many images").contains("The page");
        assertThat(out.lines()).allMatch(line -> line.length() <= Summary.WIDTH || line.startsWith("The page"));
        StudyFile file = StudyFile.parse(Files.readString(temp.resolve("study/study.json")));
        assertThat(file.remarks()).anyMatch(note -> note.matches("the openblas engine is not compared: .*no-library\\.so.*"));
        assertThat(file.remarks()).anyMatch(note -> note.startsWith("processor, memory and system were read without OSHI, which cannot"));
        assertThat(file.machine().memory()).isPositive();
        assertThat(file.machine().cpu()).isNotBlank();
        assertThat(Files.readString(temp.resolve("study/index.html")))
                .contains("were read without OSHI", "openblas engine is not compared");
    }

    @Test
    void aStudyOfPlainLoopsSaysWhatItLeavesOut() throws IOException, InterruptedException {
        assertThat(runWithoutVectors("study", "--suite", "depth", "--out", "study")).as(out + err).isZero();
        StudyFile file = StudyFile.parse(Files.readString(temp.resolve("study/study.json")));
        assertThat(file.remarks()).anyMatch(remark -> remark.startsWith("the simd engine cannot run here (the jdk.incubator.vector module "
                + "is not loaded") && remark.contains("so the scalar engine was measured instead"));
        assertThat(file.results()).isNotEmpty().noneMatch(row -> row.engine().equals("simd"));
    }

    @Test
    void memoryThatRunsOutIsOneLine() throws IOException, InterruptedException {
        Path weights = Files.writeString(temp.resolve("w.csv"), "1,".repeat(3_000_000) + "1\n");
        assertThat(run(List.of("-Xmx8m"), "solve", "--weights", weights.toString())).isEqualTo(1);
        assertThat(err.lines().filter(line -> line.startsWith("zstar: "))).hasSize(1);
    }
}
