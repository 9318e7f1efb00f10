package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;

/**
 * A row as {@code values · 2^exponent} with the largest value between 1 and 2, so that squares of finite elements neither overflow nor
 * underflow. The values are a copy on the heap. The class is for reports and for numbers outside the usual range.
 */
public final class Scaled {
    /** A sum of products of f64 elements of at least this size has lost no digit to a product that underflowed. */
    public static final double SMALLEST_SUM = 0x1p-960;

    private final double[] values;
    private final int exponent;

    private Scaled(double[] values, int shift) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        int up = Math.getExponent(largest);
        this.values = values;
        exponent = shift + up;
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.scalb(values[i], -up);
        }
    }

    /** Whether a coefficient is a normal number of the type, so that kernels multiply by exactly this number. */
    public static boolean isNormal(Type type, double coefficient) {
        double size = Math.abs(coefficient);
        return type == Type.F32
                ? size >= Float.MIN_NORMAL && size <= Float.MAX_VALUE
                : size >= Double.MIN_NORMAL && size <= Double.MAX_VALUE;
    }

    /** Row {@code row} of a block. */
    public static Scaled of(Block block, int row) {
        double[] values = new double[block.cols()];
        for (int i = 0; i < values.length; i++) {
            values[i] = block.get(row, i);
        }
        return new Scaled(values, 0);
    }

    /**
     * Writes {@code 2^exponent} times row {@code from} of {@code in} to row {@code to} of {@code out}, which may be the same block.
     * Allocates nothing.
     */
    public static void multiplyRow(Block in, int from, int exponent, Block out, int to) {
        for (int i = 0; i < in.cols(); i++) {
            out.set(to, i, Math.scalb(in.get(from, i), exponent));
        }
    }

    /** The power of two of the largest element of a block. Allocates nothing. */
    public static int exponent(Block block) {
        double largest = 0;
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                largest = Math.max(largest, Math.abs(block.get(i, j)));
            }
        }
        return Math.getExponent(largest);
    }

    /** Whether every element is 0. */
    public boolean isZero() {
        return norm() == 0;
    }

    /** Element {@code i} without its power of two. */
    public double value(int i) {
        return values[i];
    }

    /** The exponent of the power of two. */
    public int exponent() {
        return exponent;
    }

    /** The sum of this row and {@code sign} times another. */
    public Scaled plus(int sign, Scaled other) {
        int common = Math.max(exponent, other.exponent);
        double[] sum = new double[values.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = Math.scalb(values[i], exponent - common) + sign * Math.scalb(other.values[i], other.exponent - common);
        }
        return new Scaled(sum, common);
    }

    /** {@code ‖this‖ / ‖other‖}. */
    public double ratio(Scaled other) {
        return Math.scalb(norm() / other.norm(), exponent - other.exponent);
    }

    /** The cosine of the angle between the two rows; 0 if one of them is zero. */
    public double cosine(Scaled other) {
        double lengths = norm() * other.norm();
        return lengths == 0 ? 0 : dot(other) / lengths;
    }

    /** {@code ⟨this, other⟩} without the two powers of two. */
    public double dot(Scaled other) {
        double product = 0;
        for (int i = 0; i < values.length; i++) {
            product += values[i] * other.values[i];
        }
        return product;
    }

    /** The Euclidean norm without the power of two. */
    public double norm() {
        double square = 0;
        for (double value : values) {
            square += value * value;
        }
        return Math.sqrt(square);
    }
}
