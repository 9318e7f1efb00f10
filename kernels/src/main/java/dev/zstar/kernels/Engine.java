package dev.zstar.kernels;

/**
 * One implementation of the operations that solvers need: {@link Products}, {@link VectorOperations} and {@link Sweeps}, and the parts
 * {@link #layers}, {@link #images} and {@link #small}. All operations work row by row: the values of one row never change the result of
 * another. On a {@linkplain #reproducible reproducible} engine a row has the same bits alone, in a batch, and for any number of threads.
 *
 * <p>Conventions: a state block has one row per sample, and {@code n} is its width. All blocks of one call have the same type. Outputs
 * must not overlap inputs unless the method says so. An output that may be an input must be the whole input, not a part of it. A wrong
 * call writes nothing and throws an exception that names the operand: {@link NullPointerException}, {@link IllegalArgumentException},
 * {@link IndexOutOfBoundsException}, or {@link IllegalStateException} for closed memory. No method allocates after its first calls.
 * Several threads may use an engine at once: its workers then serve one of them, and the others compute alone.
 *
 * <p>Coefficients are f64, for f32 blocks too, and may lie outside the range of f32. The product of a coefficient and an element is as
 * accurate as if formed in f64, so {@code 1e40 · 1e-40} is 1. Each term of a sum must be in the range of the type. A subnormal result may
 * be off by one more unit in its last place. NaN and infinite coefficients follow IEEE 754 on every engine. Where a method does not read
 * an operand for a coefficient of 0, the values of that operand do not matter.
 */
public interface Engine extends Products, VectorOperations, Sweeps, AutoCloseable {
    /** The engine's name, as in {@link EngineProvider#name}. */
    String name();

    /** Threads it uses, the caller's included. */
    int threads();

    /**
     * Whether the same input gives the same bits on one machine: from run to run, for any number of threads, and for a row in any batch.
     * Where this is false, results may differ by rounding.
     */
    boolean reproducible();

    /** A block of zeros in this engine's memory; the caller closes it. */
    default Block allocate(Type type, int rows, int cols) {
        return Block.allocate(type, rows, cols);
    }

    /** Softmax, normalisations, dropout and attention on this engine. */
    Layers layers();

    /** Operations on batches of small matrices, by this engine's threads. The same object at every call. */
    SmallMatrices small();

    /** Convolution and resampling, by this engine's threads; always the same object. */
    Images images();

    @Override
    void close();
}
