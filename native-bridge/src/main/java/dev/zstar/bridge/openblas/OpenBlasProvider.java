package dev.zstar.bridge.openblas;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.util.Optional;

/**
 * OpenBLAS, if one can be used here. It is searched for once per process, at first use. Its priority is below that of {@code simd}, which
 * needs no library and is about as fast.
 *
 * <p>The engine is not {@linkplain Engine#reproducible reproducible}: sums depend on the batch and on the number of threads. OpenBLAS has
 * one number of threads for the whole process, so engines that compute at once with different numbers share one of them. All operations
 * other than products run on {@code simd}, or on {@code scalar}, with threads of their own. Weights in a format other than {@code FULL}
 * are rounded, but save no memory.
 *
 * <p>The {@code zstar.openblas} system property, or the {@code ZSTAR_OPENBLAS} environment variable, names the full path of a library;
 * then no other is tried. Otherwise it comes from the {@code org.bytedeco:openblas} jar of this platform, or from the system. The
 * {@code zstar.cache} property, or the {@code ZSTAR_CACHE} variable, names the folder that the jar's files are unpacked into. An empty
 * value counts as not set.
 */
public final class OpenBlasProvider implements EngineProvider {
    static final String NAME = "openblas";

    /** Computed once, at first use. */
    private static final class Found {
        static final Search.Result RESULT = Search.run();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 50;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.ofNullable(Found.RESULT.reason());
    }

    @Override
    public String description() {
        return library().description();
    }

    @Override
    public Engine create(int threads) {
        return new OpenBlasEngine(library().blas(), host(threads), threads);
    }

    private static Search.Result library() {
        if (Found.RESULT.reason() != null) {
            throw new UnsupportedOperationException(Found.RESULT.reason());
        }
        return Found.RESULT;
    }

    private static Engine host(int threads) {
        boolean simd = Engines.providers().stream()
                .anyMatch(provider -> provider.name().equals("simd") && provider.unavailable().isEmpty());
        return Engines.named(simd ? "simd" : "scalar", threads);
    }
}
