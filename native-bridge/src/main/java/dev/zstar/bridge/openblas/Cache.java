package dev.zstar.bridge.openblas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * The folder that libraries are unpacked into, once for each user and each version. Only its owner may write to it, because its files are
 * executed.
 *
 * <p>Unpacking checks each file against the CRC-32 in the jar and writes its SHA-256 to {@code SHA256SUMS}. Every later use reads the
 * files again and compares, which takes 35 ms for 41 MB (70 at the start of a JVM). Hashing the jar's own entries would add the 140 ms of
 * inflating them. The folder's name is a hash of the names, sizes and CRCs in the jar's directory, so another version has another folder.
 *
 * @param root a folder that only zstar uses
 */
record Cache(Path root) {
    /** The settings that choose another folder, for messages. */
    static final String SETTINGS = "-Dzstar.cache or ZSTAR_CACHE";

    private static final String SUMS = "SHA256SUMS";
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    /** {@code zstar.cache}, {@code ZSTAR_CACHE}, or {@code zstar} in the folder where this system keeps caches. */
    static Path folder() {
        return folder(System.getProperty("zstar.cache"), System.getenv("ZSTAR_CACHE"),
                System.getenv(Platform.WINDOWS ? "LOCALAPPDATA" : "XDG_CACHE_HOME"), System.getProperty("user.home", ""));
    }

    /** The same from the values, each null or empty if it is not given. */
    static Path folder(String property, String environment, String variable, String user) {
        for (String named : new String[] {property, environment}) {
            if (named != null && !named.isEmpty()) {
                return Path.of(named).toAbsolutePath();
            }
        }
        Path home = Path.of(user);
        // The XDG rules say to ignore a path that is not absolute.
        if (variable != null && Path.of(variable).isAbsolute()) {
            return Path.of(variable, "zstar");
        }
        Path caches = Platform.WINDOWS ? home.resolve("AppData/Local")
                : Platform.MAC ? home.resolve("Library/Caches") : home.resolve(".cache");
        return caches.resolve("zstar");
    }

    /** The folder with the library and its companions, all intact. */
    Path unpack(Bundle bundle) throws Unusable, IOException {
        if (!root.isAbsolute()) {
            throw new Unusable("is not unpacked, because you have no home folder (choose a folder with " + SETTINGS + ")");
        }
        requirePrivate(root);
        Path folder = root.resolve("openblas-" + identity(bundle));
        requirePrivate(folder);
        try (FileChannel lock = FileChannel.open(folder.resolve("lock"), CREATE, WRITE)) {
            lock(lock, folder);
            if (!intact(bundle, folder)) {
                for (JarEntry entry : bundle.entries()) {
                    write(bundle, entry, folder);
                }
                Path part = folder.resolve(SUMS + ".part");
                Files.writeString(part, sums(bundle, folder));
                Files.move(part, folder.resolve(SUMS), ATOMIC_MOVE, REPLACE_EXISTING);
            }
        }
        return folder;
    }

    private static String identity(Bundle bundle) {
        MessageDigest digest = sha256();
        for (JarEntry entry : bundle.entries()) {
            digest.update((bundle.file(entry) + " " + entry.getSize() + " " + entry.getCrc() + "\n").getBytes(UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 6);
    }

    /** Creates the folder if it does not exist; refuses one that anybody else could put a library into. */
    private static void requirePrivate(Path folder) throws Unusable, IOException {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder.getParent());
            try {
                if (posix) {
                    Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                } else {
                    Files.createDirectory(folder);
                }
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(folder)) {
                    throw new Unusable("cannot be unpacked: " + folder + " is not a folder");
                }
            }
        }
        if (!posix) {
            // Windows: the user's local folder inherits rights for the user only.
            return;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
        if (permissions.contains(PosixFilePermission.GROUP_WRITE) || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new Unusable("is not unpacked into " + folder + ", because others may write there ("
                    + PosixFilePermissions.toString(permissions) + "; run chmod go-w on it, or choose another folder with " + SETTINGS
                    + ")");
        }
        // The owner of a file that this process makes is this user; user.name is only a name.
        Path probe = Files.createTempFile(folder, "owner", null);
        try {
            if (!Files.getOwner(probe).equals(Files.getOwner(folder))) {
                throw new Unusable("is not unpacked into " + folder + ", because it belongs to " + Files.getOwner(folder)
                        + " (choose another folder with " + SETTINGS + ")");
            }
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private static void lock(FileChannel channel, Path folder) throws Unusable, IOException {
        long start = System.nanoTime();
        while (true) {
            try {
                // Held until the channel is closed.
                if (channel.tryLock() != null) {
                    return;
                }
            } catch (OverlappingFileLockException e) {
                // Another class loader of this process has it.
            }
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new Unusable("cannot be unpacked: another process holds the lock in " + folder);
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Unusable("was not unpacked: the thread was interrupted");
            }
        }
    }

    private static void write(Bundle bundle, JarEntry entry, Path folder) throws Unusable, IOException {
        Path part = folder.resolve(bundle.file(entry) + ".part");
        CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(bundle.read(entry), crc);
                OutputStream out = Files.newOutputStream(part)) {
            in.transferTo(out);
        }
        if (crc.getValue() != entry.getCrc()) {
            throw new Unusable("is damaged: the checksum of " + entry.getName() + " is wrong");
        }
        Files.move(part, folder.resolve(bundle.file(entry)), ATOMIC_MOVE, REPLACE_EXISTING);
    }

    private static boolean intact(Bundle bundle, Path folder) throws IOException {
        try {
            return Files.readString(folder.resolve(SUMS)).equals(sums(bundle, folder));
        } catch (NoSuchFileException | CharacterCodingException e) {
            return false;
        }
    }

    /** The files' hashes in the form of {@code sha256sum}. */
    private static String sums(Bundle bundle, Path folder) throws IOException {
        StringBuilder sums = new StringBuilder();
        byte[] buffer = new byte[1 << 20];
        for (JarEntry entry : bundle.entries()) {
            MessageDigest digest = sha256();
            try (InputStream in = Files.newInputStream(folder.resolve(bundle.file(entry)))) {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    digest.update(buffer, 0, count);
                }
            }
            sums.append(HexFormat.of().formatHex(digest.digest())).append("  ").append(bundle.file(entry)).append('\n');
        }
        return sums.toString();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
