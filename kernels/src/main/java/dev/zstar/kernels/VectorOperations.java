package dev.zstar.kernels;

/**
 * Operations of an {@link Engine} on rows: elementwise operations, and sums over each row. The conventions of {@link Engine} apply.
 *
 * <p>Sums that end in a {@code double} are accumulated in f64, even for f32 blocks, because an Anderson step solves normal equations made
 * of them. Sums of squares are not scaled. For f32 blocks they always stay within the range of f64. For f64 blocks they are accurate as
 * long as the norm is between 1e-145 and 1e154. Below that range they lose digits and finally become 0; above it they are infinite.
 * {@link #norm} is accurate everywhere.
 */
public interface VectorOperations {
    /** {@code y = a x + b y}; {@code y} may be {@code x}. With {@code b = 0} the old {@code y} is not read. */
    void axpby(double a, Block x, double b, Block y);

    /** {@code y_p = a[p] x_p + b[p] y_p}, row by row. If {@code b[p] = 0}, the old row is not read. */
    void axpby(double[] a, Block x, double[] b, Block y);

    /** {@code y += a x}. */
    default void axpy(double a, Block x, Block y) {
        Operands.elementwise("axpy", "x", x, "y", y);
        axpby(a, x, 1, y);
    }

    /** {@code x = a x}. */
    default void scale(double a, Block x) {
        Operands.open("scale", "x", x);
        axpby(a, x, 0, x);
    }

    /** {@code y = x}. */
    default void copy(Block x, Block y) {
        Operands.elementwise("copy", "x", x, "y", y);
        axpby(1, x, 0, y);
    }

    /** {@code out = x ⊙ y}; {@code out} may be either of them. */
    void multiply(Block x, Block y, Block out);

    /** {@code out += x ⊙ y}; {@code out} may be either of them. */
    void multiplyAdd(Block x, Block y, Block out);

    /**
     * {@code out[p, i] = x[p, i] · gain[i mod C]}: a factor for each channel of an image (NHWC), or of each column if
     * {@code C = x.cols()}.
     *
     * @param gain {@code 1 × C}; C must divide {@code x.cols()}
     * @param out of the shape of {@code x}, which it may be
     */
    void multiplyColumns(Block x, Block gain, Block out);

    /**
     * The gradient of {@code gain} in {@link #multiplyColumns}: {@code dGain[c] += Σ_p Σ_i x[p, i] · dy[p, i]} over all rows p and all
     * columns i with {@code i mod C = c}. Sums are accumulated in f64.
     *
     * @param dy the gradient of {@code out}
     * @param dGain {@code 1 × C}; C must divide {@code x.cols()}
     */
    void multiplyColumnsGradient(Block x, Block dy, Block dGain);

    /** {@code out = φ(x)}; {@code out} may be {@code x}. */
    void activate(Activation activation, Block x, Block out);

    /** {@code out = φ'(x)}; {@code out} may be {@code x}. */
    void derivative(Activation activation, Block x, Block out);

    /**
     * {@code out = φ''(x)}; {@code out} may be {@code x}. The default computes the formula element by element in the calling thread. It
     * is meant for losses, not for solves.
     */
    default void secondDerivative(Activation activation, Block x, Block out) {
        Operands.present("secondDerivative", "the activation", activation);
        Operands.elementwise("secondDerivative", "x", x, "out", out);
        for (int p = 0; p < x.rows(); p++) {
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, activation.secondDerivative(x.get(p, i)));
            }
        }
    }

    /** {@code out[p] = ⟨x_p, y_p⟩} for each row. */
    void dot(Block x, Block y, double[] out);

    /**
     * {@code ‖x_p‖₂} of each row, even if the squares overflow or underflow. It is infinite only if the norm itself is outside the range of
     * f64.
     */
    default void norm(Block x, double[] out) {
        Operands.open("norm", "x", x);
        Operands.capacity("norm", "out", out, x.rows());
        dot(x, x, out);
        for (int p = 0; p < x.rows(); p++) {
            out[p] = SafeNorm.of(out[p], x, p);
        }
    }

    /** {@code Σ_i |x_pi|} of each row. */
    void asum(Block x, double[] out);

    /** The first column with the largest magnitude of each row; -1 for a row without elements. NaN counts as the largest. */
    void iamax(Block x, int[] out);
}
