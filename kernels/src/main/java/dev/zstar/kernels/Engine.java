package dev.zstar.kernels;

/**
 * One implementation of the operations that solvers are made of: {@link Products}, {@link VectorOperations} and {@link Sweeps}, and three
 * parts with objects of their own, {@link #layers}, {@link #images} and {@link #small}. All work row by row: what a row holds never
 * changes the result of another. On a {@linkplain #reproducible reproducible} engine a row has the same bits alone, in a batch, and for
 * any number of threads.
 *
 * <p>Conventions: a state block has one row per sample; {@code n} is its width. Blocks passed to one call have one type. Outputs
 * may not overlap inputs unless the method says so; what may be an input must be all of it, not a part. A wrong call throws and writes
 * nothing: {@link NullPointerException}, {@link IllegalArgumentException}, {@link IndexOutOfBoundsException}, or
 * {@link IllegalStateException} for closed memory, naming the operand. No method allocates after its first calls. An engine may be used by
 * several threads at once; its team of workers then serves one of them, and the others compute alone.
 *
 * <p>Coefficients are f64, for f32 blocks too, and may lie beyond what f32 holds: a product of a coefficient and an element is as good as
 * if formed in f64, so that {@code 1e40 · 1e-40} is 1. Each term of a sum must be in the range of the type; what is below its smallest
 * normal number may be off by one more unit in its last place. A coefficient that is NaN or infinite makes what IEEE 754 says of its
 * products, on every engine; where a method says that something is not read for a coefficient of 0, it leaves no trace.
 */
public interface Engine extends Products, VectorOperations, Sweeps, AutoCloseable {
    /** The engine's name, as in {@link EngineProvider#name}. */
    String name();

    /** Threads it uses, the caller's included. */
    int threads();

    /**
     * Whether the same input gives the same bits on one machine: from run to run, for any number of threads, and for a row whatever the
     * other rows of its batch. That of an engine where this is false may differ by rounding.
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
