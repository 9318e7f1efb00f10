package dev.zstar.kernels.layers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import java.util.function.IntToDoubleFunction;

/** How far probabilities are off, relative to themselves, and what follows for each result. */
final class AttentionBounds {
    private final int heads;
    final Type type;
    final int sequence;
    final boolean causal;
    final Block q;
    final Block k;
    final Block v;
    private final double[][][] p;
    private final double[][][] ε;

    /**
     * The score is a chain of d multiply-adds times a rounded factor, what is subtracted from it is rounded, and so is the difference;
     * the exponential adds 2 u.
     */
    AttentionBounds(int heads, Type type, int sequence, boolean causal, Block q, Block k, Block v, double[] lse) {
        this.heads = heads;
        this.type = type;
        this.sequence = sequence;
        this.causal = causal;
        this.q = q;
        this.k = k;
        this.v = v;
        p = new double[heads][q.rows()][q.rows()];
        ε = new double[heads][q.rows()][q.rows()];
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < q.rows(); i++) {
                double l = lse[i * heads + h];
                for (int j = 0; j < q.rows(); j++) {
                    if (sees(i, j)) {
                        double score = dot(q, i, k, j, h, false) * scale();
                        p[h][i][j] = Math.exp(score - l);
                        ε[h][i][j] = scale() * Reference.gamma(d() + 2, type) * dot(q, i, k, j, h, true)
                                + type.unitRoundoff() * (Math.abs(score - l) + Math.abs(l) + Math.abs(score) + 2);
                    }
                }
            }
        }
    }

    int d() {
        return q.cols() / heads;
    }

    double scale() {
        return 1 / Math.sqrt(d());
    }

    boolean sees(int i, int j) {
        return i / sequence == j / sequence && (!causal || j <= i);
    }

    double p(int i, int j, int h) {
        return p[h][i][j];
    }

    double ε(int i, int j, int h) {
        return ε[h][i][j];
    }

    /** {@code Σ_j P_ij x_j} of some x, over what query i sees. */
    double mean(int i, int h, IntToDoubleFunction x) {
        double sum = 0;
        for (int j = i / sequence * sequence; j < (i / sequence + 1) * sequence; j++) {
            if (sees(i, j)) {
                sum += p(i, j, h) * x.applyAsDouble(j);
            }
        }
        return sum;
    }

    /** Second order and what is flushed to 0 (below 2⁻¹²⁶) are in the factor 1.01 and the 1e-37. */
    double out(int i, int col) {
        int h = col / d();
        double mean = mean(i, h, j -> ε(i, j, h));
        double rest = Reference.gamma(sequence + 4, type);
        return 1.01 * mean(i, h, j -> Math.abs(v.get(j, col)) * (ε(i, j, h) + mean + rest)) + 1e-37;
    }

    /** For all j: the error of {@code dS_ij}, and {@code |dS_ij|} itself, without the factor 1/√d. */
    double[][] slopes(int i, int h, Block dOut) {
        return slopes(i, h, d(), j -> dot(dOut, i, v, j, h, false), j -> dot(dOut, i, v, j, h, true));
    }

    /** The same for {@code P_ij} times the difference of any sums of {@code terms} products from their mean. */
    private double[][] slopes(int i, int h, int terms, IntToDoubleFunction sum, IntToDoubleFunction size) {
        double u = type.unitRoundoff();
        double rounding = Reference.gamma(terms, type);
        double mean = mean(i, h, sum);
        double meanError = mean(i, h, j -> ε(i, j, h) * Math.abs(sum.applyAsDouble(j)) + rounding * size.applyAsDouble(j))
                + u * Math.abs(mean);
        double[][] slopes = new double[2][q.rows()];
        for (int j = 0; j < q.rows(); j++) {
            if (sees(i, j)) {
                double difference = Math.abs(sum.applyAsDouble(j) - mean);
                double error = rounding * size.applyAsDouble(j) + meanError;
                slopes[0][j] = 1.01 * p(i, j, h) * (difference * (ε(i, j, h) + 4 * u) + error) + 1e-37;
                slopes[1][j] = p(i, j, h) * difference;
            }
        }
        return slopes;
    }

    /** Of all columns of a tangent: errors of the tangents of probabilities times values, and of probabilities times tangents of values. */
    double[] tangent(int i, Block dq, Block dk, Block dv) {
        double[] bounds = new double[q.cols()];
        double rest = Reference.gamma(2 * sequence + 4, type);
        for (int h = 0; h < heads; h++) {
            int head = h;
            double[][] slopes = slopes(i, h, 2 * d(), j -> dot(dq, i, k, j, head, false) + dot(q, i, dk, j, head, false),
                    j -> dot(dq, i, k, j, head, true) + dot(q, i, dk, j, head, true));
            for (int c = h * d(); c < (h + 1) * d(); c++) {
                for (int j = 0; j < q.rows(); j++) {
                    if (sees(i, j)) {
                        bounds[c] += scale() * (slopes[0][j] + rest * slopes[1][j]) * Math.abs(v.get(j, c))
                                + 1.01 * p(i, j, h) * Math.abs(dv.get(j, c)) * (ε(i, j, h) + rest) + 1e-37;
                    }
                }
            }
        }
        return bounds;
    }

    private double dot(Block x, int i, Block y, int j, int h, boolean sizes) {
        int d = x.cols() / heads;
        double sum = 0;
        for (int c = h * d; c < (h + 1) * d; c++) {
            sum += sizes ? Math.abs(x.get(i, c) * y.get(j, c)) : x.get(i, c) * y.get(j, c);
        }
        return sum;
    }
}
