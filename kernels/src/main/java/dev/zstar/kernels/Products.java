package dev.zstar.kernels;

/**
 * Matrix products of an {@link Engine}, with its conventions: {@code W} packed for repeated use, and plain blocks. Sums run over the inputs
 * in the precision of the type.
 */
public interface Products {
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
     * {@code β = 0} the old {@code c} is not read; with {@code α = 0}, or where there are no inner elements, neither {@code a} nor
     * {@code b} is, and {@code c = β c}. With one row of {@code a} this is a matrix-vector product. Pack a matrix that is used more than
     * once.
     *
     * @param transposeA whether {@code op(a) = aᵀ}, with {@code a} of {@code k × m}
     * @param transposeB whether {@code op(b) = bᵀ}, with {@code b} of {@code n × k}
     */
    void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c);

    /**
     * {@link #gemm(double, Block, boolean, Block, boolean, double, Block)} for each of {@code count} systems of one shape: system i is the
     * {@linkplain Block#part i-th} of {@code count} equal groups of rows of each operand. Systems of order 2 to 4 are faster in
     * {@link Engine#small}.
     *
     * @throws IllegalArgumentException if the rows of an operand do not make {@code count} equal groups, or a group does not fit
     */
    default void gemm(int count, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Operands.groups("gemm", "a", a, count);
        Operands.groups("gemm", "b", b, count);
        Operands.groups("gemm", "c", c, count);
        // Operands of different systems may not overlap either.
        Operands.apart("gemm", "c", c, "a", a);
        Operands.apart("gemm", "c", c, "b", b);
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
        Operands.open("addOuter", "d", d);
        Operands.present("addOuter", "z", z);
        Operands.require("addOuter", "z", z, d.type(), d.rows(), z.cols());
        Operands.require("addOuter", "out", out, d.type(), d.cols(), z.cols());
        Operands.apart("addOuter", "out", out, "d", d);
        Operands.apart("addOuter", "out", out, "z", z);
        gemm(1, d, true, z, false, 1, out);
    }

    /**
     * The epilogue as a separate pass: {@code out = φ(out + bias + injection)}, with slopes, and norms against {@code z}. For engines
     * that cannot fuse it with a product.
     *
     * @param z the state that {@code out} came from; read for norms only
     */
    void finish(Block z, Block out, Epilogue epilogue);
}
