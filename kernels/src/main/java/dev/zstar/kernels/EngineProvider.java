package dev.zstar.kernels;

import java.util.List;
import java.util.Optional;

/** Describes one engine: whether it can run here, and how to create it. Found through {@link java.util.ServiceLoader}. */
public interface EngineProvider {
    /** The engine's name: {@code scalar}, {@code simd}, {@code openblas}. */
    String name();

    /** {@link Engines#best} takes the available engine with the highest. */
    int priority();

    /** Why this engine cannot run here, as one sentence that says what to do; empty if it can. */
    Optional<String> unavailable();

    /** What will run: the library's version, the width of the vectors. Only if available. */
    String description();

    /** Sentences for the user, such as a setting that was refused; usually none. Only if available. */
    default List<String> notes() {
        return List.of();
    }

    /**
     * Makes the engine.
     *
     * @param threads the threads it may use, the caller's included; at least 1
     * @throws UnsupportedOperationException with the reason, if the engine is unavailable
     */
    Engine create(int threads);
}
