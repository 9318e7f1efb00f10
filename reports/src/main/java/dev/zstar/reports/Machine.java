package dev.zstar.reports;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.lang.management.ManagementFactory;
import java.util.List;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;
import oshi.hardware.HardwareAbstractionLayer;

/**
 * The machine of a study.
 *
 * @param processors those that this process may use
 * @param memory bytes
 * @param flags of the JVM
 */
record Machine(
        String cpu, int processors, List<String> caches, long memory, String os, String jdk, List<String> flags, List<EngineState> engines) {
    /** One engine: its version where it is available, else the reason. */
    record EngineState(String id, boolean available, String version, String reason) {
        static EngineState of(EngineProvider provider) {
            String reason = provider.unavailable().orElse(null);
            return new EngineState(provider.name(), reason == null, reason == null ? provider.description() : null, reason);
        }
    }

    static Machine read() {
        SystemInfo info = new SystemInfo();
        HardwareAbstractionLayer hardware = info.getHardware();
        CentralProcessor processor = hardware.getProcessor();
        List<String> caches = processor.getProcessorCaches().stream()
                .map(cache -> "L" + cache.getLevel() + " " + cache.getType().toString().toLowerCase(java.util.Locale.ROOT) + ", "
                        + cache.getCacheSize() / 1024 + " KiB")
                .distinct()
                .toList();
        return new Machine(
                processor.getProcessorIdentifier().getName().strip(),
                Engines.processors(),
                caches,
                hardware.getMemory().getTotal(),
                info.getOperatingSystem().toString(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                ManagementFactory.getRuntimeMXBean().getInputArguments(),
                Engines.providers().stream().map(EngineState::of).toList());
    }
}
