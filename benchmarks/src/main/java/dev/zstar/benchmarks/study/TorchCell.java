package dev.zstar.benchmarks.study;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs {@code tools/torch_cell.py}, which times a cell like a layer of a transformer in PyTorch. The interpreter is the one that the
 * {@code zstar.python} system property or the {@code ZSTAR_PYTHON} environment variable names, else {@code python3}.
 */
final class TorchCell {
    private static final String SCRIPT = "tools/torch_cell.py";
    private static final long LIMIT_SECONDS = 120;
    private static final String NUMBER = "([0-9.eE+-]+)";

    private final String python;
    private final Path script;

    /**
     * The times of one process.
     *
     * @param version of PyTorch
     * @param evaluation nanoseconds of the fastest evaluation
     * @param vjp nanoseconds of the fastest product with the transposed Jacobian
     */
    record Times(String version, double evaluation, double vjp) {}

    TorchCell(String python, Path script) {
        this.python = python;
        this.script = script;
    }

    /**
     * The script of this checkout, with the interpreter of the settings.
     *
     * @throws StudyException if this code is not in a checkout with the script
     */
    static TorchCell ofCheckout() {
        // An empty property or variable counts as not set.
        String python = Stream.of(System.getProperty("zstar.python", ""), System.getenv().getOrDefault("ZSTAR_PYTHON", ""), "python3")
                .filter(name -> !name.isEmpty()).findFirst().orElseThrow();
        return new TorchCell(python, script());
    }

    private static Path script() {
        CodeSource source = TorchCell.class.getProtectionDomain().getCodeSource();
        try {
            Path code = source == null ? null : Path.of(source.getLocation().toURI()).toAbsolutePath();
            for (Path folder = code; folder != null; folder = folder.getParent()) {
                if (Files.exists(folder.resolve(SCRIPT))) {
                    return folder.resolve(SCRIPT);
                }
            }
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            // As if there were no script.
        }
        throw new StudyException("no folder around this code has " + SCRIPT + ", which is in a checkout of zstar");
    }

    /** The interpreter. */
    String python() {
        return python;
    }

    /**
     * Times the cell in a new process.
     *
     * @param seconds how long each of the two operations is repeated
     * @throws StudyException if the interpreter, PyTorch or a result is missing; the message is the reason
     */
    Times run(TransformerCell cell, int threads, double seconds) {
        Path out = null;
        Process process = null;
        try {
            out = Files.createTempFile("zstar-torch", ".txt");
            process = start(List.of(python, script.toString(), "--threads", "" + threads, "--seconds", "" + seconds), out);
            boolean ended = Children.ends(process, LIMIT_SECONDS);
            // Python and PyTorch may write warnings in another encoding.
            List<String> lines = new String(Files.readAllBytes(out), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank())
                    .toList();
            if (!ended) {
                throw new StudyException(SCRIPT + " did not end within " + LIMIT_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new StudyException(lines.isEmpty() ? python + " ended with exit code " + process.exitValue() : lines.getLast());
            }
            return parse(cell, lines.isEmpty() ? "" : lines.getLast());
        } catch (IOException e) {
            throw new StudyException("the output of " + python + " could not be read: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StudyException("the study was interrupted");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            Fork.delete(out);
        }
    }

    private static Process start(List<String> command, Path out) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
        } catch (IOException e) {
            throw new StudyException(command.getFirst() + " cannot be run; name a Python that has PyTorch with ZSTAR_PYTHON");
        }
    }

    /** Reads the line of JSON, and refuses the times of another cell. */
    private static Times parse(TransformerCell cell, String line) {
        int[] sizes = {cell.tokens(), cell.width(), cell.heads(), cell.hidden(), cell.batch()};
        String[] names = {"tokens", "width", "heads", "hidden", "batch"};
        for (int i = 0; i < sizes.length; i++) {
            String found = find(line, "\"" + names[i] + "\": " + NUMBER);
            if (!found.equals("" + sizes[i])) {
                throw new StudyException(SCRIPT + " timed a cell with " + names[i] + " = " + found + ", expected " + sizes[i]);
            }
        }
        return new Times(find(line, "\"torch\": \"([^\"]+)\""), nanos(line, "evaluation"), nanos(line, "vjp"));
    }

    private static double nanos(String line, String operation) {
        String millis = find(line, "\"" + operation + "\": \\{[^}]*\"min_ms\": " + NUMBER);
        try {
            return 1e6 * Double.parseDouble(millis);
        } catch (NumberFormatException e) {
            throw new StudyException(SCRIPT + " printed the time '" + millis + "', expected a number");
        }
    }

    private static String find(String line, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(line);
        if (!matcher.find()) {
            throw new StudyException(SCRIPT + " printed '" + line + "', expected a line of JSON with its times");
        }
        return matcher.group(1);
    }
}
