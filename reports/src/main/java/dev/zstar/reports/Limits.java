package dev.zstar.reports;

import com.sun.management.OperatingSystemMXBean;
import dev.zstar.kernels.Engines;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Checks that the machine has what a command needs, before the command takes it. */
final class Limits {
    private Limits() {}

    /** Throws if the value of an option is below {@code least}. */
    static void requireAtLeast(String option, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(option + " " + value + "; expected at least " + least);
        }
    }

    /** Throws if there are fewer processors. More threads than processors only wait for each other, and far too many end the process. */
    static void requireThreads(String option, int threads) {
        int processors = Engines.processors();
        if (threads < 1 || threads > processors) {
            String range = processors == 1 ? "1" : "1 to " + processors;
            throw new IllegalArgumentException(option + " " + threads + "; expected " + range + " (processors available to this process)");
        }
    }

    /** Throws if this machine has less free memory. The message starts with {@code what}. */
    static void requireMemory(String what, long bytes) {
        requireMemory(what, bytes, free());
    }

    /** Throws if {@code bytes} exceeds {@code free}. */
    static void requireMemory(String what, long bytes, long free) {
        if (bytes > free) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "%s needs at least %s of memory; expected at most %s, "
                            + "which is free on this machine", what, size(bytes), size(free)));
        }
    }

    /** Free bytes, within the limit of a container; all memory if the system does not report what is free. */
    private static long free() {
        long total = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean
                ? bean.getTotalMemorySize()
                : Long.MAX_VALUE;
        try {
            return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                    .filter(line -> line.matches("MemAvailable: *[0-9]{1,15} kB"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .map(available -> Math.min(available, total))
                    .findFirst()
                    .orElse(total);
        } catch (IOException e) {
            return total;
        }
    }

    private static String size(long bytes) {
        boolean small = bytes < 0x1p30;
        return String.format(Locale.ROOT, small ? "%.1f MiB" : "%.1f GiB", bytes / (small ? 0x1p20 : 0x1p30));
    }
}
