package dev.zstar.reports;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that the user named in an option. */
final class OutputFile {
    private OutputFile() {}

    /**
     * Creates a folder if there is none.
     *
     * @throws IllegalArgumentException if it cannot be created
     */
    static void requireFolder(String option, Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    option + " " + folder + " cannot be created (" + e.getClass().getSimpleName() + "); expected a folder", e);
        }
    }

    /**
     * Writes a text in UTF-8. An existing file is replaced.
     *
     * @throws IllegalArgumentException if the file cannot be written
     */
    static void write(String option, Path file, String text) {
        try {
            // Half a character of a hostile file becomes a question mark.
            Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    option + " " + file + " cannot be written (" + e.getClass().getSimpleName() + "); expected a file in a folder", e);
        }
    }
}
