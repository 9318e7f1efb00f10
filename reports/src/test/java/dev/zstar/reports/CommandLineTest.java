package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.benchmarks.study.StudyResult;
import dev.zstar.benchmarks.study.Trace;
import dev.zstar.benchmarks.study.Trajectory;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.tuning.Tuner;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Commands, their messages, and the files that they write. */
class CommandLineTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @Test
    void doctorNamesEveryEngine() {
        assertThat(run("doctor")).isZero();
        assertThat(out.toString()).contains("simd       ready: Java Vector API", "openblas   ready: OpenBLAS", "scalar     ready");
    }

    @Test
    void whatIsNotUnderstoodEndsWithTwo() {
        assertThat(run("study", "--ful")).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("zstar: Unknown option: '--ful'\nPossible solutions: --full\nSee zstar study --help\n");
        assertThat(run("fly")).isEqualTo(2);
        assertThat(err.toString()).contains("zstar: Unmatched argument at index 0: 'fly'").endsWith("See zstar --help\n");
        err.getBuffer().setLength(0);
        assertThat(run("solve", "--n", "many")).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("zstar: Invalid value for option '--n': 'many' is not an int\nSee zstar solve --help\n");
    }

    @Test
    void everyCommandSaysItsVersionAndItsExitCodes() {
        for (String command : List.of("study", "compare", "report", "solve", "tune", "doctor")) {
            out.getBuffer().setLength(0);
            assertThat(run(command, "-V")).isZero();
            assertThat(out.toString().strip()).isEqualTo("zstar " + Zstar.version());
            assertThat(run(command, "--help")).isZero();
            assertThat(out.toString().strip())
                    .endsWith("Exit code: 0 for success, 1 for a failure or a regression, 2 for a wrong option, value or file.");
        }
    }

    @Test
    void solveFindsAnEquilibriumAndItsAdjoint() {
        assertThat(run("solve", "--n", "40", "--batch", "3", "--engine", "scalar", "--steady", "0.1")).isZero();
        assertThat(out.toString())
                .contains("forward   anderson on scalar: 3 of 3 rows CONVERGED_RELATIVE")
                .contains("backward  gmres(20): 3 of 3 rows CONVERGED");
    }

    @Test
    void solveThatFailsSaysWhyAndEndsWithOne() {
        assertThat(run("solve", "--n", "40", "--solver", "picard", "--evaluations", "2")).isEqualTo(1);
        assertThat(out.toString()).contains("MAX_EVALUATIONS");
    }

    @Test
    void badInputIsOneSentence(@TempDir Path temp) throws IOException {
        Path weights = temp.resolve("w.csv");
        expect("zstar: the weights " + weights + ": there is no such file; expected a text file of "
                + "numbers", "solve", "--weights", weights.toString());
        Files.writeString(weights, "1,2\n3,x\n");
        expect("zstar: the weights " + weights + ", line 2, column 2: 'x'; expected a number", "solve", "--weights", weights.toString());
        expect("zstar: no engine is called 'fast', expected one of: simd, openblas, scalar", "solve", "--engine", "fast");
        expect("zstar: unknown suite 'speed'; expected one of kernels, cells, forward, backward, streaming, depth, training",
                "study", "--suite", "speed");
        expect("zstar: " + temp + " exists and holds other files than the result of a study; choose another folder with --out",
                "study", "--out", temp.toString());
    }

    @Test
    void whatWouldBeIgnoredOrIsNotThereIsRefused() {
        expect("zstar: --n applies to random weights, which --weights replaces; expected only one of the two",
                "solve", "--weights", "w", "--n", "3");
        expect("zstar: --radius applies to random weights, which --weights replaces; expected only one of the two",
                "solve", "--radius", "1", "--weights", "w");
        expect("zstar: --threads 1 applies only to the training suite; expected a --suite that includes training",
                "study", "--suite", "kernels,depth", "--threads", "1");
        expect("zstar: --dry-run writes nothing, so --out file has no effect; expected only one of the "
                + "two", "tune", "--dry-run", "--out", "file");
        expect("zstar: the setting 'zstar.gemm.pack' is not tuned with --quick, "
                + "expected one of: zstar.tile.rows, zstar.tile.inputs",
                "tune", "--dry-run", "--quick", "--setting", "zstar.gemm.pack");
        expect("zstar: unknown part 'speed'; expected one of settings, pages, engines, solvers", "tune", "--part", "pages,speed");
        expect("zstar: --out file is a file for settings, and --part names only pages,solvers; expected a --part that includes settings",
                "tune", "--part", "solvers,pages", "--out", "file");
        expect("zstar: --setting applies to the part settings, and --part names only pages; expected a --part that includes settings",
                "tune", "--part", "pages", "--setting", "zstar.tile.rows");
        expect("zstar: --radius NaN; expected a number from 0 to 1.0E30", "solve", "--radius", "NaN");
        int processors = Engines.processors();
        String range = "expected 1" + (processors == 1 ? "" : " to " + processors) + " (processors available to this process)";
        expect("zstar: --threads 100000; " + range, "solve", "--threads", "100000");
        expect("zstar: --threads 0; " + range, "solve", "--threads", "0");
        expect("zstar: --threads 100000; " + range, "study", "--threads", "100000");
        expect("zstar: --threads 0; " + range, "study", "--threads", "0");
        if (processors > 1) {
            expect("zstar: --threads 2; expected at most 1, the number of threads that the scalar engine "
                    + "uses", "solve", "--engine", "scalar", "--threads", "2");
        }
    }

    @Test
    void memoryThatIsNotThereIsSaidBeforeItIsTaken() {
        long live = Block.liveBytes();
        assertThat(run("solve", "--n", "3000000")).isEqualTo(2);
        assertThat(err.toString()).matches(
                "zstar: a solve with n = 3000000 and 1 row needs at least 670\\d\\d\\.\\d GiB of memory; "
                        + "expected at most \\d+\\.\\d [GM]iB, which is free on this machine\n");
        err.getBuffer().setLength(0);
        assertThat(run("solve", "--n", "8", "--batch", "2000000000")).isEqualTo(2);
        assertThat(err.toString()).matches("zstar: a solve with n = 8 and 2000000000 rows needs at least \\d+\\.\\d GiB of memory; .*\n");
        assertThat(Block.liveBytes()).isEqualTo(live);
    }

    /** The parts without settings: each says one sentence. */
    private static final Map<TunePart, TuneFinding.Part> OTHERS = Map.of(
            TunePart.PAGES, _ -> TuneFinding.of("pages", "any."),
            TunePart.ENGINES, _ -> new TuneFinding(List.of("a table"), List.of(new Advice.Sentence("engine", "one."))),
            TunePart.SOLVERS, _ -> TuneFinding.unfinished("solver"));

    /** Searches two settings: one has a value that is twice as fast, the other does not. */
    private int tune(Path file, String... arguments) {
        CommandLine line = Zstar.commandLine();
        Map<String, List<Long>> grid = new LinkedHashMap<>();
        grid.put("zstar.gemm.pack", List.of(16L));
        grid.put("zstar.team.worth", List.of(5L));
        line.addSubcommand("try", new TuneCommand(
                (_, _, _) -> new Tuner(grid, Duration.ofHours(1), (_, _, values) -> new double[] {
                    values.get("zstar.gemm.pack") == 16 ? 1 : 2
                }), OTHERS));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of("try"));
        if (arguments.length == 0) {
            all.addAll(List.of("--out", file.toString()));
        }
        all.addAll(List.of(arguments));
        return line.execute(all.toArray(String[]::new));
    }

    @Test
    void tuneShowsWhatItTriedAndWritesWhatItTook(@TempDir Path temp) {
        Path file = temp.resolve("deep/my.properties");
        assertThat(tune(file, "--dry-run")).isZero();
        assertThat(out.toString()).contains("Nothing was written (--dry-run).").contains("a table\n\nWhat to use:\n\npages     any.\n"
                + "engine    one.\nsolver    no answer, since fewer than three rounds were finished.");
        assertThat(out.toString().lines()).as("they fit a terminal").allMatch(line -> line.length() <= 100);
        assertThat(file).doesNotExist();
        out.getBuffer().setLength(0);
        assertThat(tune(file, "--part", "engines")).isZero();
        assertThat(out.toString()).isEqualTo("""
                a table

                What to use:

                engine    one.
                No profile was written, since the settings were not tuned.
                """);
        assertThat(tune(file)).isZero();
        assertThat(out.toString()).containsPattern("zstar.gemm.pack +64 +16 +5 +2.000 +2.000 {2}taken")
                .containsPattern("zstar.team.worth +1000000 +5 +1 +1.000 +1.000\n")
                .containsPattern("zstar.gemm.pack +16 +5 +2.000 +2.000 {2}kept\n")
                .contains("zstar.gemm.pack=16: together 2.000 times as fast as the defaults on all held-out cases, 2.000 times\non the "
                        + "slowest.")
                .contains("Written to " + file).contains("java -Dzstar.profile=" + file).contains("To undo it, delete the file");
        assertThat(file).content()
                .containsPattern("# written by zstar tune on .*\ncpu = .+\nvector.bits = [0-9]+\nzstar.gemm.pack = 16\n$");
        assertThat(tune(file)).as("a profile is replaced").isZero();
    }

    @Test
    void tuneSaysWhyASettingIsDropped(@TempDir Path temp) throws IOException {
        Path file = temp.resolve("my.properties");
        CommandLine line = new CommandLine(new TuneCommand((_, _, limit) -> new Tuner(
                Map.of("zstar.gemm.pack", List.of(16L)), limit.orElseThrow(), (cases, _, values) -> new double[] {
                    values.get("zstar.gemm.pack") == 64 ? 1 : cases == Tuner.Cases.SEARCH ? 0.5 : 1.1
                }), OTHERS));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        assertThat(line.execute("--out", file.toString(), "--time-budget", "60m")).isZero();
        assertThat(out.toString())
                .containsPattern("zstar.gemm.pack +16 +5 +0.909 +0.909 {2}dropped: a held-out case ran at 0.91×\n")
                .contains("No setting held on these cases. The defaults are kept.");
        assertThat(Files.readString(file)).as("a profile that keeps every default").doesNotContain("zstar.gemm.pack =");
        expect("zstar: Invalid value for option '--time-budget': '0' is not a time; expected a number above 0 and a unit, such as 90s, "
                + "10m or 1h\nSee zstar tune --help", "tune", "--dry-run", "--time-budget", "0");
    }

    @Test
    void tuneThatFoundNoTimeWritesNothing(@TempDir Path temp) {
        Path file = temp.resolve("my.properties");
        CommandLine line = new CommandLine(new TuneCommand(
                (_, _, _) -> new Tuner(Map.of("zstar.gemm.pack", List.of(16L)), Duration.ZERO, (_, _, _) -> new double[] {1}),
                OTHERS));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        assertThat(line.execute("--out", file.toString())).isZero();
        assertThat(out.toString()).containsPattern("zstar.gemm.pack +64 +16 +0 +- +-\\n").contains("Too few rounds")
                .doesNotContain("No value was");
        assertThat(file).doesNotExist();
    }

    @Test
    void tuneOverwritesNothingButProfiles(@TempDir Path temp) throws IOException {
        Path file = Files.writeString(temp.resolve("notes.txt"), "mine");
        assertThat(tune(file)).isEqualTo(2);
        assertThat(err.toString().strip())
                .isEqualTo("zstar: " + file + " exists and is not a tuning profile; choose another file with --out");
        assertThat(file).hasContent("mine");
    }

    private void expect(String sentence, String... arguments) {
        err.getBuffer().setLength(0);
        assertThat(run(arguments)).isEqualTo(2);
        assertThat(err.toString().strip()).isEqualTo(sentence);
    }

    private static StudyFile sample() {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", 64.0));
        StudyResult result = new StudyResult("kernels", "gemv n=64 </script>", "simd", 1, params, "gbps", 2, 1, 2, 3, 5, 4.0,
                List.of(List.of(2.0)));
        return StudyFile.of(Instant.EPOCH, "zstar study --full",
                new Machine("a cpu", null, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of()),
                new Measurements(List.of(new Ceiling("fma.f32.1t", 4, "GFLOP/s")), List.of(result),
                        List.of(new Trace("forward", "picard", "n=1", List.of(1.0, 0.5), List.of())),
                        List.of(new Trajectory("picard", "p", 1, List.of(1.0), List.of(List.of(1.0, 0.0, 0.0)))),
                        List.of("a remark"), List.of("a failure"), List.of()), true);
    }

    @Test
    void aResultFileIsReadAsItWasWritten() {
        StudyFile file = sample();
        assertThat(StudyFile.parse(file.json())).isEqualTo(file);
        assertThat(file.json()).contains("\"schema\" : \"zstar.study/2\"").contains("\"case\" : \"gemv n=64").contains("\"ofLimit\" : 0.5");
        assertThat(file.remarks()).containsExactly("a remark");
        assertThat(file.failures()).containsExactly("a failure");
        String older = file.json().replaceAll(",\\s*\"remarks\" : \\[[^\\]]*\\]", "").replaceAll(",\\s*\"notes\" : \\[[^\\]]*\\]", "")
                .replaceAll(",\\s*\"failures\" : \\[[^\\]]*\\]", "").replaceAll("\"(command|seconds|finished)\" : [^,]*,\\s*", "");
        assertThat(older).doesNotContain("remarks", "notes", "failures", "command", "seconds", "finished");
        assertThat(StudyFile.parse(older).remarks()).as("a file of an older version").isEmpty();
        assertThatThrownBy(() -> StudyFile.parse(file.json().replace("study/2", "study/9")))
                .hasMessage("the result file has the schema 'zstar.study/9'; expected 'zstar.study/2'");
    }

    @Test
    void nothingInTheDataCanEndThePagesScript() {
        String html = Page.study(sample());
        assertThat(html).contains("gemv n=64 \\u003c/script>").doesNotContain("/*data*/").doesNotContain("src=\"http");
    }

    @Test
    void aResultReplacesAnOlderOneWhole(@TempDir Path temp) throws IOException {
        Path folder = temp.resolve("deep/study");
        new ResultFolder(folder).end("{}", "old");
        Path page = new ResultFolder(folder).end("{}", "new");
        assertThat(page).hasContent("new");
        try (var files = Files.list(temp.resolve("deep"))) {
            assertThat(files).as("no other file is left").containsExactly(folder);
        }
        Files.writeString(folder.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> new ResultFolder(folder)).hasMessageContaining("holds other files than the result of a study");
        Files.writeString(temp.resolve("file"), "");
        assertThatThrownBy(() -> new ResultFolder(temp.resolve("file/study"))).hasMessage(temp.resolve("file/study")
                + " cannot be written: " + temp.resolve("file") + " is not a folder; choose another folder with --out");
        assertThatThrownBy(() -> new ResultFolder(temp.resolve("file"))).hasMessage(
                temp.resolve("file") + " exists and is not a folder; choose another folder with --out");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aResultHasThePermissionsOfOtherFilesAndALinkIsFollowed(@TempDir Path temp) throws IOException {
        Path folder = temp.resolve("study");
        Path page = new ResultFolder(folder).end("{}", "page");
        assertThat(Files.getPosixFilePermissions(folder))
                .isEqualTo(Files.getPosixFilePermissions(Files.createDirectory(temp.resolve("other"))));
        assertThat(Files.getPosixFilePermissions(page)).isEqualTo(Files.getPosixFilePermissions(Files.writeString(temp.resolve("file"),
                "")));

        Path real = Files.createDirectory(temp.resolve("real"));
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rwxrwxr-x"));
        Path link = Files.createSymbolicLink(temp.resolve("link"), real);
        new ResultFolder(link).end("{}", "through the link");
        assertThat(link).isSymbolicLink();
        assertThat(real.resolve("index.html")).hasContent("through the link");
        assertThat(Files.getPosixFilePermissions(real)).as("a folder keeps its own")
                .isEqualTo(PosixFilePermissions.fromString("rwxrwxr-x"));
        Path dangling = Files.createSymbolicLink(temp.resolve("dangling"), temp.resolve("nothing"));
        assertThatThrownBy(() -> new ResultFolder(dangling)).hasMessageContaining("is a link to a file that does not exist");
    }

    @Test
    void aResultWhoseFolderIsGoneGoesToAnother(@TempDir Path temp) throws IOException {
        Path above = Files.createDirectory(temp.resolve("above"));
        ResultFolder folder = new ResultFolder(above.resolve("study"));
        Files.delete(above);
        Files.writeString(above, "a file now");
        StudyException failure = catchThrowableOfType(StudyException.class, () -> folder.end("{}", "kept"));
        Path saved = Path.of(failure.getMessage().replaceAll(".*; it is in ", ""));
        assertThat(saved.resolve("index.html")).hasContent("kept");
        for (String name : List.of("index.html", "study.json")) {
            Files.delete(saved.resolve(name));
        }
        Files.delete(saved);
    }

    @Test
    void theCommitIsThatOfThisProjectsCheckout(@TempDir Path temp) throws IOException {
        Path other = Files.createDirectories(temp.resolve("other/lib"));
        Files.createDirectory(temp.resolve("other/.git"));
        assertThat(Checkout.commit(other)).as("a jar in the checkout of something else").isEmpty();
        assertThat(Checkout.commit(temp)).as("no checkout").isEmpty();
    }

    @Test
    void theCommitIsDescribedWhereverOneStands(@TempDir Path temp) throws IOException, InterruptedException {
        assumeTrue(git(temp, "init", "-q"), "no git");
        Path code = Files.createDirectories(temp.resolve("reports/target/lib"));
        Files.writeString(temp.resolve("zstar"), "");
        Files.writeString(temp.resolve("reports/pom.xml"), "");
        assertThat(Checkout.commit(code)).as("no commit yet").isEmpty();
        assertThat(git(temp, "add", "-A")).isTrue();
        assertThat(git(temp, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first")).isTrue();
        assertThat(git(temp, "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "v7", "-m", "seven")).isTrue();
        assertThat(Checkout.commit(code)).hasValue("v7");
        Files.writeString(temp.resolve("zstar"), "changed");
        assertThat(Checkout.commit(code)).hasValue("v7-dirty");
    }

    private static boolean git(Path folder, String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        try {
            return builder.start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
