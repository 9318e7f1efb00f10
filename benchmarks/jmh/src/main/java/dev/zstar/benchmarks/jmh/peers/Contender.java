package dev.zstar.benchmarks.jmh.peers;

/** A library in one element type. Each method lays out its own copy of the data and returns the call that is timed. */
interface Contender {
    /** The class that computes. The log names it and its jar. */
    Class<?> computing();

    /** {@code W z} for every {@code z} of the batch: gemv for one vector, gemm for more. */
    TimedCall product(Product data);

    /** {@code ⟨x, y⟩}. */
    TimedCall dot(Vectors data);

    /** {@code y += a x}; the answer is {@code y}. */
    TimedCall axpy(Vectors data);

    /** {@code ‖x‖₂}. */
    TimedCall norm(Vectors data);
}
