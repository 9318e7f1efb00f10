package dev.zstar.reports.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Files in which Linux describes itself. Any of them may be missing, in a container or on another system.
 *
 * @param root the folder that holds {@code proc}, {@code sys} and {@code etc}
 */
record SystemFiles(Path root) {
    /** The contents of a file without white space around them; empty if it cannot be read or is blank. */
    Optional<String> text(String path) {
        try {
            String text = new String(Files.readAllBytes(root.resolve(path)), StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? Optional.empty() : Optional.of(text);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The lines of a file; none if it cannot be read. */
    Stream<String> lines(String path) {
        return text(path).stream().flatMap(String::lines);
    }

    /** The text after the sign in the first line with this name. */
    Optional<String> value(String path, String name, String sign) {
        return lines(path).map(line -> line.split(sign, 2))
                .filter(parts -> parts.length == 2 && parts[0].strip().equals(name) && !parts[1].isBlank())
                .map(parts -> parts[1].strip())
                .findFirst();
    }

    /** The files and folders in a folder whose names match, as paths for the other methods; none if the folder cannot be read. */
    List<String> entries(String folder, String pattern) {
        List<String> entries = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(root.resolve(folder))) {
            for (Path entry : found) {
                String name = entry.getFileName().toString();
                if (name.matches(pattern)) {
                    entries.add(folder + "/" + name);
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        return entries.stream().sorted().toList();
    }
}
