package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.guard.Scaled;
import dev.zstar.solvers.internal.InputGuard;

/**
 * Units for rows whose numbers are so large or so small that their squares overflow or underflow. For such a row the solver works with
 * {@code z / σ} and {@code f(z) / σ}, and the map sees z. Each σ is a power of two, so nothing is rounded. Nearly all rows have
 * {@code σ = 1}, which costs nothing. The others cost a pass over their elements at each evaluation.
 *
 * <p>Methods therefore meet only residuals between 2⁻⁴⁰⁰ and 2⁴⁰⁰, and products of two of them are safe.
 */
final class Scales {
    /** Between these norms, 4·10⁻¹²¹ and 3·10¹²⁰, squares and products of two squares neither underflow nor overflow. */
    private static final double LEAST = 0x1p-400;
    private static final double MOST = 0x1p400;

    /** The largest exponent of an element. With it, in f64 the square is finite, and in f32 twice the element. */
    private final int headroom;
    private final boolean doubles;
    /** By row of the batch: the exponent of σ. */
    private final int[] exponent;
    private int scaled;
    /** The map last given to {@link #around}, and the same map in the units of the solver. */
    private FixedPointMap outer;
    private FixedPointMap inner;

    Scales(Type type, int batch) {
        headroom = type == Type.F32 ? 120 : 480;
        doubles = type == Type.F64;
        exponent = new int[batch];
    }

    /** A new problem begins in row {@code b}, in the units of the map. */
    void begin(int b) {
        set(b, 0);
    }

    private void set(int b, int to) {
        scaled += (to != 0 ? 1 : 0) - (exponent[b] != 0 ? 1 : 0);
        exponent[b] = to;
    }

    /** Converts a norm of row {@code b} to the units of the map. A finite norm that would overflow becomes the largest number. */
    double outward(int b, double length) {
        return exponent[b] == 0 ? length
                : length < Double.POSITIVE_INFINITY ? Math.min(Math.scalb(length, exponent[b]), Double.MAX_VALUE)
                : length;
    }

    /** Converts a norm of row {@code b} to the units of the solver. */
    double inward(int b, double length) {
        return exponent[b] == 0 ? length : Math.scalb(length, -exponent[b]);
    }

    /** The map in the units of the solver. */
    FixedPointMap around(FixedPointMap f) {
        if (scaled == 0) {
            return f;
        }
        if (!f.equals(outer)) {
            inner = new ScaledMap(f, this);
            outer = f;
        }
        return inner;
    }

    /** {@code out = f(z)}, all in the units of the solver. */
    void apply(FixedPointMap f, Block z, Block out, Rows rows) {
        if (scaled == 0) {
            InputGuard.evaluate(f, z, out, rows);
        } else {
            around(f).apply(z, out, rows);
        }
    }

    /** Converts the rows of a working block to the units of the map. */
    void outward(Block block, Rows rows) {
        move(block, rows, 1);
    }

    /** Converts them back. */
    void inward(Block block, Rows rows) {
        move(block, rows, -1);
    }

    /** Converts row {@code to} of a block, which is row b of the batch, to the units of the map. */
    void outward(Block block, int to, int b) {
        if (exponent[b] != 0) {
            Scaled.multiplyRow(block, to, exponent[b], block, to);
        }
    }

    /** Converts it back. */
    void inward(Block block, int to, int b) {
        if (exponent[b] != 0) {
            Scaled.multiplyRow(block, to, -exponent[b], block, to);
        }
    }

    private void move(Block block, Rows rows, int sign) {
        for (int p = 0; scaled > 0 && p < rows.count(); p++) {
            int b = rows.index(p);
            if (exponent[b] != 0) {
                Scaled.multiplyRow(block, p, sign * exponent[b], block, p);
            }
        }
    }

    /**
     * Whether these squares are in range. In f64 a square may have lost digits to underflow. Sums of squares of f32 elements are exact
     * enough in f64 at any scale.
     */
    boolean inRange(double residualSquare, double valueSquare) {
        return residualSquare <= MOST * MOST && valueSquare < Double.POSITIVE_INFINITY && (residualSquare >= LEAST * LEAST || !doubles);
    }

    /**
     * The square {@code ‖r‖²} at position p, or the smallest number if it is 0 and f(z) is not z. It has underflowed then, since the
     * largest element is more than 10³⁰⁰ times as long as r.
     */
    static double positive(double square, Block z, Block g, int p) {
        for (int i = 0; square == 0 && i < z.cols(); i++) {
            square = z.get(p, i) == g.get(p, i) ? 0 : Double.MIN_VALUE;
        }
        return square;
    }

    /**
     * Chooses units for row {@code b}, at position p, from its residual, and converts its z and f(z).
     *
     * @param valueSquare {@code ‖f(z)‖²} in the current units
     * @return the exponent of the power of two by which z and f(z) were multiplied. It is 0 if the units stay the same: if a number is not
     *     finite, if the residual is 0 and the square of f(z) is finite, or if the current units are right
     */
    int choose(int b, Block z, Block g, int p, double valueSquare) {
        double largest = 0;
        double gap = 0;
        for (int i = 0; i < z.cols(); i++) {
            double zi = z.get(p, i);
            double gi = g.get(p, i);
            // The difference of two finite numbers may overflow.
            gap = Math.max(gap, Math.min(Math.abs(gi - zi), Double.MAX_VALUE));
            largest = Math.max(largest, Math.max(Math.abs(zi), Math.abs(gi)));
        }
        if (!(largest < Double.POSITIVE_INFINITY) || gap == 0 && valueSquare < Double.POSITIVE_INFINITY) {
            return 0;
        }
        int shift = gap == 0 ? Math.getExponent(largest) : Math.max(Math.getExponent(gap), Math.getExponent(largest) - headroom);
        if (shift == 0) {
            return 0;
        }
        Scaled.multiplyRow(z, p, -shift, z, p);
        Scaled.multiplyRow(g, p, -shift, g, p);
        set(b, exponent[b] + shift);
        return -shift;
    }
}
