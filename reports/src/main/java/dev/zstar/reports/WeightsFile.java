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
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Reads a square matrix from a text file with one row in each line.
 *
 * <p>Numbers are separated by semicolons if the first line has any, else by tabs, else by commas, else by spaces. With semicolons or tabs,
 * numbers may have a decimal comma. The first line may be a header: names, none of which is a number. Blank lines and comments, which begin
 * with {@code #}, are skipped, but counted in messages. Spaces around numbers are ignored. Everything else is refused with its line and
 * column.
 */
final class WeightsFile {
    private static final Pattern NUMBER = Pattern.compile("[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?");
    private static final Pattern NOT_FINITE = Pattern.compile("[+-]?(nan|inf|infinity)", Pattern.CASE_INSENSITIVE);
    /** A name in a header, quoted or not. No number begins with a letter. */
    private static final Pattern NAME = Pattern.compile("\"?[A-Za-z_][A-Za-z0-9_ .\\[\\]()/-]*\"?");
    private static final Pattern SEPARATOR = Pattern.compile("[;,\t ]");
    /** The most characters of a field in a message. */
    private static final int SHOWN = 24;

    private final Path file;
    private int line;
    private String separator;
    /** The line that set the separator. */
    private int firstLine;
    private char decimal;

    private WeightsFile(Path file) {
        this.file = file;
    }

    /**
     * Reads the matrix, in f32.
     *
     * @throws IllegalArgumentException if the file holds anything else; the message says where, what was expected, and what was found
     */
    static Block read(Path file) {
        return new WeightsFile(file).read();
    }

    private Block read() {
        if (Files.isDirectory(file)) {
            throw refused("it is a folder; expected a text file of numbers");
        }
        // Numbers are ASCII. Reading single bytes keeps the line and column of anything else.
        try (BufferedReader in = new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
            return read(in);
        } catch (NoSuchFileException e) {
            throw refused("there is no such file; expected a text file of numbers");
        } catch (AccessDeniedException e) {
            throw refused("permission denied; expected a readable file");
        } catch (IOException e) {
            throw refused("it cannot be read (" + e.getMessage() + "); expected a text file of numbers");
        }
    }

    private Block read(BufferedReader in) throws IOException {
        String[] first = next(in);
        if (first != null && isHeader(first)) {
            int names = first.length;
            first = next(in);
            if (first != null && first.length != names) {
                throw refused(numbers(first.length) + "; expected " + names + " separated by " + separators() + ", as names in line "
                        + firstLine, line);
            }
        }
        if (first == null) {
            throw refused("it has no numbers; expected n lines of n numbers");
        }
        int n = first.length;
        Limits.requireMemory("W with " + n + " numbers in a line in " + file, Block.bytes(Type.F32, n, n));
        Block w = Block.allocate(Type.F32, n, n);
        try {
            int i = 0;
            for (String[] fields = first; fields != null; fields = next(in), i++) {
                if (fields.length != n) {
                    throw refused(numbers(fields.length) + "; expected " + n + " separated by " + separators() + ", as in line "
                            + firstLine, line);
                }
                if (i == n) {
                    throw refused("more than " + n + " lines of " + numbers(n) + "; expected a square W", line);
                }
                for (int j = 0; j < n; j++) {
                    w.set(i, j, number(fields[j], j + 1));
                }
            }
            if (i < n) {
                throw refused((i == 1 ? "1 line" : i + " lines") + " of " + numbers(n) + "; expected a square W");
            }
            return w;
        } catch (RuntimeException | IOException e) {
            w.close();
            throw e;
        }
    }

    /** The fields of the next line that is not blank; null at the end. */
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
                throw refused("zero byte at character " + (zero + 1) + "; expected text", line);
            }
            text = text.strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                if (separator == null) {
                    firstLine = line;
                    separator = text.contains(";") ? ";" : text.contains("\t") ? "\t" : text.contains(",") ? "," : "[ \t]+";
                }
                return text.split(separator, -1);
            }
        }
        return null;
    }

    /** Whether all fields are names. */
    private static boolean isHeader(String[] fields) {
        return Arrays.stream(fields).map(String::strip).allMatch(field -> NAME.matcher(field).matches()
                && !NOT_FINITE.matcher(field).matches());
    }

    private float number(String field, int column) {
        String text = field.strip();
        boolean comma = text.indexOf(',') >= 0;
        if (NOT_FINITE.matcher(text).matches()) {
            throw refused("'" + text + "'; expected a finite number", line, column);
        }
        // With other separators a comma separates numbers, or could be mistaken for a separator.
        boolean decimals = separator.equals(";") || separator.equals("\t");
        if (!NUMBER.matcher(text).matches() || comma && !decimals) {
            String what = text.isEmpty() ? "no number; expected one between two separators" : "'" + shown(text) + "'; expected a number"
                    + (SEPARATOR.matcher(text).find() ? ", since line " + firstLine + " separates numbers by " + separators() : "");
            throw refused(what, line, column);
        }
        char mark = comma ? ',' : text.indexOf('.') >= 0 ? '.' : 0;
        if (mark != 0 && decimal != 0 && mark != decimal) {
            throw refused("'" + shown(text) + "' has a decimal '" + mark + "'; expected '" + decimal + "', as in the numbers before",
                    line, column);
        }
        decimal = mark != 0 ? mark : decimal;
        float value = Float.parseFloat(comma ? text.replace(',', '.') : text);
        if (Float.isInfinite(value)) {
            throw refused("'" + shown(text) + "' overflows f32; expected at most 3.4e38 in size", line, column);
        }
        return value;
    }

    private String separators() {
        return switch (separator) {
            case ";" -> "semicolons";
            case "\t" -> "tabs";
            case "," -> "commas";
            default -> "spaces";
        };
    }

    /** The start of a field, with bytes that are not ASCII as hexadecimal numbers. */
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
