package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.jvm.Fma;

/** Sums of products in f32, by consecutive fused multiply-adds. */
final class F32Scalar {
    private F32Scalar() {}

    /** {@code start + Σ_k op(a)[i, k] op(b)[k, j]}. */
    static float dot(Block a, boolean transposeA, int i, Block b, boolean transposeB, int j, float start) {
        float sum = start;
        int count = transposeA ? a.rows() : a.cols();
        for (int k = 0; k < count; k++) {
            float x = (float) (transposeA ? a.get(k, i) : a.get(i, k));
            float y = (float) (transposeB ? b.get(j, k) : b.get(k, j));
            sum = Fma.of(x, y, sum);
        }
        return sum;
    }
}
