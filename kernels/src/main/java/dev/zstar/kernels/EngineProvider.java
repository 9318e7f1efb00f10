package dev.zstar.kernels;

import java.util.List;
import java.util.Optional;

/** Describes one engine: whether it can run here, and how to create it. Found through {@link java.util.ServiceLoader}. */
public interface EngineProvider {
    /** The engine's name, such as {@code scalar}, {@code simd} or {@code openblas}. */
    String name();

    /** The priority. {@link Engines#best} takes the available engine with the highest one. */
    int priority();

    /** Why this engine cannot run here, as one sentence that says what to do; empty if it can. */
    Optional<String> unavailable();

    /** What would run, such as the version of the library or the width of the vectors. May be called only if the engine is available. */
    String description();

    /** Sentences for the user, such as one about a refused setting; usually none. May be called only if the engine is available. */
    default List<String> notes() {
        return List.of();
    }

    /**
     * Makes the engine.
     *
     * @param threads the most threads that it may use, the caller's included; at least 1. {@code scalar} always uses one
     * @throws UnsupportedOperationException with the reason, if the engine is unavailable
     */
    Engine create(int threads);
}
