package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;

/**
 * Makes one vector for each row orthogonal to the row's basis: classical Gram-Schmidt, twice, in three passes over the basis, with sums in f64 (Giraud, Langou and Rozložník
 * 2005: twice is enough).
 */
final class GramSchmidt {
    /** A vector that keeps less than this share of its length lies in the space: in units of roundoff. */
    private static final double BREAKDOWN = 50;

    /** The coefficients {@code Vᵀ w} of the last vector, from {@code b · capacity} for row b of the batch; the owner may overwrite them. */
    final double[] h;
    /** For each row of the batch the length of the last vector, and of what is left of it. */
    final double[] whole;
    final double[] left;

    private final Engine engine;
    private final Basis v;
    private final double breakdown;
    private final double[] again;

    /** For vectors of the basis v, which the owner stores. */
    GramSchmidt(Engine engine, Basis v) {
        this.engine = engine;
        this.v = v;
        breakdown = BREAKDOWN * v.block().type().unitRoundoff();
        int batch = v.batch();
        h = new double[batch * v.capacity()];
        again = new double[batch * v.capacity()];
        whole = new double[batch];
        left = new double[batch];
    }

    /** {@code h = Vᵀ w; w -= V h}, for the first {@code count} vectors. */
    void orthogonalise(int count, Block w, Rows rows) {
        engine.multiDot(v, count, w, rows, h);
        negate(count, rows, h);
        engine.multiAxpyDot(v, count, h, w, rows, again);
        negate(count, rows, again);
        engine.multiAxpy(v, count, again, w, rows, left);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double square = left[b];
            for (int i = b * v.capacity(); i < b * v.capacity() + count; i++) {
                h[i] = -(h[i] + again[i]);
                square += h[i] * h[i];
            }
            whole[b] = Math.sqrt(square);
            left[b] = Math.sqrt(left[b]);
        }
    }

    /** Whether the last vector of row {@code b} is more than a combination of those before and rounding. */
    boolean isIndependent(int b) {
        return left[b] > breakdown * whole[b];
    }

    private void negate(int count, Rows rows, double[] c) {
        for (int p = 0; p < rows.count(); p++) {
            int at = rows.index(p) * v.capacity();
            for (int i = at; i < at + count; i++) {
                c[i] = -c[i];
            }
        }
    }
}
