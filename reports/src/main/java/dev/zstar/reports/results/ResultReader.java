package dev.zstar.reports.results;

import dev.zstar.reports.terminal.Shown;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a result file of any kind that is known here. */
public final class ResultReader {
    private static final String EXPECTED = "expected the JSON of JMH (-rf json) or the study.json of zstar study";
    private static final int REASON = 100;
    /** JMH's files have some kilobytes for each benchmark. */
    private static final long MOST_BYTES = 256L << 20;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            // JMH up to 1.11 wrote NaN without quotes.
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ResultReader() {}

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it is no result file; the message names the file, the reason and what was expected
     */
    public static ResultFile read(Path file) {
        try {
            return parse(file.toString(), contents(file));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * The contents of the {@code study.json} that is this file or in this folder.
     *
     * @throws IllegalArgumentException as {@link #read}, and if it is a result file of another kind
     */
    public static byte[] study(Path file) {
        try {
            byte[] contents = contents(file);
            String kind = parse(file.toString(), contents).kind();
            if (!kind.equals(StudyReader.KIND)) {
                throw new IllegalArgumentException("it is a result of " + kind + "; expected the study.json of zstar study");
            }
            return contents;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /** Of the file, or of the study in the folder. */
    private static byte[] contents(Path file) {
        if (!Files.isDirectory(file)) {
            return bytes(file);
        }
        Path inside = file.resolve("study.json");
        if (!Files.exists(inside)) {
            throw new IllegalArgumentException("it is a folder without a study.json; " + EXPECTED);
        }
        return bytes(inside);
    }

    private static byte[] bytes(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IllegalArgumentException("it has " + Files.size(file) + " bytes, expected at most " + MOST_BYTES);
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("there is no such file; " + EXPECTED, e);
        } catch (AccessDeniedException e) {
            throw new IllegalArgumentException("permission to read it is denied; expected a readable file", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("it cannot be read (" + e.getClass().getSimpleName() + "); " + EXPECTED, e);
        }
    }

    /**
     * Reads the contents of a file.
     *
     * @throws IllegalArgumentException as {@link #read}, without the name of the file
     */
    static ResultFile parse(String label, byte[] contents) {
        if (contents.length == 0) {
            throw new IllegalArgumentException("it is empty; " + EXPECTED);
        }
        if (contents.length > 1 && (contents[0] & 0xff) == 0x1f && (contents[1] & 0xff) == 0x8b) {
            throw new IllegalArgumentException("it is compressed by gzip; unpack it first");
        }
        try {
            JsonNode root = MAPPER.readTree(contents);
            if (root.isArray()) {
                return JmhReader.read(label, root);
            }
            if (root.isObject() && root.path("schema").asString("").startsWith(StudyReader.FAMILY)) {
                return StudyReader.read(label, root);
            }
            throw new IllegalArgumentException("it is JSON, but not a result file; " + EXPECTED);
        } catch (StreamConstraintsException e) {
            throw new IllegalArgumentException("it is nested too deeply, or has too long a text or number; " + EXPECTED, e);
        } catch (StreamReadException e) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, "it is not valid JSON, in line %d, column %d: %s",
                    e.getLocation().getLineNr(), e.getLocation().getColumnNr(), reason(e)), e);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("it is not valid JSON: " + reason(e), e);
        }
    }

    /** What Jackson says, without the list of everything that it would have accepted. */
    private static String reason(JacksonException e) {
        return Shown.of(e.getOriginalMessage().replaceFirst("(?s)(: was expecting|: expected|\\(from|, from `).*", ""), REASON);
    }
}
