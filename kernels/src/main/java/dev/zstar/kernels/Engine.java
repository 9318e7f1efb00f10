package dev.zstar.kernels;

/**
 * One implementation of the operations that solvers and training need: {@link Products}, {@link VectorOperations}, {@link Sweeps} and
 * {@link Updates}, and the parts {@link #layers}, {@link #images} and {@link #small}. All operations work row by row: the values of one row
 * never change the result of another. On a {@linkplain #reproducible reproducible} engine a row has the same bits alone, in a batch, and
 * for any number of threads.
 *
 * <p>Conventions: a block has one row for each sample, and {@code n} is its width; {@link SmallMatrices} has its own layout. All
 * blocks of one call have the same type. Outputs must not overlap inputs unless the method says so. If an output may coincide with an
 * input, it must be exactly that input, not overlap it partly. A wrong call writes nothing and throws an exception that names the operand:
 * {@link NullPointerException}, {@link IllegalArgumentException}, {@link IndexOutOfBoundsException}, or {@link IllegalStateException} for
 * closed memory. Once a thread has called a method with its largest operands, further calls allocate nothing, neither on the heap nor
 * outside it. Several threads may use an engine at once: the workers then help one of them, and the others compute without workers.
 *
 * <p>Coefficients are f64, even for f32 blocks, and may lie outside the range of f32. The product of a coefficient and an element is as
 * accurate as if computed in f64, so {@code 1e40 · 1e-40} is 1. Each term of a sum must be in the range of the type. A subnormal result
 * may have an error of one more unit in its last place. NaN and infinite coefficients follow IEEE 754 on every engine. If a method does
 * not read an operand because its coefficient is 0, the values of that operand do not matter.
 */
public interface Engine extends Products, VectorOperations, Sweeps, Updates, AutoCloseable {
    /** The engine's name, as in {@link EngineProvider#name}. */
    String name();

    /** The number of threads that it uses, the caller's included. */
    int threads();

    /**
     * Whether the same input gives the same bits on one machine: from run to run, for any number of threads, and for a row in any batch.
     * If this is false, results may differ by rounding.
     */
    boolean reproducible();

    /**
     * Runs the pieces of a loop on the threads of this engine, the caller's included, and returns when all are done. Inside a piece every
     * operation of this engine computes in the thread of the piece alone. So pieces that are long and independent, such as solves of
     * different rows, need no barrier for each operation. If the threads are busy, all pieces run in the calling thread.
     */
    default void parallel(int pieces, Team.Loop loop) {
        Operands.present("parallel", "the loop", loop);
        loop.run(0, pieces);
    }

    /**
     * Bytes of the cache that a thread has to itself. What a thread works on for long should fit into it. A typical size if it is not
     * known.
     */
    default long cachePerThread() {
        return 1 << 20;
    }

    /** A block of zeros, as from {@link Block#allocate}. The caller closes it; it does not depend on the engine, and may outlive it. */
    default Block allocate(Type type, int rows, int cols) {
        return Block.allocate(type, rows, cols);
    }

    /** Gated units, softmax, norms, dropout, rotary positions and attention, run on this engine's threads. Always the same object. */
    Layers layers();

    /** Operations on batches of small matrices, run on this engine's threads. Always the same object. */
    SmallMatrices small();

    /** Convolution and resampling, run on this engine's threads. Always the same object. */
    Images images();

    /**
     * Ends the worker threads after the loop that they are in, without waiting for them. Blocks and weights stay open: their owner closes
     * them. A closed engine still computes, but only in the calling thread. Closing twice has no effect.
     */
    @Override
    void close();
}
