package dev.zstar.kernels.simd.tuning;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The sizes of this processor's caches, as Linux lists them. */
public final class Caches {
    /** Many processors of today have at least this much. */
    private static final long UNKNOWN = 1L << 20;
    private static final long SECOND_LEVEL = secondLevel(Path.of("/sys/devices/system/cpu/cpu0/cache"));

    private Caches() {}

    /** Bytes of the second-level cache for each processor that shares it; 1 MiB if the system does not say. */
    public static long secondLevel() {
        return SECOND_LEVEL;
    }

    /** The same for a folder with one folder for each cache. */
    static long secondLevel(Path folder) {
        try (DirectoryStream<Path> caches = Files.newDirectoryStream(folder, "index*")) {
            for (Path cache : caches) {
                if (Files.readString(cache.resolve("level")).strip().equals("2")) {
                    long size = bytes(Files.readString(cache.resolve("size")).strip());
                    return Math.clamp(size / processors(Files.readString(cache.resolve("shared_cpu_list")).strip()), 1L << 16, 1L << 26);
                }
            }
        } catch (IOException | RuntimeException e) {
            // Treated like a system without such a folder.
        }
        return UNKNOWN;
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
