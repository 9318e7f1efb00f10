package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/** Where a study's result goes: written beside its place and moved there whole, so that no one ever finds half of one. */
final class ResultFolder {
    private static final Set<String> FILES = Set.of("study.json", "index.html");

    private final Path folder;

    /** Checks, before anything is measured, that the result can be put there. */
    ResultFolder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
        Path parent = this.folder.getParent();
        if (Files.exists(this.folder) && !replaceable()) {
            throw new StudyException(folder + " exists and holds more than a study's result; choose another with --out");
        }
        try {
            Files.createDirectories(parent);
            Files.delete(Files.createTempFile(parent, ".zstar", null));
        } catch (IOException e) {
            throw new StudyException("nothing can be written in " + parent + " (" + e.getClass().getSimpleName() + "); choose another --out");
        }
    }

    private boolean replaceable() {
        try (var files = Files.list(folder)) {
            return files.allMatch(file -> FILES.contains(file.getFileName().toString()));
        } catch (IOException e) {
            return false;
        }
    }

    /** Puts both files in place; returns the page. */
    Path write(String json, String html) {
        Path fresh = null;
        Path old = null;
        try {
            fresh = Files.createTempDirectory(folder.getParent(), ".zstar-new");
            Files.writeString(fresh.resolve("study.json"), json);
            Files.writeString(fresh.resolve("index.html"), html);
            if (Files.exists(folder)) {
                old = Files.createTempDirectory(folder.getParent(), ".zstar-old");
                Files.move(folder, old.resolve("study"));
            }
            Files.move(fresh, folder);
            if (old != null) {
                delete(old);
            }
            return folder.resolve("index.html");
        } catch (IOException e) {
            restore(old);
            throw new StudyException("the result could not be written to " + folder + ": " + e.getMessage()
                    + (fresh == null ? "" : "; what was written is in " + fresh));
        }
    }

    private void restore(Path old) {
        try {
            if (old != null && !Files.exists(folder) && Files.exists(old.resolve("study"))) {
                Files.move(old.resolve("study"), folder);
            }
        } catch (IOException e) {
            // The message already names what is where.
        }
    }

    private static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
