package dev.zstar.solvers.tensors;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes a whole file or nothing. The bytes go to a temporary file in the same folder, are forced to the disk, and the file is then moved
 * over the old one. Whoever has the old file open keeps its contents.
 */
final class AtomicFile {
    /** As many links as Linux follows. */
    private static final int MOST_LINKS = 40;

    private AtomicFile() {}

    /** Writes the contents. */
    interface Body {
        void write(Output out) throws IOException;
    }

    static void write(Path path, Body body) throws IOException {
        if (Files.isDirectory(path)) {
            throw new FileSystemException(path.toString(), null, "this is a folder, expected a file");
        }
        // A device or a pipe would be replaced, not written to.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new FileSystemException(path.toString(), null, "this is not a regular file, expected a file or a new name");
        }
        Path target = target(path);
        try {
            replace(target, body);
        } catch (FileSystemException e) {
            throw named(path, e);
        }
        forceFolder(target.getParent());
    }

    private static void replace(Path target, Body body) throws IOException {
        // The name does not contain that of the target, which may be as long as names can be.
        Path temporary = target.resolveSibling(".zstar-" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                Output out = new Output(channel);
                body.write(out);
                out.flush();
                channel.force(true);
            }
            move(temporary, target);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** What a path leads to. A link stays a link, and what it points to is replaced, or made if it does not exist. */
    private static Path target(Path path) throws IOException {
        Path target = path.toAbsolutePath();
        if (Files.exists(target)) {
            return target.toRealPath();
        }
        // A link that leads back to itself ends here too.
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(path.toString(), null, "this is a link through too many links, expected a file");
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    /** The same failure with the path of the caller. The temporary file is none of its business. */
    private static FileSystemException named(Path path, FileSystemException e) {
        FileSystemException named = switch (e) {
            case NoSuchFileException _ ->
                new NoSuchFileException(path.toString(), null, "its folder does not exist, expected one to write to");
            case AccessDeniedException _ -> new AccessDeniedException(path.toString(), null, "permission to write in its folder is denied");
            default -> new FileSystemException(path.toString(), null, e.getReason());
        };
        named.initCause(e);
        return named;
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** The new name itself must reach the disk too. Systems that cannot open folders do not need this. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file is complete and in its place.
        }
    }
}
