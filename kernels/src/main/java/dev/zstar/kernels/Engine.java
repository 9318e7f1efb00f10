package dev.zstar.kernels;

/**
 * One implementation of the operations that solvers are made of. All work row by row: results for one row never depend on the
 * others, so a row has the same bits alone, in a batch, and for any number of threads.
 *
 * <p>Conventions: a state block has one row per sample; {@code n} is its width. Blocks passed to one call have one type. Outputs
 * may not overlap inputs unless the method says so; what may be an input must be all of it, not a part. A wrong call throws and writes
 * nothing: {@link NullPointerException}, {@link IllegalArgumentException}, {@link IndexOutOfBoundsException}, or
 * {@link IllegalStateException} for closed memory, naming the operand. No method allocates after its first calls. An engine may be used by
 * several threads at once; its team of workers then serves one of them, and the others compute alone.
 *
 * <p>Sums over {@code n} that end in a {@code double} are accumulated in f64, for f32 blocks too: an Anderson step solves normal
 * equations made of them. Sums of squares are what they are called, with no scaling: of f32 blocks they are in the range of f64 whatever
 * the elements; of f64 blocks they are right to rounding while the norm is between 1e-145 and 1e154, below lose digits and then are 0,
 * and above are infinite. {@link #norm} is right everywhere.
 *
 * <p>Coefficients are f64, for f32 blocks too, and may lie beyond what f32 holds: a product of a coefficient and an element is as good as
 * if formed in f64, so that {@code 1e40 · 1e-40} is 1. Each term of a sum must be in the range of the type; what is below its smallest
 * normal number may be off by one more unit in its last place. A coefficient that is NaN or infinite makes what IEEE 754 says of its
 * products, on every engine; where a method says that something is not read for a coefficient of 0, it leaves no trace.
 */
public interface Engine extends AutoCloseable {
    /** The engine's name, as in {@link EngineProvider#name}. */
    String name();

    /** Threads it uses, the caller's included. */
    int threads();

    /** A block of zeros in this engine's memory; the caller closes it. */
    default Block allocate(Type type, int rows, int cols) {
        return Block.allocate(type, rows, cols);
    }

    /** Lays out {@code w}, of {@code outputs × inputs}, for repeated use. The block is read, not kept. */
    default Weights pack(Block w) {
        return pack(w, Format.FULL);
    }

    /**
     * Lays out {@code w} rounded to a format.
     *
     * @throws IllegalArgumentException if the format does not go with the type of {@code w}
     */
    Weights pack(Block w, Format format);

    /** Softmax, normalisations, dropout and attention on this engine. */
    Layers layers();

    // ---- products

    /**
     * {@code out = φ(z Wᵀ + bias + injection)}: every row of {@code z} times {@code W}, then the epilogue.
     *
     * @param z {@code batch × w.cols()}
     * @param out {@code batch × w.rows()}
     */
    void apply(Weights w, Block z, Block out, Epilogue epilogue);

    /**
     * {@code out = u W}: every row of {@code u} times {@code Wᵀ}.
     *
     * @param u {@code batch × w.rows()}
     * @param out {@code batch × w.cols()}
     */
    void applyTransposed(Weights w, Block u, Block out);

