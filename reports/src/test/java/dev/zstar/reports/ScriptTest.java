package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the script {@code zstar} answers on a machine where nothing is built and nothing may be installed. */
@DisabledOnOs(OS.WINDOWS)
class ScriptTest {
    private static final Path SCRIPT = Path.of("..", "zstar");

    @TempDir
    Path checkout;

    private record Answer(int code, String out, String err) {}

    /** Runs a copy of the script, in a checkout that has never been built, with an empty environment. */
    private Answer run(String... arguments) throws IOException, InterruptedException {
        for (String file : List.of("zstar", "pom.xml")) {
            Files.copy(SCRIPT.resolveSibling(file), checkout.resolve(file));
        }
        List<String> command = new ArrayList<>(List.of("/bin/sh", checkout.resolve("zstar").toString()));
        command.addAll(List.of(arguments));
        Path err = Files.createTempFile("zstar-script", null);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            try (Stream<Path> files = Files.list(checkout)) {
                assertThat(files.map(file -> file.getFileName().toString())).as("nothing was built")
                        .containsExactlyInAnyOrder("zstar", "pom.xml");
            }
            return new Answer(code, out, Files.readString(err));
        } finally {
            Files.delete(err);
        }
    }

    private static String usage() {
        return Zstar.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    @Test
    void theHelpIsWhatTheCommandLinePrints() throws Exception {
        assertThat(run("--help")).isEqualTo(new Answer(0, usage(), ""));
    }

    @Test
    void withoutACommandItIsTheHelpToo() throws Exception {
        assertThat(run()).isEqualTo(new Answer(0, usage(), ""));
    }

    @Test
    void theVersionIsTheProjects() throws Exception {
        Answer answer = run("-V");
        assertThat(answer.code()).isZero();
        assertThat(answer.out()).matches("zstar [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n").isEqualTo("zstar " + Zstar.version() + "\n");
    }

    @Test
    void theHelpOfACommandBuildsNothing() throws Exception {
        String note = "zstar: only the overview is available before zstar is built; run ./zstar doctor, which builds it, "
                + "then ./zstar study --help lists its options\n";
        assertThat(run("study", "--help")).isEqualTo(new Answer(0, usage(), note));
    }

    @Test
    void theVersionOfACommandIsTheProjects() throws Exception {
        assertThat(run("solve", "--version")).isEqualTo(new Answer(0, "zstar " + Zstar.version() + "\n", ""));
    }

    @Test
    void anUnknownCommandBuildsNothing() throws Exception {
        assertThat(run("fly")).isEqualTo(new Answer(2, "",
                "zstar: unknown command 'fly'; "
                + "expected one of study, ab, compare, report, publish, solve, reason, language, tune, doctor, test, jmh, peers\n"
                + "See zstar --help\n"));
    }
}
