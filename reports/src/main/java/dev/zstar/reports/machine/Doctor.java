package dev.zstar.reports.machine;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What {@code zstar doctor} finds, and its JSON. A member that is null is not visible here. New members may be added without a new version
 * of the schema; none is removed, renamed, or given another meaning.
 *
 * @param numaNodes null if not visible
 * @param hugePages the mode of transparent huge pages: {@code always}, {@code madvise} or {@code never}; null if not visible
 * @param notes sentences about what could not be read; usually empty
 */
public record Doctor(
        String schema, String zstar, Processor processor, List<Cache> caches, Integer numaNodes, Memory memory, String hugePages,
        String system, Java java, List<EngineState> engines, ProfileState profile, List<String> notes) {
    /** The version of the JSON. */
    public static final String SCHEMA = "zstar.doctor/1";

    private static final String OPTIONAL = "this engine is optional, since simd is about as fast; to have it, name a library with "
            + "-Dzstar.openblas=FILE or the variable ZSTAR_OPENBLAS";
    private static final String GOVERNORS = "sys/devices/system/cpu";

    /**
     * The processor.
     *
     * @param available processors that this process may use
     * @param limit processors that a container may keep busy
     * @param features what it has for vectors and products; null if not visible
     * @param absent features of the same kind of processor that it does not have; empty if the system lists only some features
     * @param governor how its clock is controlled; null if not visible
     */
    public record Processor(String name, int available, Limit limit, List<String> features, List<String> absent, String governor) {}

    /**
     * The memory.
     *
     * @param bytes of the machine, or of the container if the JVM knows its limit; 0 if unknown
     */
    public record Memory(long bytes, Limit limit) {}

    /**
     * The JVM.
     *
     * @param flags as they were given to it
     * @param problems sentences about flags that ruin speed
     */
    public record Java(String name, String home, List<String> flags, List<String> problems) {}

    /**
     * An engine.
     *
     * @param description what would run; null if it is not available
     * @param reason why it is not available, and most often what to do; null if it is
     * @param advice what to do, if the reason does not say it; null if it does
     * @param chosen whether it is the one that is taken if none is named
     */
    public record EngineState(
            String name, boolean available, String description, String reason, String advice, boolean chosen, List<String> notes) {}

    /**
     * The tuning profile.
     *
     * @param file where the profile of this processor is, or would be; null if nowhere
     * @param state {@code used}, {@code ignored} or {@code none}
     * @param reason why it is ignored; null if it is not
     */
    public record ProfileState(String file, String state, String reason) {}

    /** Reads the facts. */
    public static Doctor read(String version, Hardware hardware, ProfileState profile) {
        return read(version, hardware, profile, new SystemFiles(Path.of("/")), System.getProperty("os.arch"));
    }

    /** Reads what the library does not know from these files. */
    static Doctor read(String version, Hardware hardware, ProfileState profile, SystemFiles files, String architecture) {
        Optional<Feature.Found> features = Feature.read(files, hardware.features(), architecture);
        Cgroup limits = Cgroup.read(files);
        List<Cache> linux = Cache.read(files);
        return new Doctor(SCHEMA, version,
                new Processor(hardware.cpu(), Engines.processors(), limits.processors(), features.map(Feature.Found::present).orElse(null),
                        features.map(Feature.Found::absent).orElse(List.of()), governor(files)),
                linux.isEmpty() ? hardware.caches() : linux,
                files.text("sys/devices/system/node/online").map(CpuList::size).orElse(null),
                new Memory(hardware.memory(), limits.memory()), hugePages(files), hardware.system(),
                new Java(System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                        System.getProperty("java.home"), ManagementFactory.getRuntimeMXBean().getInputArguments(), JvmFlags.sentences()),
                engineStates(), profile, hardware.notes());
    }

    private static String governor(SystemFiles files) {
        String names = files.entries(GOVERNORS, "cpu[0-9]+").stream()
                .map(processor -> files.text(processor + "/cpufreq/scaling_governor").orElse(null)).filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new)).stream().collect(Collectors.joining(", "));
        return names.isEmpty() ? null : names;
    }

    /** The file lists all modes, with the one in force in brackets. */
    private static String hugePages(SystemFiles files) {
        return files.text("sys/kernel/mm/transparent_hugepage/enabled").filter(text -> text.matches("(?s).*\\[[a-z]+\\].*"))
                .map(text -> text.replaceAll("(?s).*\\[([a-z]+)\\].*", "$1")).orElse(null);
    }

    private static List<EngineState> engineStates() {
        List<EngineProvider> providers = Engines.providers();
        Optional<EngineProvider> first = providers.stream().filter(provider -> provider.unavailable().isEmpty())
                .max((one, other) -> Integer.compare(one.priority(), other.priority()));
        return providers.stream().map(provider -> {
            String name = provider.name();
            Optional<String> reason = provider.unavailable();
            return reason.isPresent()
                    ? new EngineState(name, false, null, reason.get(), name.equals("openblas") ? OPTIONAL : null, false, List.of())
                    : new EngineState(name, true, provider.description(), null, null, provider.equals(first.orElse(null)),
                            provider.notes());
        }).toList();
    }
}
