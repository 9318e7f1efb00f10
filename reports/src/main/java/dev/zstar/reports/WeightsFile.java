package dev.zstar.reports;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Reads a square matrix from a text file, one row a line.
 *
 * <p>Numbers are separated by semicolons if the first line has any, else by tabs, else by commas, else by spaces. Between semicolons and
 * tabs a number may have a decimal comma. Blank lines are skipped and counted, spaces around numbers are skipped. Everything else is
 * refused, with the line and the column of what was not understood.
 */
final class WeightsFile {
    private static final Pattern NUMBER = Pattern.compile("[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?");
    private static final Pattern NOT_FINITE = Pattern.compile("[+-]?(nan|inf|infinity)", Pattern.CASE_INSENSITIVE);
    /** Of a field, in a message. */
    private static final int SHOWN = 24;

    private final Path file;
    private int line;
    private String separator;
    private char decimal;

    private WeightsFile(Path file) {
        this.file = file;
    }

    /**
     * Reads the matrix, in f32.
     *
     * @throws IllegalArgumentException if that is not what the file holds; the message says where, what was expected, and what is there
     */
    static Block read(Path file) {
        return new WeightsFile(file).read();
    }

    private Block read() {
        if (Files.isDirectory(file)) {
            throw refused("it is a folder; expected a text file of numbers");
        }
        // Numbers are ASCII: as bytes, whatever else is there keeps its line and column.
        try (BufferedReader in = new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
            return read(in);
        } catch (NoSuchFileException e) {
            throw refused("there is no such file");
        } catch (AccessDeniedException e) {
            throw refused("reading it is not allowed");
        } catch (IOException e) {
            throw refused("it cannot be read (" + e.getMessage() + ")");
        }
    }

    private Block read(BufferedReader in) throws IOException {
        String[] first = next(in);
        if (first == null) {
            throw refused("it holds no numbers; expected lines of them, as many as a line has");
        }
        int n = first.length;
        Limits.requireMemory("W of " + n + " numbers a line in " + file, Block.bytes(Type.F32, n, n));
        Block w = Block.allocate(Type.F32, n, n);
        try {
            int firstLine = line;
            int i = 0;
            for (String[] fields = first; fields != null; fields = next(in), i++) {
                if (fields.length != n) {
                    throw refused(numbers(fields.length) + ", expected " + n + ", as in line " + firstLine, line);
                }
                if (i == n) {
                    throw refused("one more line of numbers than the " + n + " that a line has; W must be square", line);
                }
                for (int j = 0; j < n; j++) {
                    w.set(i, j, number(fields[j], j + 1));
                }
            }
            if (i < n) {
                throw refused((i == 1 ? "1 line" : i + " lines") + " of " + numbers(n) + "; W must be square");
            }
            return w;
        } catch (RuntimeException | IOException e) {
            w.close();
            throw e;
        }
    }

    /** The fields of the next line that has any; null at the end. */
    private String[] next(BufferedReader in) throws IOException {
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            line++;
            if (line == 1 && (text.startsWith("\u00ff\u00fe") || text.startsWith("\u00fe\u00ff"))) {
                throw refused("it is in UTF-16; expected UTF-8");
            }
            if (line == 1 && text.startsWith("\u00ef\u00bb\u00bf")) {
                text = text.substring(3);
            }
            int zero = text.indexOf('\0');
            if (zero >= 0) {
                throw refused("a zero byte at character " + (zero + 1) + "; expected text", line);
            }
            text = text.strip();
            if (!text.isEmpty()) {
                if (separator == null) {
                    separator = text.contains(";") ? ";" : text.contains("\t") ? "\t" : text.contains(",") ? "," : "[ \t]+";
                }
                return text.split(separator, -1);
            }
        }
        return null;
    }

    private float number(String field, int column) {
        String text = field.strip();
        boolean comma = text.indexOf(',') >= 0;
        if (NOT_FINITE.matcher(text).matches()) {
            throw refused("'" + text + "'; every element must be finite", line, column);
        }
        // Elsewhere a comma is what separates numbers, or would be taken for it.
        boolean decimals = separator.equals(";") || separator.equals("\t");
        if (!NUMBER.matcher(text).matches() || comma && !decimals) {
            throw refused(text.isEmpty() ? "no number between two separators" : "'" + shown(text) + "' is not a number", line, column);
        }
        char mark = comma ? ',' : text.indexOf('.') >= 0 ? '.' : 0;
        if (mark != 0 && decimal != 0 && mark != decimal) {
            throw refused("'" + shown(text) + "' has a decimal '" + mark + "', numbers before it have '" + decimal + "'", line, column);
        }
        decimal = mark != 0 ? mark : decimal;
        float value = Float.parseFloat(comma ? text.replace(',', '.') : text);
        if (Float.isInfinite(value)) {
            throw refused("'" + shown(text) + "' is larger than f32 can hold, which is 3.4e38", line, column);
        }
        return value;
    }

    /** The start of a field, other bytes than ASCII's as their numbers. */
    private static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        text.chars().limit(SHOWN).forEach(c -> {
            boolean visible = c >= ' ' && c <= '~';
            shown.append(visible ? Character.toString(c) : String.format(Locale.ROOT, "\\x%02x", c));
        });
        return text.length() > SHOWN ? shown + "…" : shown.toString();
    }

    private static String numbers(int count) {
        return count == 1 ? "1 number" : count + " numbers";
    }

    private IllegalArgumentException refused(String what) {
        return new IllegalArgumentException("the weights " + file + ": " + what);
    }

    private IllegalArgumentException refused(String what, int line) {
        return new IllegalArgumentException("the weights " + file + ", line " + line + ": " + what);
    }

    private IllegalArgumentException refused(String what, int line, int column) {
        return new IllegalArgumentException("the weights " + file + ", line " + line + ", column " + column + ": " + what);
    }
}
