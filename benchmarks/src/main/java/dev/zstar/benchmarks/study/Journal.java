package dev.zstar.benchmarks.study;

import java.io.File;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What the JVMs of a study returned, one file for each, so that a study that was stopped resumes and loses at most the case in progress. A
 * file belongs to one build: after another build every case is measured again.
 */
final class Journal {
    private static final ObjectInputFilter OWN =
            ObjectInputFilter.Config.createFilter(
                    "dev.zstar.benchmarks.study.*;dev.zstar.benchmarks.evidence.*;java.base/java.lang.*;java.base/java.util.*;!*");

    private final Path folder;
    private final String build;
    /** How often each call was made in this run: the forks of a case are the same call. */
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final AtomicInteger found = new AtomicInteger();

    private Journal(Path folder, String build) {
        this.folder = folder;
        this.build = build;
    }

    /** The journal in a folder, which need not exist. */
    static Journal in(Path folder) {
        StringBuilder build = new StringBuilder(Runtime.version().toString());
        String modules = System.getProperty("jdk.module.path", "");
        String classes = System.getProperty("java.class.path", "");
        for (String entry : (modules + File.pathSeparator + classes).split(File.pathSeparator, -1)) {
            try {
                Path path = Path.of(entry);
                build.append('\n').append(entry).append(' ').append(Files.size(path)).append(' ').append(Files.getLastModifiedTime(path));
            } catch (IOException e) {
                build.append('\n').append(entry);
            }
        }
        return new Journal(folder, build.toString());
    }

    /** What the call returned in an earlier run; else what it returns now, which is kept. */
    <T extends Serializable> T call(String key, Class<T> result, Supplier<T> run) {
        int number = calls.merge(key, 1, Integer::sum);
        Path file = folder.resolve(hash(build + "\n" + key + "\n" + number));
        if (Files.exists(file)) {
            try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
                in.setObjectInputFilter(OWN);
                T value = result.cast(in.readObject());
                found.incrementAndGet();
                return value;
            } catch (IOException | ClassNotFoundException | RuntimeException e) {
                // It is measured again.
            }
        }
        T value = run.get();
        // What ended after the budget may lack cases, which a study that resumes would have time for.
        if (!Fork.isLate()) {
            keep(value, file);
        }
        return value;
    }

    private void keep(Serializable value, Path file) {
        Path part = null;
        try {
            Files.createDirectories(folder);
            part = Files.createTempFile(folder, "new", null);
            try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(part))) {
                out.writeObject(value);
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            // The study goes on; this case could not be resumed. On a full disk, what was written of it would only be in the way.
            Fork.delete(part);
        }
    }

    /** How many calls were not made, since their results were found. */
    int found() {
        return found.get();
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