    /**
     * {@code c = α op(a) op(b) + β c} for plain blocks, {@code op(a)} of {@code m × k} and {@code op(b)} of {@code k × n}. With
     * {@code β = 0} the old {@code c} is not read; with {@code α = 0}, or where there are no inner elements, neither {@code a} nor {@code
     * b} is, and {@code c = β c}. One row of {@code a} makes it a product of matrix and vector. A matrix that is used more than once is
     * better packed.
     *
     * @param transposeA whether {@code op(a) = aᵀ}, with {@code a} of {@code k × m}
     * @param transposeB whether {@code op(b) = bᵀ}, with {@code b} of {@code n × k}
     */
    void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c);

    /**
     * {@link #gemm(double, Block, boolean, Block, boolean, double, Block)} for each of {@code count} systems of one shape: system i is the
     * {@linkplain Block#part i-th} of {@code count} equal groups of rows of each operand. Systems of order 2 to 4 are faster in
     * {@link #small}.
     *
     * @throws IllegalArgumentException if the rows of an operand do not make {@code count} equal groups, or a group does not fit
     */
    default void gemm(int count, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Shapes.gemm(count, a, transposeA, b, transposeB, c);
        for (int i = 0; i < count; i++) {
            gemm(alpha, a.part(i, count), transposeA, b.part(i, count), transposeB, beta, c.part(i, count));
        }
    }

    /**
     * {@code out += dᵀ z}: the gradient of {@code W}, summed over the batch; for one row, the outer product of two vectors.
     *
     * @param d {@code batch × outputs}
     * @param z {@code batch × inputs}
     * @param out {@code outputs × inputs}
     */
    default void addOuter(Block d, Block z, Block out) {
        Shapes.addOuter(d, z, out);
        gemm(1, d, true, z, false, 1, out);
    }

    /**
     * The epilogue as a pass of its own: {@code out = φ(out + bias + injection)}, with slopes, and norms against {@code z}. For engines
     * whose product cannot carry it.
     *
     * @param z the state that {@code out} came from; only read for norms
     */
    void finish(Block z, Block out, Epilogue epilogue);

    // ---- elementwise

    /** {@code y = a x + b y}; {@code y} may be {@code x}. With {@code b = 0} the old {@code y} is not read. */
    void axpby(double a, Block x, double b, Block y);

    /** {@code y_p = a[p] x_p + b[p] y_p}, row by row. Where {@code b[p] = 0} the old row is not read. */
    void axpby(double[] a, Block x, double[] b, Block y);

    /** {@code y += a x}. */
    default void axpy(double a, Block x, Block y) {
        Shapes.elementwise("axpy", "x", x, "y", y);
        axpby(a, x, 1, y);
    }

    /** {@code x = a x}. */
    default void scale(double a, Block x) {
        Shapes.open("scale", "x", x);
        axpby(a, x, 0, x);
    }

    /** {@code y = x}. */
    default void copy(Block x, Block y) {
        Shapes.elementwise("copy", "x", x, "y", y);
        axpby(1, x, 0, y);
    }

    /** {@code out = x ⊙ y}; {@code out} may be either of them. */
    void multiply(Block x, Block y, Block out);

    /** {@code out = φ(x)}; {@code out} may be {@code x}. */
    void activate(Activation activation, Block x, Block out);

    /** {@code out = φ'(x)}; {@code out} may be {@code x}. */
    void derivative(Activation activation, Block x, Block out);

    /**
     * {@code out = φ''(x)}; {@code out} may be {@code x}. By default the formula, element by element in the calling thread: it is for
     * losses, not for solves.
     */
    default void secondDerivative(Activation activation, Block x, Block out) {
        Shapes.activate("secondDerivative", activation, x, out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, activation.secondDerivative(x.get(p, i)));
            }
        }
    }

    // ---- sums

    /** {@code out[p] = ⟨x_p, y_p⟩} for each row. */
    void dot(Block x, Block y, double[] out);

    /** {@code ‖x_p‖₂} of each row, also where the squares overflow or underflow; infinite only where the norm itself is beyond f64. */
    default void norm(Block x, double[] out) {
        Shapes.sums("norm", x, out);
        dot(x, x, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = SafeNorm.of(out[p], x, p);
        }
    }

    /** {@code Σ_i |x_pi|} of each row. */
    void asum(Block x, double[] out);

    /** The first column of the largest magnitude of each row, a NaN above all; -1 in rows of no elements. */
    void iamax(Block x, int[] out);

    // ---- sweeps over a basis: position p of the working block belongs to row rows.index(p) = b of the basis. Where a result goes by row,
    // each row has one position

    /**
     * {@code h[b · capacity + j] = ⟨v_bj, w_p⟩} for {@code j < count}, in one pass over {@code w}. Each has the same bits for any count.
     */
    void multiDot(Basis v, int count, Block w, Rows rows, double[] h);

    /**
     * {@code w_p += Σ_j c[b · capacity + j] v_bj} for {@code j < count}, and {@code squares[b] = ‖w_p‖²} of the result.
     *
     * @param squares null if the norms are not wanted
     */
    void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares);

    /** {@code z_p = Σ_j c[b · capacity + j] v_bj} for {@code j < count}; a coefficient of 0 leaves its vector unread. */
    void mix(Basis v, int count, double[] c, Block z, Rows rows);

    /** {@code v_b,slot = s[b] w_p}. */
    void store(Block w, double[] s, Basis v, int slot, Rows rows);

    /**
     * One pass of classical Gram-Schmidt: {@code h[b · capacity + j] = ⟨v_bj, w_p⟩} for {@code j < count}, then
     * {@code w_p -= Σ_j h[b · capacity + j] v_bj}, and {@code squares[b] = ‖w_p‖²} of the result. Each of {@code h} has the same bits for
     * any count, those of {@link #multiDot}.
     *
     * @param squares null if the norms are not wanted
     */
    default void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        Shapes.project(v, count, w, rows, h, squares);
        multiDot(v, count, w, rows, h);
        negate(v, count, rows, h);
        multiAxpy(v, count, h, w, rows, squares);
        negate(v, count, rows, h);
    }

    private static void negate(Basis v, int count, Rows rows, double[] h) {
        for (int p = 0; p < rows.count(); p++) {
            int at = rows.index(p) * v.capacity();
            for (int j = at; j < at + count; j++) {
                h[j] = -h[j];
            }
        }
    }

    /** {@code w_p = s[b] w_p}, and {@code v_b,slot} becomes a copy of it. */
    default void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        Shapes.store("normalise", w, s, v, slot, rows);
        store(w, s, v, slot, rows);
        for (int p = 0; p < rows.count(); p++) {
            w.copyRow(v.block(), rows.index(p) * v.capacity() + slot, p);
        }
    }

    /**
     * The sweep of an Anderson step: {@code r = g_p - z_p} becomes vector {@code slots[b]} of {@code residuals}, {@code g_p} vector
     * {@code slots[b]} of {@code values}, and the Gram row of {@code r} is formed on the way:
     * {@code gram[b · (capacity + 1) + j] = ⟨r, r_bj⟩} for {@code j < counts[b]} (for {@code j = slots[b]} that is {@code ‖r‖²}), and
     * {@code gram[b · (capacity + 1) + capacity] = ‖g_p‖²}.
     *
     * @param slots by row of the batch, since rows may have started at different times
     * @param counts vectors in use, {@code slots[b]} included
     */
    void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram);

    /** Operations on batches of small matrices, by this engine's threads. The same object at every call. */
    SmallMatrices small();
    // ---- images

    /** Convolution and resampling, by this engine's threads; always the same object. */
    Images images();

    @Override
    void close();
}
