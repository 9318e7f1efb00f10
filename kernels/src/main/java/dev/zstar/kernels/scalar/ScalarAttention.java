package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;

/**
 * The formulas of attention and its derivatives for one sequence and one head in f64, with memory for one row of probabilities. Vector code
 * leaves queries to them that over- or underflow in its own type.
 */
public final class ScalarAttention {
    private static final CallLocal<ScalarAttention> OWN = new CallLocal<>(ScalarAttention::new);

    private double[] p = new double[0];
    private double[] slope = new double[0];
    private double[] key = new double[0];
    private double[] value = new double[0];
    private double sum;

    private ScalarAttention() {}

    /** The object of this thread's call scope. */
    public static ScalarAttention own() {
        return OWN.get();
    }

    private void reserve(int sequence, int d) {
        if (p.length < sequence) {
            p = new double[sequence];
            slope = new double[sequence];
        }
        if (key.length < sequence * d) {
            key = new double[sequence * d];
            value = new double[sequence * d];
        }
    }

    private static double dot(Block x, int i, Block y, int j, int col, int d) {
        double sum = 0;
        for (int c = col; c < col + d; c++) {
            sum += x.get(i, c) * y.get(j, c);
        }
        return sum;
    }

    /**
     * The probabilities of query i, up to their sum, go to p: {@code exp(S_ij - max_j S_ij)}, which is exact for the largest score,
     * whatever its size. {@code S_ij - lse_i} would hold the rounding of both, which is more than 1 for scores beyond 2⁵³.
     *
     * @return the largest score; {@link #sum} is the sum
     */
    private double weigh(Block q, Block k, int first, int i, int seen, int col, int d) {
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < seen; j++) {
            p[j] = dot(q, first + i, k, first + j, col, d) / Math.sqrt(d);
            max = Math.max(max, p[j]);
        }
        sum = 0;
        for (int j = 0; j < seen; j++) {
            p[j] = Math.exp(p[j] - max);
            sum += p[j];
        }
        return max;
    }

    /** {@code S_ij = ⟨q_i, k_j⟩ / √d}, {@code lse_i = log Σ_j exp S_ij}, {@code out_i = Σ_j exp(S_ij - lse_i) v_j} of query i. */
    public void forward(
            Block q, Block k, Block v, int first, int sequence, int heads, int head, boolean causal, Block out, double[] lse, int i) {
        int d = q.cols() / heads;
        int col = head * d;
        reserve(sequence, d);
        int seen = causal ? i + 1 : sequence;
        double max = weigh(q, k, first, i, seen, col, d);
        lse[(first + i) * heads + head] = max + Math.log(sum);
        for (int c = col; c < col + d; c++) {
            double mean = 0;
            for (int j = 0; j < seen; j++) {
                mean += p[j] / sum * v.get(first + j, c);
            }
            out.set(first + i, c, mean);
        }
    }

    /**
     * With {@code P_ij = exp(S_ij - lse_i)} and {@code dS_ij = P_ij (⟨dOut_i, v_j⟩ - Σ_l P_il ⟨dOut_i, v_l⟩)}:
     * {@code dq_i = Σ_j dS_ij k_j / √d}, {@code dk_j = Σ_i dS_ij q_i / √d}, {@code dv_j = Σ_i P_ij dOut_i}.
     */
    public void backward(
            Block q, Block k, Block v, int first, int sequence, int heads, int head, boolean causal, Block dOut, Block dq,
            Block dk, Block dv) {
        int d = q.cols() / heads;
        int col = head * d;
        double scale = 1 / Math.sqrt(d);
        reserve(sequence, d);
        java.util.Arrays.fill(key, 0, sequence * d, 0);
        java.util.Arrays.fill(value, 0, sequence * d, 0);
        for (int i = 0; i < sequence; i++) {
            int seen = causal ? i + 1 : sequence;
            double mean = 0;
            weigh(q, k, first, i, seen, col, d);
            for (int j = 0; j < seen; j++) {
                p[j] /= sum;
                slope[j] = dot(dOut, first + i, v, first + j, col, d);
                mean += p[j] * slope[j];
            }
            for (int j = 0; j < seen; j++) {
                slope[j] = p[j] * (slope[j] - mean) * scale;
            }
            for (int c = 0; c < d; c++) {
                double query = 0;
                for (int j = 0; j < seen; j++) {
                    query += slope[j] * k.get(first + j, col + c);
                    key[j * d + c] += slope[j] * q.get(first + i, col + c);
                    value[j * d + c] += p[j] * dOut.get(first + i, col + c);
                }
                dq.set(first + i, col + c, query);
            }
        }
        for (int j = 0; j < sequence; j++) {
            for (int c = 0; c < d; c++) {
                dk.set(first + j, col + c, key[j * d + c]);
                dv.set(first + j, col + c, value[j * d + c]);
            }
        }
    }

    /**
     * With {@code P_ij = exp(S_ij - lse_i)} and {@code dS_ij = (⟨dq_i, k_j⟩ + ⟨q_i, dk_j⟩) / √d}:
     * {@code out_i = Σ_j P_ij ((dS_ij - Σ_l P_il dS_il) v_j + dv_j)} of query i.
     */
    public void tangent(
            Block q, Block k, Block v, int first, int sequence, int heads, int head, boolean causal, Block dq, Block dk, Block dv,
            Block out, int i) {
        int d = q.cols() / heads;
        int col = head * d;
        double scale = 1 / Math.sqrt(d);
        reserve(sequence, d);
        int seen = causal ? i + 1 : sequence;
        double mean = 0;
        weigh(q, k, first, i, seen, col, d);
        for (int j = 0; j < seen; j++) {
            p[j] /= sum;
            slope[j] = (dot(dq, first + i, k, first + j, col, d) + dot(q, first + i, dk, first + j, col, d)) * scale;
            mean += p[j] * slope[j];
        }
        for (int c = col; c < col + d; c++) {
            double tangent = 0;
            for (int j = 0; j < seen; j++) {
                tangent += p[j] * ((slope[j] - mean) * v.get(first + j, c) + dv.get(first + j, c));
            }
            out.set(first + i, c, tangent);
        }
    }
}
