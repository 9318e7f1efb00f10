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

    /** All providers, available or not, by falling priority. */
    public static List<EngineProvider> providers() {
        return ServiceLoader.load(EngineProvider.class, Engines.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(EngineProvider::priority).reversed().thenComparing(EngineProvider::name))
                .toList();
    }

    /**
     * The available engine with the highest priority. There is always one, since {@code scalar} needs nothing. If the preferred engine
     * cannot run, the {@code System.Logger} {@code dev.zstar.kernels} gets a warning with the reason, once per process. The engine that
     * replaces it may be a hundred times slower ({@code scalar}), or not {@linkplain Engine#reproducible reproducible} ({@code openblas}).
     *
     * @param threads the most threads that it may use, the caller's included
     */
    public static Engine best(int threads) {
        requireThreads("Engines.best", threads);
        List<EngineProvider> providers = providers();
        EngineProvider best = providers.stream()
                .filter(provider -> provider.unavailable().isEmpty())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no engine was found, expected at least scalar, which the kernels jar"
                        + " provides as a service; a shaded jar must merge META-INF/services/dev.zstar.kernels.EngineProvider"));
        EngineProvider preferred = providers.getFirst();
        Engine engine = best.create(threads);
        preferred.unavailable().filter(_ -> !WARNED.getAndSet(true)).ifPresent(reason -> System.getLogger(Engines.class.getPackageName())
                .log(System.Logger.Level.WARNING, substitution(engine.name(), engine.reproducible(), preferred.name(), reason)));
        return engine;
    }

    /** The sentence of the log about an engine that runs in place of the preferred one. */
    static String substitution(String name, boolean reproducible, String preferred, String reason) {
        String loss = name.equals("scalar") ? ", which can be a hundred times slower,"
                : reproducible ? "" : ", whose results depend on the batch and on the number of threads,";
        return "using the " + name + " engine" + loss + " because the " + preferred + " engine cannot run here: " + reason;
    }

    /**
     * The engine of this name.
     *
     * @throws IllegalArgumentException if there is none of this name; the message lists the names
     * @throws UnsupportedOperationException if it cannot run here; the message says why
     */
    public static Engine named(String name, int threads) {
        Operands.present("Engines.named", "the name", name);
        requireThreads("Engines.named", threads);
        List<EngineProvider> providers = providers();
        EngineProvider provider = providers.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no engine is called '" + name + "', expected one of: "
                        + providers.stream().map(EngineProvider::name).collect(Collectors.joining(", "))));
        provider.unavailable().ifPresent(reason -> {
            throw new UnsupportedOperationException("the " + name + " engine cannot run here: " + reason);
        });
        return provider.create(threads);
    }

    /** The number of processors that this process may use. The limit of a container counts. */
    public static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    private static void requireThreads(String operation, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException(operation + ": " + threads + " threads, expected at least 1");
        }
    }
}
