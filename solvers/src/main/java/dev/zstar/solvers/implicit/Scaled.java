package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;

/** A row as {@code values · 2^exponent} with the largest value between 1 and 2, so that squares of finite elements neither overflow nor vanish. */
final class Scaled {
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

    /** Row {@code row} of a block. */
    static Scaled of(Block block, int row) {
        double[] values = new double[block.cols()];
        for (int i = 0; i < values.length; i++) {
            values[i] = block.get(row, i);
        }
        return new Scaled(values, 0);
    }

    boolean isZero() {
        return norm() == 0;
    }

    /** This and {@code sign} times another. */
    Scaled plus(int sign, Scaled other) {
        int common = Math.max(exponent, other.exponent);
        double[] sum = new double[values.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = Math.scalb(values[i], exponent - common) + sign * Math.scalb(other.values[i], other.exponent - common);
        }
        return new Scaled(sum, common);
    }

    /** {@code ‖this‖ / ‖other‖}. */
    double ratio(Scaled other) {
        return Math.scalb(norm() / other.norm(), exponent - other.exponent);
    }

    /** The cosine of the angle between the two; 0 where one of them is zero. */
    double cosine(Scaled other) {
        double product = 0;
        for (int i = 0; i < values.length; i++) {
            product += values[i] * other.values[i];
        }
        double lengths = norm() * other.norm();
        return lengths == 0 ? 0 : product / lengths;
    }

    private double norm() {
        double square = 0;
        for (double value : values) {
            square += value * value;
        }
        return Math.sqrt(square);
    }
}
