package dev.zstar.benchmarks.problems;

/**
 * A map {@code out = f(z)} of one row, as it stands in its source. It is deterministic and allocates nothing. It keeps its own scratch, so
 * two threads must not use it at once. If {@code z} is not finite, the values may be anything, but the call must return.
 */
@FunctionalInterface
interface Formula {
    /**
     * Writes every element of {@code out}.
     *
     * @param z n elements, left as they are
     * @param out n elements, another array than {@code z}
     */
    void apply(double[] z, double[] out);
}
