package dev.zstar.benchmarks.problems;

/**
 * A map {@code out = f(z)} of one row, as it stands in its source. Deterministic; allocates nothing; keeps scratch of its own, so not for two
 * threads at once. What is not finite in {@code z} may come out as anything, but the call must return.
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
