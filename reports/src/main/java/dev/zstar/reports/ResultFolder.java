package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;

/**
 * Where a study's result goes. Each of its files is written beside its place and moved there whole, so that no one ever finds half of
 * one. A folder that is there keeps its owner, its permissions, and the links that lead to it.
 */
final class ResultFolder {
    private static final String DATA = "study.json";
    private static final String PAGE = "index.html";

    private final Path folder;

    /** Checks, before anything is measured, that the result can be put there. */
    ResultFolder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
        if (Files.exists(this.folder)) {
            if (!Files.isDirectory(this.folder)) {
                throw new StudyException(folder + " exists and is no folder; choose another with --out");
            }
            if (!replaceable()) {
                throw new StudyException(folder + " exists and holds more than a study's result; choose another with --out");
            }
        } else if (Files.isSymbolicLink(this.folder)) {
            throw new StudyException(folder + " is a link to something that does not exist; choose another with --out");
        }
        Path above = Files.exists(this.folder) ? this.folder : this.folder.getParent();
        try {
            Files.createDirectories(above);
            Files.delete(Files.createTempFile(above, ".zstar", null));
        } catch (IOException e) {
            throw new StudyException("nothing can be written in " + above + " (" + e.getClass().getSimpleName()
                    + "); choose another --out");
        }
    }

    private boolean replaceable() {
        try (var files = Files.list(folder)) {
            return files.allMatch(file -> Set.of(DATA, PAGE).contains(file.getFileName().toString()));
        } catch (IOException e) {
            return false;
        }
    }

    /** Puts both files in place; returns the page. What was measured for an hour is not lost for want of a folder. */
    Path write(String json, String html) {
        try {
            return write(folder, json, html);
        } catch (IOException e) {
            String sentence = "the result could not be written to " + folder + " (" + e + ")";
            try {
                Path other = Files.createTempDirectory("zstar-study");
                write(other, json, html);
                throw new StudyException(sentence + "; it is in " + other);
            } catch (IOException again) {
                throw new StudyException(sentence + ", and neither to the folder for temporary files");
            }
        }
    }

    private static Path write(Path folder, String json, String html) throws IOException {
        Files.createDirectories(folder);
        Path page = folder.resolve(PAGE);
        Path freshData = folder.resolve("." + DATA + ".new");
        Path freshPage = folder.resolve("." + PAGE + ".new");
        try {
            Files.writeString(freshData, json);
            Files.writeString(freshPage, html);
            Files.move(freshData, folder.resolve(DATA), StandardCopyOption.REPLACE_EXISTING);
            Files.move(freshPage, page, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(freshData);
            Files.deleteIfExists(freshPage);
        }
        return page;
    }
}
