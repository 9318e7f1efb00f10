package dev.zstar.bridge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Native libraries that travel inside a jar, extracted once into a folder of the user's cache that nobody else can write.
 *
 * <p>Each file is compared with the jar's by hash before every load, and replaced whole where it differs. Two processes that start at
 * once take turns at a lock.
 */
final class NativeFiles {
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private NativeFiles() {}

    /** Where libraries are kept: the property {@code zstar.cache}, else the system's folder for a user's caches. */
    static Path cache() {
        String chosen = System.getProperty("zstar.cache");
        if (chosen != null) {
            return Path.of(chosen);
        }
        String os = System.getProperty("os.name");
        Path home = Path.of(System.getProperty("user.home"));
        String xdg = System.getenv("XDG_CACHE_HOME");
        String local = System.getenv("LOCALAPPDATA");
        if (os.startsWith("Windows") && local != null) {
            return Path.of(local, "zstar");
        }
        if (os.startsWith("Mac")) {
            return home.resolve("Library/Caches/zstar");
        }
        return (xdg == null || xdg.isBlank() ? home.resolve(".cache") : Path.of(xdg)).resolve("zstar");
    }

    /**
     * Extracts resources of one folder.
     *
     * @param resources their names below {@code prefix}; those that the class loader does not have are left out
     * @return the folder that now holds them
     * @throws IOException with a sentence that says what is wrong with the folder or the files
     */
    static Path extract(ClassLoader loader, String prefix, List<String> resources, Path folder) throws IOException {
        prepare(folder);
        try (FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var _ = channel.lock()) {
            for (String name : resources) {
                byte[] wanted = hash(loader.getResourceAsStream(prefix + name));
                if (wanted == null) {
                    continue;
                }
                Path file = folder.resolve(name);
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Arrays.equals(hash(Files.newInputStream(file)), wanted)) {
                    continue;
                }
                Path fresh = Files.createTempFile(folder, name, ".part");
                try (InputStream in = loader.getResourceAsStream(prefix + name)) {
                    Files.copy(in, fresh, StandardCopyOption.REPLACE_EXISTING);
                    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                } finally {
                    Files.deleteIfExists(fresh);
                }
            }
        }
        return folder;
    }

    private static void prepare(Path folder) throws IOException {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder.getParent());
            try {
                if (posix) {
                    Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                } else {
                    Files.createDirectory(folder);
                }
            } catch (java.nio.file.FileAlreadyExistsException e) {
                // Another process was faster; what it made is looked at below.
            }
        }
        if (posix) {
            PosixFileAttributes attributes = Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isDirectory() || attributes.permissions().stream().anyMatch(OTHERS_WRITE::contains)) {
                throw new IOException(folder + " can be written by others; run chmod go-w on it, or choose a folder with -Dzstar.cache");
            }
            if (!attributes.owner().getName().equals(owner())) {
                throw new IOException(folder + " belongs to " + attributes.owner() + "; choose a folder of your own with -Dzstar.cache");
            }
        }
    }

    /** The user this process runs as: who a file that it makes belongs to. */
    private static String owner() throws IOException {
        Path probe = Files.createTempFile("zstar", null);
        try {
            return Files.getOwner(probe).getName();
        } finally {
            Files.delete(probe);
        }
    }

    private static byte[] hash(InputStream in) throws IOException {
        if (in == null) {
            return null;
        }
        try (in) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, digest).transferTo(java.io.OutputStream.nullOutputStream());
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
