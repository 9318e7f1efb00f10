package dev.zstar.reports;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import oshi.SystemInfo;
import oshi.hardware.HardwareAbstractionLayer;

/**
 * Processor, caches, memory and operating system, read by OSHI. OSHI needs native code, which some machines refuse, for example if the
 * temporary folder is mounted noexec. Then the facts come from files of Linux and from the JVM.
 *
 * @param memory bytes; 0 if unknown
 * @param notes why the facts do not come from OSHI; usually empty
 */
record Hardware(String cpu, List<String> caches, long memory, String system, List<String> notes) {
    static Hardware read() {
        return read(Hardware::fromOshi, Path.of("/"));
    }

    /** Reads from the library, or, if it fails, from the files under this folder. */
    static Hardware read(Supplier<Hardware> library, Path root) {
        try {
            return library.get();
        } catch (RuntimeException | LinkageError e) {
            return fromFiles(root, "processor, memory and system were read without OSHI, which cannot run here: " + reason(e));
        }
    }

    private static Hardware fromOshi() {
        SystemInfo info = new SystemInfo();
        HardwareAbstractionLayer hardware = info.getHardware();
        List<String> caches = hardware.getProcessor().getProcessorCaches().stream()
                .map(cache -> cache(cache.getLevel(), cache.getType().toString(), cache.getCacheSize()))
                .distinct()
                .toList();
        String cpu = hardware.getProcessor().getProcessorIdentifier().getName().strip();
        return new Hardware(cpu, caches, hardware.getMemory().getTotal(), info.getOperatingSystem().toString(), List.of());
    }

    private static Hardware fromFiles(Path root, String note) {
        return new Hardware(
                value(root.resolve("proc/cpuinfo"), "model name", ":").orElseGet(() -> "unknown, " + System.getProperty("os.arch")),
                caches(root.resolve("sys/devices/system/cpu/cpu0/cache")),
                memory(root),
                value(root.resolve("etc/os-release"), "PRETTY_NAME", "=").map(name -> name.replace("\"", "") + ", ").orElse("")
                        + System.getProperty("os.name") + " " + System.getProperty("os.version"),
                List.of(note));
    }

    private static List<String> caches(Path folder) {
        return IntStream.range(0, 8).mapToObj(i -> folder.resolve("index" + i)).flatMap(index -> {
            Optional<String> level = lines(index.resolve("level")).findFirst();
            Optional<String> type = lines(index.resolve("type")).findFirst();
            Optional<String> size = lines(index.resolve("size")).findFirst();
            return level.isPresent() && type.isPresent() && size.isPresent() && size.get().matches("[0-9]{1,9}K")
                    ? Stream.of(cache(level.get(), type.get(), 1024 * Long.parseLong(size.get().replace("K", ""))))
                    : Stream.empty();
        }).toList();
    }

    private static String cache(Object level, String type, long bytes) {
        return "L" + level + " " + type.toLowerCase(Locale.ROOT) + ", " + bytes / 1024 + " KiB";
    }

    private static long memory(Path root) {
        Optional<String> total = value(root.resolve("proc/meminfo"), "MemTotal", ":").map(text -> text.replace("kB", "").strip());
        if (total.isPresent() && total.get().matches("[0-9]{1,15}")) {
            return 1024 * Long.parseLong(total.get());
        }
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean ? bean.getTotalMemorySize() : 0;
    }

    /** The text after the sign in the first line with this name. */
    private static Optional<String> value(Path file, String name, String sign) {
        return lines(file).map(line -> line.split(sign, 2))
                .filter(parts -> parts.length == 2 && parts[0].strip().equals(name) && !parts[1].isBlank())
                .map(parts -> parts[1].strip())
                .findFirst();
    }

    /** The lines of a file; none if it cannot be read. */
    private static Stream<String> lines(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines();
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    /** The innermost cause in one line. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage() == null ? "" : cause.getMessage().lines().findFirst().orElse("");
        return cause.getClass().getSimpleName() + (message.isBlank() ? "" : ": " + message);
    }
}
