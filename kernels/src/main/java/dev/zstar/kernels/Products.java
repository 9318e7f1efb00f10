package dev.zstar.kernels;

/**
 * Matrix products of an {@link Engine}: with {@code W} packed for repeated use, and of plain blocks. The conventions of {@link Engine}
 * apply. Sums over the inputs are accumulated in the element type: f32 for f32.
 */
public interface Products {
    /**
     * Packs {@code w}, {@code outputs × inputs}, for repeated use. The block is read, not kept. The caller closes the result, before or
     * after the engine.
     */
    default Weights pack(Block w) {
        return pack(w, Format.FULL);
    }

    /**
     * Packs {@code w}, rounded to a format.
     *
     * @throws IllegalArgumentException if the type of {@code w} does not allow the format
     */
    Weights pack(Block w, Format format);

    /**
     * {@code out = φ(z Wᵀ + bias + injection)}: {@code W} applied to every row of {@code z}, then the epilogue.
     *
     * @param z {@code batch × w.cols()}
     * @param out {@code batch × w.rows()}
     */
    void apply(Weights w, Block z, Block out, Epilogue epilogue);

    /**
     * {@code out = u W}: {@code Wᵀ} applied to every row of {@code u}.
     *
     * @param u {@code batch × w.rows()}
     * @param out {@code batch × w.cols()}
     */
    void applyTransposed(Weights w, Block u, Block out);

    /**
     * {@code c = α op(a) op(b) + β c} for plain blocks, with {@code op(a)} of {@code m × k} and {@code op(b)} of {@code k × n}. With
     * {@code β = 0} the old {@code c} is not read. With {@code α = 0}, or if the inner dimension is 0, neither {@code a} nor {@code b} is
     * read, and {@code c = β c}. With one row of {@code a} this is a matrix-vector product. Pack a matrix that is used more than once.
     *
     * @param transposeA whether {@code op(a) = aᵀ}, with {@code a} of {@code k × m}
     * @param transposeB whether {@code op(b) = bᵀ}, with {@code b} of {@code n × k}
     */
    void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c);

    /**
     * {@link #gemm(double, Block, boolean, Block, boolean, double, Block)} for each of {@code count} systems of one shape: system i is
     * {@linkplain Block#part part i} of {@code count} equal groups of rows of each operand. For systems of order 2 to 4,
     * {@link Engine#small} is faster.
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
     * The epilogue as a separate pass: {@code out = φ(out + bias + injection)}, with its slopes, and the norms of {@code out - z} and
     * {@code out}. For engines that cannot fuse it with a product.
     *
     * @param z the state that {@code out} was computed from; read only for norms
     */
    void finish(Block z, Block out, Epilogue epilogue);
}
