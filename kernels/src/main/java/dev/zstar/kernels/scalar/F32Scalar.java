package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;

/** Sums of products in f32, one fused multiply-add after the other. */
final class F32Scalar {
    private F32Scalar() {}

    /** {@code start + Σ_k w[i, k] z[p, k]}. */
    static float dot(Block w, int i, Block z, int p, float start) {
        float sum = start;
        for (int k = 0; k < z.cols(); k++) {
            sum = Math.fma((float) w.get(i, k), (float) z.get(p, k), sum);
        }
        return sum;
    }

    /** {@code Σ_i w[i, j] u[p, i]}. */
    static float dotColumn(Block w, int j, Block u, int p) {
        float sum = 0;
        for (int i = 0; i < u.cols(); i++) {
            sum = Math.fma((float) w.get(i, j), (float) u.get(p, i), sum);
        }
        return sum;
    }

    /** {@code start + Σ_b d[b, i] z[b, j]}. */
    static float dotColumns(Block d, int i, Block z, int j, float start) {
        float sum = start;
        for (int b = 0; b < d.rows(); b++) {
            sum = Math.fma((float) d.get(b, i), (float) z.get(b, j), sum);
        }
        return sum;
    }
}
