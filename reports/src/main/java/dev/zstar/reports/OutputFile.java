package dev.zstar.reports;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

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
     * Writes a text in UTF-8. An existing file is replaced, and stays as it was if the text cannot be written.
     *
     * @throws IllegalArgumentException if the file cannot be written
     */
    static void write(String option, Path file, String text) {
        // Half a character of a hostile file becomes a question mark.
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                // Such as /dev/stdout, beside which there can be no other file.
                Files.write(file, bytes);
            } else {
                replace(Files.exists(file) ? file.toRealPath() : file.toAbsolutePath(), bytes);
            }
        } catch (IOException e) {
            String said = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
            throw new IllegalArgumentException(option + " " + file + " cannot be written (" + (said == null
                    ? e.getClass().getSimpleName() + "); expected a file in a folder"
                    : said + "); expected a folder with room for " + bytes.length + " bytes"), e);
        }
    }

    private static void replace(Path file, byte[] bytes) throws IOException {
        Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
        try {
            Files.write(fresh, bytes);
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }
}
