package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.reports.results.ResultFile;
import dev.zstar.reports.results.ResultReader;
import dev.zstar.reports.terminal.Shown;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A build of zstar in a folder, whose studies run as processes of their own.
 *
 * @param folder as the user wrote it
 * @param program the command that starts it, without arguments
 */
record StudyBuild(Path folder, List<String> program) {
    /** How long a process may take to end after it was asked to. */
    private static final int GRACE_SECONDS = 10;
    /** The most bytes of what a build says that are kept. */
    private static final int SAID = 8192;
    /** The most characters of what a build says in a message. */
    private static final int REASON = 300;
    private static final String EXPECTED = "expected a checkout of zstar, or a folder with its jars in target/lib";

    /**
     * The build in a folder: a checkout, which its script brings up to date, or a folder with the jars of the command line in
     * {@code target/lib}.
     *
     * @param option the option that names the folder, for messages
     * @throws IllegalArgumentException if there is neither
     */
    static StudyBuild in(String option, Path folder) {
        Path script = folder.resolve("zstar");
        if (Files.isRegularFile(script) && Files.exists(folder.resolve("pom.xml"))) {
            return new StudyBuild(folder, List.of("/bin/sh", script.toAbsolutePath().toString()));
        }
        return Stream.of("reports/target", "target").map(folder::resolve).filter(target -> hasJars(target.resolve("lib"))).findFirst()
                .map(target -> new StudyBuild(folder, java(target.toAbsolutePath())))
                .orElseThrow(() -> new IllegalArgumentException(
                        option + " " + folder + (Files.isDirectory(folder) ? " has no zstar" : " is not a folder") + "; " + EXPECTED));
    }

    private static boolean hasJars(Path lib) {
        try (Stream<Path> files = Files.list(lib)) {
            return files.anyMatch(file -> file.getFileName().toString().matches("zstar-reports-.*\\.jar"));
        } catch (IOException e) {
            return false;
        }
    }

    /** With the flags of the script. */
    private static List<String> java(Path target) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-Djoml.nounsafe"));
        command.add("--enable-native-access=dev.zstar.kernels,dev.zstar.bridge,com.sun.jna,org.jline.nativ");
        command.addAll(List.of("-p", target.resolve("lib").toString(), "-cp", target.resolve("native") + File.separator + "*"));
        command.addAll(List.of("-m", "dev.zstar.reports/dev.zstar.reports.Zstar"));
        return command;
    }

    /** Builds what is out of date, so that a build that fails is noticed before the other one is measured. */
    void prepare(Duration limit) {
        run(List.of("doctor"), limit);
    }

    /**
     * Runs a study into a folder, and reads its result.
     *
     * @throws StudyException if it fails, or takes longer than the limit
     */
    ResultFile study(List<String> options, Path out, Duration limit) {
        List<String> arguments = new ArrayList<>(List.of("study", "--out", out.toString()));
        arguments.addAll(options);
        run(arguments, limit);
        return ResultReader.read(out);
    }

    private void run(List<String> arguments, Duration limit) {
        try {
            List<String> command = new ArrayList<>(program);
            command.addAll(arguments);
            Process process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            // Asked to end, not killed: the study then ends the JVMs that it has started.
            Thread hook = new Thread(() -> end(process, ProcessHandle::destroy));
            Runtime.getRuntime().addShutdownHook(hook);
            LastBytes said = LastBytes.of(process.getErrorStream(), SAID);
            try {
                process.getOutputStream().close();
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw failed(arguments, "did not end within " + TimeAmount.words(limit) + " (--limit)", said);
                }
                if (process.exitValue() != 0) {
                    throw failed(arguments, "ended with exit code " + process.exitValue(), said);
                }
            } finally {
                if (process.isAlive()) {
                    end(process, ProcessHandle::destroy);
                    if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                        end(process, ProcessHandle::destroyForcibly);
                    }
                }
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        } catch (IOException e) {
            throw new StudyException("zstar in " + folder + " could not be started: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StudyException("the comparison was interrupted");
        }
    }

    /** Ends a process and those that it has started: the script of a checkout starts others. */
    private static void end(Process process, Consumer<ProcessHandle> how) {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(how);
    }

    private StudyException failed(List<String> arguments, String how, LastBytes said) throws InterruptedException {
        List<String> lines = said.text().lines().filter(line -> !line.isBlank()).toList();
        String reason = lines.stream().filter(line -> line.startsWith("zstar: ")).map(line -> line.substring(7)).findFirst()
                .orElse(lines.isEmpty() ? "it printed no reason" : lines.getLast());
        return new StudyException("zstar " + arguments.getFirst() + " in " + folder + " " + how + ": " + Shown.of(reason, REASON));
    }
}
