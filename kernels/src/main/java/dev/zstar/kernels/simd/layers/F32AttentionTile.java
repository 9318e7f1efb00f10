package dev.zstar.kernels.simd.layers;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of small matrices on the heap, {@code c[r, :] += Σ_k a[r, k] w[k, :]}, for any distance between rows and between columns of a.
 * Each sum is one chain of fused multiply-adds over k.
 *
 * <p>A tile has four rows by four vectors if there are 32 registers: 110 to 117 GFLOP/s of 117, against 88 to 92 of four by two and 99 to
 * 109 of eight by two (f32, 512 bits, k = 64 and 512). Four by two fits the 16 registers of 256-bit x86. Unlike the tiles of products,
 * these read both operands from the heap, where the thread has just written them.
 */
final class F32AttentionTile {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    /** Vectors of the widest tile. */
    private static final int VECTORS = S.vectorBitSize() == 256 ? 2 : 4;
    /** Rows of a tile. */
    static final int ROWS = 4;

    private F32AttentionTile() {}

    /**
     * {@code c += a w} for four rows.
     *
     * @param a element (r, k) at {@code ao + r · ar + k · ak}
     * @param w element (k, i) at {@code wo + k · wk + i}, {@code width} of them in each row, a multiple of L
     * @param c element (r, i) at {@code co + r · cr + i}
     * @param count columns of a
     */
    static void multiply(
            float[] a, int ao, int ar, int ak, float[] w, int wo, int wk, float[] c, int co, int cr, int width, int count) {
        if (count <= 0) {
            return;
        }
        int i = 0;
        for (; VECTORS == 4 && i <= width - 4 * L; i += 4 * L) {
            four(a, ao, ar, ak, w, wo + i, wk, c, co + i, cr, count);
        }
        for (; i <= width - 2 * L; i += 2 * L) {
            two(a, ao, ar, ak, w, wo + i, wk, c, co + i, cr, count);
        }
        if (i < width) {
            one(a, ao, ar, ak, w, wo + i, wk, c, co + i, cr, count);
        }
    }

    private static void four(float[] a, int ao, int ar, int ak, float[] w, int wo, int wk, float[] c, int co, int cr, int count) {
        int c1 = co + cr;
        int c2 = c1 + cr;
        int c3 = c2 + cr;
        FloatVector t00 = FloatVector.fromArray(S, c, co);
        FloatVector t01 = FloatVector.fromArray(S, c, co + L);
        FloatVector t02 = FloatVector.fromArray(S, c, co + 2 * L);
        FloatVector t03 = FloatVector.fromArray(S, c, co + 3 * L);
        FloatVector t10 = FloatVector.fromArray(S, c, c1);
        FloatVector t11 = FloatVector.fromArray(S, c, c1 + L);
        FloatVector t12 = FloatVector.fromArray(S, c, c1 + 2 * L);
        FloatVector t13 = FloatVector.fromArray(S, c, c1 + 3 * L);
        FloatVector t20 = FloatVector.fromArray(S, c, c2);
        FloatVector t21 = FloatVector.fromArray(S, c, c2 + L);
        FloatVector t22 = FloatVector.fromArray(S, c, c2 + 2 * L);
        FloatVector t23 = FloatVector.fromArray(S, c, c2 + 3 * L);
        FloatVector t30 = FloatVector.fromArray(S, c, c3);
        FloatVector t31 = FloatVector.fromArray(S, c, c3 + L);
        FloatVector t32 = FloatVector.fromArray(S, c, c3 + 2 * L);
        FloatVector t33 = FloatVector.fromArray(S, c, c3 + 3 * L);
        int a1 = ao + ar;
        int a2 = a1 + ar;
        int a3 = a2 + ar;
        int k = 0;
        do {
            FloatVector w0 = FloatVector.fromArray(S, w, wo);
            FloatVector w1 = FloatVector.fromArray(S, w, wo + L);
            FloatVector w2 = FloatVector.fromArray(S, w, wo + 2 * L);
            FloatVector w3 = FloatVector.fromArray(S, w, wo + 3 * L);
            FloatVector b0 = FloatVector.broadcast(S, a[ao]);
            t00 = b0.fma(w0, t00);
            t01 = b0.fma(w1, t01);
            t02 = b0.fma(w2, t02);
            t03 = b0.fma(w3, t03);
            FloatVector b1 = FloatVector.broadcast(S, a[a1]);
            t10 = b1.fma(w0, t10);
            t11 = b1.fma(w1, t11);
            t12 = b1.fma(w2, t12);
            t13 = b1.fma(w3, t13);
            FloatVector b2 = FloatVector.broadcast(S, a[a2]);
            t20 = b2.fma(w0, t20);
            t21 = b2.fma(w1, t21);
            t22 = b2.fma(w2, t22);
            t23 = b2.fma(w3, t23);
            FloatVector b3 = FloatVector.broadcast(S, a[a3]);
            t30 = b3.fma(w0, t30);
            t31 = b3.fma(w1, t31);
            t32 = b3.fma(w2, t32);
            t33 = b3.fma(w3, t33);
            wo += wk;
            ao += ak;
            a1 += ak;
            a2 += ak;
            a3 += ak;
        } while (++k < count);
        t00.intoArray(c, co);
        t01.intoArray(c, co + L);
        t02.intoArray(c, co + 2 * L);
        t03.intoArray(c, co + 3 * L);
        t10.intoArray(c, c1);
        t11.intoArray(c, c1 + L);
        t12.intoArray(c, c1 + 2 * L);
        t13.intoArray(c, c1 + 3 * L);
        t20.intoArray(c, c2);
        t21.intoArray(c, c2 + L);
        t22.intoArray(c, c2 + 2 * L);
        t23.intoArray(c, c2 + 3 * L);
        t30.intoArray(c, c3);
        t31.intoArray(c, c3 + L);
        t32.intoArray(c, c3 + 2 * L);
        t33.intoArray(c, c3 + 3 * L);
    }

