package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is read from Python, with scripts of the shell in its place. */
@DisabledOnOs(OS.WINDOWS)
class TorchCellTest {
    static final TransformerCell TINY = new TransformerCell(5, 16, 2, 24, 2);
    static final String TIMES = """
            {"torch": "2.0+none", "threads": 1, "tokens": 5, "width": 16, "heads": 2, "hidden": 24, "batch": 2, "type": "f32", \
            "evaluation": {"runs": 9, "min_ms": 1.5, "median_ms": 2}, "vjp": {"runs": 9, "min_ms": 2.5e1, "median_ms": 30}}""";

    @TempDir
    private Path temp;

    /** An interpreter that ignores its script. */
    static Path interpreter(Path folder, String commands) throws IOException {
        Path file = Files.writeString(folder.resolve("python"), "#!/bin/sh\n" + commands + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private TorchCell python(String commands) throws IOException {
        return new TorchCell(interpreter(temp, commands).toString(), temp.resolve("cell.py"));
    }

    @Test
    void timesAreReadFromTheLastLine() throws IOException {
        TorchCell.Times times = python("echo 'a warning' >&2; echo '" + TIMES + "'").run(TINY, 1, 0);
        assertThat(times).isEqualTo(new TorchCell.Times("2.0+none", 1.5e6, 2.5e7));
    }

    @Test
    void theScriptGetsItsOptions() throws IOException {
        assertThatThrownBy(() -> python("echo \"$@\"; exit 3").run(TINY, 2, 0.5)).isInstanceOf(StudyException.class)
                .hasMessage(temp.resolve("cell.py") + " --threads 2 --seconds 0.5");
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        assertThatThrownBy(() -> new TorchCell("/no/python", temp).run(TINY, 1, 0)).isInstanceOf(StudyException.class)
                .hasMessage("/no/python cannot be run; name a Python that has PyTorch with ZSTAR_PYTHON");
        assertThatThrownBy(() -> python("echo 'PyTorch is not installed' >&2; exit 3").run(TINY, 1, 0)).isInstanceOf(StudyException.class)
                .hasMessage("PyTorch is not installed");
        assertThatThrownBy(() -> python("exit 4").run(TINY, 1, 0)).isInstanceOf(StudyException.class)
                .hasMessage(temp.resolve("python") + " ended with exit code 4");
    }

    @Test
    void otherOutputIsRefused() throws IOException {
        assertThatThrownBy(() -> python("echo '" + TIMES.replace("\"width\": 16", "\"width\": 32") + "'").run(TINY, 1, 0))
                .isInstanceOf(StudyException.class).hasMessage("tools/torch_cell.py timed a cell with width = 32, expected 16");
        assertThatThrownBy(() -> python("echo hello").run(TINY, 1, 0)).isInstanceOf(StudyException.class)
                .hasMessage("tools/torch_cell.py printed 'hello', expected a line of JSON with its times");
        assertThatThrownBy(() -> python("echo '" + TIMES.replace("1.5", "1.5.5") + "'").run(TINY, 1, 0))
                .isInstanceOf(StudyException.class).hasMessage("tools/torch_cell.py printed the time '1.5.5', expected a number");
    }

    @Test
    void theScriptOfThisCheckoutIsFound() {
        assertThat(TorchCell.ofCheckout().python()).isNotEmpty();
    }
}
