package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The folder of a study's result. Each file is written under a temporary name and then moved, so that nobody finds half a file. An existing
 * folder keeps its owner, its permissions and the links to it.
 */
final class ResultFolder {
    private static final String DATA = "study.json";
    private static final String PAGE = "index.html";
    private static final String CASES = ".cases";
    private static final String LOCK = ".lock";
    /** A file under its temporary name; {@link #PROBE} begins the name of another one. Both stay if the process is killed. */
    private static final String FRESH = ".new";

    private static final String PROBE = ".zstar";
    private static final Set<String> OWN = Set.of(DATA, PAGE, CASES, LOCK);
    private static final Pattern LEFT = Pattern.compile("\\.(study\\.json|index\\.html)\\.new|\\.zstar[0-9]+\\.tmp");

    private final Path folder;

    /**
     * Checks before the study that the result can be written to this folder.
     *
     * @throws IllegalArgumentException if it cannot
     */
    ResultFolder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
        if (Files.exists(this.folder)) {
            if (!Files.isDirectory(this.folder)) {
                throw new IllegalArgumentException(folder + " exists and is not a folder; choose another folder with --out");
            }
            if (!replaceable()) {
                throw new IllegalArgumentException(folder + " exists and holds other files than the result of a study; "
                        + "choose another folder with --out");
            }
        } else if (Files.isSymbolicLink(this.folder)) {
            throw new IllegalArgumentException(folder + " is a link to a file that does not exist; choose another folder with --out");
        }
        Path above = Files.exists(this.folder) ? this.folder : this.folder.getParent();
        try {
            Files.createDirectories(above);
            Files.delete(Files.createTempFile(above, PROBE, null));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    folder + " cannot be written: " + reason(above, e) + "; choose another folder with --out", e);
        }
    }

    private static String reason(Path above, IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission to write in " + above + " is denied";
            case FileAlreadyExistsException exists -> exists.getFile() + " is not a folder";
            case FileSystemException other when other.getReason() != null -> above + ": " + other.getReason();
            case FileSystemException _ -> above + " takes no new files";
            default -> above + ": " + e.getMessage();
        };
    }

    private boolean replaceable() {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).allMatch(name -> OWN.contains(name) || LEFT.matcher(name).matches());
        } catch (IOException e) {
            return false;
        }
    }

    /** The folder, held by one study. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Holds the folder until the result is closed or the process ends.
     *
     * @throws IllegalArgumentException if another study holds it
     */
    Held hold() {
        Path file = folder.resolve(LOCK);
        FileChannel channel;
        FileLock lock;
        try {
            Files.createDirectories(folder);
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    folder + " cannot be written: " + reason(folder, e) + "; choose another folder with --out", e);
        }
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        } catch (IOException e) {
            // This file system has no locks.
            return () -> release(file, channel);
        }
        if (lock == null) {
            close(channel);
            throw new IllegalArgumentException(
                    "another study writes to " + folder + "; choose another folder with --out, or wait for its end");
        }
        return () -> release(file, channel);
    }

    private static void release(Path file, FileChannel channel) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It may stay: without its lock it holds nobody.
        }
        close(channel);
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // The end of the process closes it.
        }
    }

    /** Where the study keeps the result of each case until it has finished. */
    Path cases() {
        return folder.resolve(CASES);
    }

    /** The file of a study that was stopped. */
    StudyFile unfinished() {
        Path data = folder.resolve(DATA);
        if (!Files.exists(data)) {
            throw new IllegalArgumentException(folder + " has no " + DATA + "; expected the folder of a study that was stopped");
        }
        StudyFile file = StudyFile.read(data);
        if (!Boolean.FALSE.equals(file.finished()) || file.command() == null) {
            throw new IllegalArgumentException("the study in " + folder + " has finished; expected one that was stopped");
        }
        return file;
    }

    /** Deletes what {@link #cases} holds. */
    void forgetCases() {
        // A link may lead to files that are no cases.
        if (!Files.isDirectory(cases(), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (var files = Files.list(cases())) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(cases());
        } catch (IOException e) {
            // They may stay: they belong to one build, and a new study with the same options makes the same.
        }
    }

    /**
     * Writes both files before anything is measured.
     *
     * @throws IllegalArgumentException if they cannot be written
     */
    void begin(String json, String html) {
        try {
            write(folder, json, html);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    folder + " cannot be written: " + reason(folder, e) + "; choose another folder with --out", e);
        }
    }

    /** Writes both files while the study goes on. If they cannot be written, those of before stay: the end tries again. */
    void update(String json, String html) {
        try {
            write(folder, json, html);
        } catch (IOException e) {
            // The cases are kept, too.
        }
    }

    /**
     * Writes both files, forgets the cases, and returns the page. If there is no room for the page, the figures are written alone. If the
     * folder cannot be written any more, they go to a temporary folder.
     *
     * @throws StudyException if the page is not in the folder; the message says what was saved, and where
     */
    Path end(String json, String html) {
        try {
            Path page = write(folder, json, html);
            forgetCases();
            return page;
        } catch (IOException e) {
            String reason = " (" + reason(folder, e) + "); ";
            if (figures(folder, json)) {
                forgetCases();
                throw new StudyException("the page could not be written" + reason + "the figures are in " + folder.resolve(DATA));
            }
            throw new StudyException("the result could not be written" + reason + elsewhere(json, html));
        }
    }

    /** Writes to a temporary folder, and says what is there. */
    private String elsewhere(String json, String html) {
        Path other = null;
        try {
            other = Files.createTempDirectory("zstar-study");
            write(other, json, html);
            return "it is in " + other;
        } catch (IOException e) {
            if (other != null && figures(other, json)) {
                return "the figures are in " + other.resolve(DATA);
            }
            delete(other);
            return "a temporary folder takes it no more than this one. With more room, zstar study --resume " + folder
                    + " measures only what is missing";
        }
    }

    /** Whether the figures alone could be written. A page that shows the study as it was before makes room for them. */
    private static boolean figures(Path folder, String json) {
        Path fresh = folder.resolve("." + DATA + FRESH);
        try {
            Files.deleteIfExists(folder.resolve(PAGE));
            Files.writeString(fresh, json);
            Files.move(fresh, folder.resolve(DATA), StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (IOException e) {
            delete(fresh);
            return false;
        }
    }

    private static Path write(Path folder, String json, String html) throws IOException {
        Files.createDirectories(folder);
        Path page = folder.resolve(PAGE);
        Path freshData = folder.resolve("." + DATA + FRESH);
        Path freshPage = folder.resolve("." + PAGE + FRESH);
        try {
            Files.writeString(freshData, json);
            Files.writeString(freshPage, html);
            Files.move(freshData, folder.resolve(DATA), StandardCopyOption.REPLACE_EXISTING);
            Files.move(freshPage, page, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            delete(freshData);
            delete(freshPage);
        }
        return page;
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // It may stay: the next study in this folder replaces it.
        }
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
