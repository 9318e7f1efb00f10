package dev.zstar.solvers.internal;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Lengths;

/**
 * Makes one vector for each row orthogonal to the row's basis, by classical Gram-Schmidt with sums in f64. It repeats if little of the
 * vector is left, since the rounding along the basis is then relatively large (Daniel, Gragg, Kaufman and Stewart 1976). Twice is enough
 * (Giraud, Langou and Rozložník 2005).
 */
public final class GramSchmidt {
    /** Always repeats. */
    public static final double ALWAYS = 1;
    /** Repeats if less than half of the norm is left. In GMRES three steps in four need no repetition. */
    public static final double HALF = 0.5;

    /** A vector that keeps less than this share of its norm lies in the space; in units of roundoff. */
    private static final double BREAKDOWN = 50;
    /** Sums of squares outside this range may have overflowed or lost digits to underflow. */
    private static final double SMALL = 0x1p-800;
    private static final double LARGE = 0x1p1000;

    /**
     * The coefficients {@code Vᵀ w} of the last vector. Those of row b of the batch begin at {@code b · capacity}. The owner may overwrite
     * them.
     */
    public final double[] h;
    /** By row of the batch: the norm of the last vector, and of its part that is orthogonal to the basis. */
    public final double[] whole;
    public final double[] left;

    private final Engine engine;
    private final Basis v;
    private final double breakdown;
    /** The smallest norm that can be scaled to 1: the inverse of a smaller one overflows the type, and smaller vectors have lost digits. */
    private final double shortest;
    private final double share;
    private final double[] again;
    private final double[] lengths;
    private final Rows repeated;

    /** Orthogonalises against the basis v, whose vectors the owner stores. */
    public GramSchmidt(Engine engine, Basis v, double share) {
        this.engine = engine;
        this.v = v;
        this.share = share;
        breakdown = BREAKDOWN * v.block().type().unitRoundoff();
        shortest = v.block().type() == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        int batch = v.batch();
        h = new double[batch * v.capacity()];
        again = new double[batch * v.capacity()];
        whole = new double[batch];
        left = new double[batch];
        lengths = new double[batch];
        repeated = new Rows(batch);
    }

    /**
     * {@code h = Vᵀ w; w -= V h}, for the first {@code count} vectors.
     *
     * @param room scratch memory of the shape of w, for repetitions of only some rows; overwritten
     */
    public void orthogonalise(int count, Block w, Rows rows, Block room) {
        engine.project(v, count, w, rows, h, left);
        repeated.reset(0);
        boolean measured = false;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * v.capacity();
            double square = left[b];
            for (int i = at; i < at + count; i++) {
                square += h[i] * h[i];
            }
            if (square > SMALL && square < LARGE) {
                whole[b] = Math.sqrt(square);
                left[b] = Math.sqrt(left[b]);
            } else {
                if (!measured) {
                    engine.norm(w, lengths);
                    measured = true;
                }
                left[b] = lengths[p];
                whole[b] = Math.hypot(left[b], Lengths.of(h, at, count));
            }
            if (!(left[b] > share * whole[b])) {
                repeated.append(b);
            }
        }
        if (repeated.count() > 0) {
            repeat(count, w, rows, room);
        }
    }

    private void repeat(int count, Block w, Rows rows, Block room) {
        boolean all = repeated.count() == rows.count();
        Block some = all ? w : room.head(repeated.count());
        if (!all) {
            exchange(w, some, rows, true);
        }
        engine.project(v, count, some, repeated, again, left);
        boolean measured = false;
        for (int q = 0; q < repeated.count(); q++) {
            int b = repeated.index(q);
            if (left[b] > SMALL && left[b] < LARGE) {
                left[b] = Math.sqrt(left[b]);
            } else {
                if (!measured) {
                    engine.norm(some, lengths);
                    measured = true;
                }
                left[b] = lengths[q];
            }
        }
        if (!all) {
            exchange(w, some, rows, false);
        }
        for (int q = 0; q < repeated.count(); q++) {
            int b = repeated.index(q);
            for (int i = b * v.capacity(); i < b * v.capacity() + count; i++) {
                h[i] += again[i];
            }
        }
    }

    /** Copies the rows to repeat out of w, or back. */
    private void exchange(Block w, Block some, Rows rows, boolean out) {
        int q = 0;
        for (int p = 0; q < repeated.count(); p++) {
            if (rows.index(p) == repeated.index(q)) {
                if (out) {
                    some.copyRow(w, p, q++);
                } else {
                    w.copyRow(some, q++, p);
                }
            }
        }
    }

    /**
     * Whether the last vector of row {@code b} is more than a combination of the earlier vectors and rounding, and can be scaled to norm 1.
     */
    public boolean isIndependent(int b) {
        return left[b] > breakdown * whole[b] && left[b] >= shortest;
    }
}
