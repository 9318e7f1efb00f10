package dev.zstar.kernels;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** Finds engines, by name or by priority. */
public final class Engines {
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private Engines() {}

    /** All providers, available or not, the preferred first. */
    public static List<EngineProvider> providers() {
        return ServiceLoader.load(EngineProvider.class, Engines.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(EngineProvider::priority).reversed().thenComparing(EngineProvider::name))
                .toList();
    }

    /**
     * The available engine with the highest priority. There is always one, since {@code scalar} needs nothing. If a preferred engine
     * cannot run, a warning says why, once per process: it can be a hundred times faster.
     */
    public static Engine best(int threads) {
        requireThreads(threads);
        List<EngineProvider> providers = providers();
        EngineProvider best = providers.stream()
                .filter(provider -> provider.unavailable().isEmpty())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no engine was found; is the kernels jar complete?"));
        EngineProvider preferred = providers.getFirst();
        preferred.unavailable().filter(_ -> !WARNED.getAndSet(true)).ifPresent(reason -> System.getLogger(Engines.class.getPackageName())
                .log(System.Logger.Level.WARNING, "the engine " + best.name() + " runs instead of " + preferred.name()
                        + ", which can be a hundred times as fast but cannot run here: " + reason));
        return best.create(threads);
    }

    /**
     * The engine of this name.
     *
     * @throws IllegalArgumentException if there is none of this name; the message lists the names
     * @throws UnsupportedOperationException if it cannot run here; the message says why
     */
    public static Engine named(String name, int threads) {
        requireThreads(threads);
        List<EngineProvider> providers = providers();
        EngineProvider provider = providers.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no engine is called '" + name + "'; there are: "
                        + providers.stream().map(EngineProvider::name).collect(Collectors.joining(", "))));
        provider.unavailable().ifPresent(reason -> {
            throw new UnsupportedOperationException("the engine " + name + " cannot run here: " + reason);
        });
        return provider.create(threads);
    }

    /** The processors this process may use (a container's limit counts). */
    public static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    private static void requireThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads, expected at least 1");
        }
    }
}
