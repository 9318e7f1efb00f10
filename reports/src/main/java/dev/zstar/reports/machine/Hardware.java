package dev.zstar.reports.machine;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;

/**
 * Processor, caches, memory and operating system, read by OSHI. OSHI needs native code, which some machines refuse, for example if the
 * temporary folder is mounted noexec. Then the facts come from files of Linux and from the JVM.
 *
 * @param model numbers of the processor's family and model, such as {@code 6/167}; empty if unknown
 * @param memory bytes; 0 if unknown
 * @param features what the system calls the features of the processor; empty if OSHI cannot run
 * @param notes why the facts do not come from OSHI; usually empty
 */
public record Hardware(
        String cpu, String model, List<Cache> caches, long memory, String system, List<String> features, List<String> notes) {
    /** The facts of this machine. */
    public static Hardware read() {
        return read(Hardware::fromOshi, Path.of("/"));
    }

    /** Reads from the library, or, if it fails, from the files under this folder. */
    static Hardware read(Supplier<Hardware> library, Path root) {
        try {
            return library.get();
        } catch (RuntimeException | LinkageError e) {
            return fromFiles(new SystemFiles(root),
                    "processor, memory and system were read without OSHI, which cannot run here: " + reason(e));
        }
    }

    private static Hardware fromOshi() {
        SystemInfo info = new SystemInfo();
        CentralProcessor processor = info.getHardware().getProcessor();
        List<Cache> caches = processor.getProcessorCaches().stream()
                .map(cache -> new Cache(
                        cache.getLevel(), cache.getType().toString().toLowerCase(Locale.ROOT), cache.getCacheSize(), null, null))
                .distinct()
                .toList();
        CentralProcessor.ProcessorIdentifier identifier = processor.getProcessorIdentifier();
        return new Hardware(identifier.getName().strip(), model(identifier.getFamily(), identifier.getModel()), caches,
                info.getHardware().getMemory().getTotal(), info.getOperatingSystem().toString(), processor.getFeatureFlags(), List.of());
    }

    private static Hardware fromFiles(SystemFiles files, String note) {
        return new Hardware(
                files.value("proc/cpuinfo", "model name", ":").orElseGet(() -> "unknown, " + System.getProperty("os.arch")),
                model(files.value("proc/cpuinfo", "cpu family", ":").orElse(""), files.value("proc/cpuinfo", "model", ":").orElse("")),
                Cache.read(files),
                memory(files),
                files.value("etc/os-release", "PRETTY_NAME", "=").map(name -> name.replace("\"", "") + ", ").orElse("")
                        + System.getProperty("os.name") + " " + System.getProperty("os.version"),
                List.of(), List.of(note));
    }

    private static String model(String family, String model) {
        return family.isBlank() || model.isBlank() ? "" : family.strip() + "/" + model.strip();
    }

    private static long memory(SystemFiles files) {
        Optional<String> total = files.value("proc/meminfo", "MemTotal", ":").map(text -> text.replace("kB", "").strip());
        if (total.isPresent() && total.get().matches("[0-9]{1,15}")) {
            return 1024 * Long.parseLong(total.get());
        }
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean ? bean.getTotalMemorySize() : 0;
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
