package dev.zstar.bridge.openblas;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.util.Optional;

/**
 * OpenBLAS, if one can be used here. It is searched for once per process, at first use. Its priority is below that of {@code simd}:
 * vector code in Java needs no library and is as fast.
 *
 * <p>The system property {@code zstar.openblas}, or the environment variable {@code ZSTAR_OPENBLAS}, names the full path of a library;
 * then no other is tried. Otherwise it comes from the {@code org.bytedeco:openblas} jar of this platform, or from the system.
 * {@code zstar.cache}, or the variable {@code ZSTAR_CACHE}, names the folder that the jar's files are unpacked into. An empty value
 * counts as not set.
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
