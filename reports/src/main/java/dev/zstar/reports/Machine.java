package dev.zstar.reports;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.reports.machine.Cache;
import dev.zstar.reports.machine.Hardware;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * The machine of a study.
 *
 * @param model numbers of the processor's family and model, such as {@code 6/167}; empty if unknown, and null in older files
 * @param processors processors that this process may use
 * @param memory bytes; 0 if unknown
 * @param flags flags of the JVM
 * @param notes sentences about what could not be read; empty in files of older versions
 */
record Machine(
        String cpu, String model, int processors, List<String> caches, long memory, String os, String jdk, List<String> flags,
        List<EngineState> engines, List<String> notes) {
    /** One engine: its version if it is available, else the reason why not. */
    record EngineState(String id, boolean available, String version, String reason) {
        static EngineState of(EngineProvider provider) {
            String reason = provider.unavailable().orElse(null);
            return new EngineState(provider.name(), reason == null, reason == null ? provider.description() : null, reason);
        }
    }

    Machine {
        notes = notes == null ? List.of() : notes;
    }

    /** Reads the facts. What cannot be read gets a note, and never throws. */
    static Machine read() {
        Hardware hardware = Hardware.read();
        return new Machine(
                hardware.cpu(),
                hardware.model(),
                Engines.processors(),
                hardware.caches().stream().map(Cache::name).distinct().toList(),
                hardware.memory(),
                hardware.system(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                ManagementFactory.getRuntimeMXBean().getInputArguments(),
                Engines.providers().stream().map(EngineState::of).toList(),
                hardware.notes());
    }
}