    private static void two(float[] a, int ao, int ar, int ak, float[] w, int wo, int wk, float[] c, int co, int cr, int count) {
        int c1 = co + cr;
        int c2 = c1 + cr;
        int c3 = c2 + cr;
        FloatVector t00 = FloatVector.fromArray(S, c, co);
        FloatVector t01 = FloatVector.fromArray(S, c, co + L);
        FloatVector t10 = FloatVector.fromArray(S, c, c1);
        FloatVector t11 = FloatVector.fromArray(S, c, c1 + L);
        FloatVector t20 = FloatVector.fromArray(S, c, c2);
        FloatVector t21 = FloatVector.fromArray(S, c, c2 + L);
        FloatVector t30 = FloatVector.fromArray(S, c, c3);
        FloatVector t31 = FloatVector.fromArray(S, c, c3 + L);
        int a1 = ao + ar;
        int a2 = a1 + ar;
        int a3 = a2 + ar;
        int k = 0;
        do {
            FloatVector w0 = FloatVector.fromArray(S, w, wo);
            FloatVector w1 = FloatVector.fromArray(S, w, wo + L);
            FloatVector b0 = FloatVector.broadcast(S, a[ao]);
            t00 = b0.fma(w0, t00);
            t01 = b0.fma(w1, t01);
            FloatVector b1 = FloatVector.broadcast(S, a[a1]);
            t10 = b1.fma(w0, t10);
            t11 = b1.fma(w1, t11);
            FloatVector b2 = FloatVector.broadcast(S, a[a2]);
            t20 = b2.fma(w0, t20);
            t21 = b2.fma(w1, t21);
            FloatVector b3 = FloatVector.broadcast(S, a[a3]);
            t30 = b3.fma(w0, t30);
            t31 = b3.fma(w1, t31);
            wo += wk;
            ao += ak;
            a1 += ak;
            a2 += ak;
            a3 += ak;
        } while (++k < count);
        t00.intoArray(c, co);
        t01.intoArray(c, co + L);
        t10.intoArray(c, c1);
        t11.intoArray(c, c1 + L);
        t20.intoArray(c, c2);
        t21.intoArray(c, c2 + L);
        t30.intoArray(c, c3);
        t31.intoArray(c, c3 + L);
    }

    private static void one(float[] a, int ao, int ar, int ak, float[] w, int wo, int wk, float[] c, int co, int cr, int count) {
        int c1 = co + cr;
        int c2 = c1 + cr;
        int c3 = c2 + cr;
        FloatVector t0 = FloatVector.fromArray(S, c, co);
        FloatVector t1 = FloatVector.fromArray(S, c, c1);
        FloatVector t2 = FloatVector.fromArray(S, c, c2);
        FloatVector t3 = FloatVector.fromArray(S, c, c3);
        int a1 = ao + ar;
        int a2 = a1 + ar;
        int a3 = a2 + ar;
        int k = 0;
        do {
            FloatVector w0 = FloatVector.fromArray(S, w, wo);
            t0 = w0.fma(FloatVector.broadcast(S, a[ao]), t0);
            t1 = w0.fma(FloatVector.broadcast(S, a[a1]), t1);
            t2 = w0.fma(FloatVector.broadcast(S, a[a2]), t2);
            t3 = w0.fma(FloatVector.broadcast(S, a[a3]), t3);
            wo += wk;
            ao += ak;
            a1 += ak;
            a2 += ak;
            a3 += ak;
        } while (++k < count);
        t0.intoArray(c, co);
        t1.intoArray(c, c1);
        t2.intoArray(c, c2);
        t3.intoArray(c, c3);
    }

    /** {@code c[i] += a w[i]} for one row. */
    static void add(float a, float[] w, int wo, float[] c, int co, int width) {
        for (int i = 0; i < width; i += L) {
            FloatVector.fromArray(S, w, wo + i).fma(FloatVector.broadcast(S, a), FloatVector.fromArray(S, c, co + i)).intoArray(c, co + i);
        }
    }
}
