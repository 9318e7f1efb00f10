package dev.zstar.kernels.simd.tuning;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The sizes of this processor's caches, as Linux lists them. */
public final class Caches {
    private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
    private static final long FIRST_LEVEL = firstLevel(CACHES);
    private static final long SECOND_LEVEL = secondLevel(CACHES);

    private Caches() {}

    /** Bytes of the first-level cache for data, for each processor that shares it; 32 KiB if the system does not say. */
    public static long firstLevel() {
        return FIRST_LEVEL;
    }

    /** Bytes of the second-level cache for each processor that shares it; 1 MiB if the system does not say. */
    public static long secondLevel() {
        return SECOND_LEVEL;
    }

    /** The same for a folder with one folder for each cache. */
    static long firstLevel(Path folder) {
        return Math.clamp(size(folder, "1", 1L << 15), 1L << 13, 1L << 20);
    }

    /** The same for a folder with one folder for each cache. */
    static long secondLevel(Path folder) {
        return Math.clamp(size(folder, "2", 1L << 20), 1L << 16, 1L << 26);
    }

    /** Bytes for each processor of the cache of a level that holds data; {@code unknown}, which many processors have, if none is listed. */
    private static long size(Path folder, String level, long unknown) {
        try (DirectoryStream<Path> caches = Files.newDirectoryStream(folder, "index*")) {
            for (Path cache : caches) {
                if (text(cache, "level").equals(level) && !text(cache, "type").equals("Instruction")) {
                    return bytes(text(cache, "size")) / processors(text(cache, "shared_cpu_list"));
                }
            }
        } catch (IOException | RuntimeException e) {
            // Treated like a system without such a folder.
        }
        return unknown;
    }

    private static String text(Path cache, String file) throws IOException {
        return Files.readString(cache.resolve(file)).strip();
    }

    /** A size such as "2048K". */
    private static long bytes(String size) {
        long number = Long.parseLong(size.substring(0, size.length() - 1));
        return switch (size.charAt(size.length() - 1)) {
            case 'K' -> number << 10;
            case 'M' -> number << 20;
            default -> throw new IllegalArgumentException(size);
        };
    }

    /** The number of processors of a list such as "0-1,8". */
    private static int processors(String list) {
        int count = 0;
        for (String range : list.split(",", -1)) {
            String[] ends = range.split("-", 2);
            count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
        }
        return count;
    }
}
