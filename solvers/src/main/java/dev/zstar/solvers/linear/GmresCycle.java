package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GramSchmidt;

/**
 * A cycle of {@link Gmres}: m Arnoldi steps, and the correction that minimises the residual in their space.
 *
 * <p>The space is built with T, not {@code I - T}. It is the same space, and {@code T V = V⁺ H} gives {@code (I - T) V = V⁺ (I - H)}, which
 * saves three vectors per step. Orthogonalisation is classical Gram-Schmidt, repeated if the first pass left less than half of the norm of
 * a vector.
 */
final class GmresCycle implements CycleMethod {
    private final Engine engine;
    private final double[] ones;
    private final int m;
    /** Null without a preconditioner. */
    private final LinearOperator preconditioner;
    /**
     * The input of the next step, and its output. The two blocks change places at every step. One of them is the block of the residuals.
     */
    private Block in;
    private Block out;
    private final Block own;
    /** The last preconditioned vectors, and all of them if flexible; otherwise null. */
    private final Block preconditioned;
    private final Basis z;
    private final Basis v;
    private final GramSchmidt gramSchmidt;
    /** Coefficients of the last vector; y when the cycle ends. */
    private final double[] h;
    private final double[] scale;
    /** Norms of the preconditioned vectors, by position. */
    private final double[] lengths;
    private final HessenbergLeastSquares small;
    /** Steps taken in this cycle. */
    private int j;

    /** Allocates {@code m + 1} blocks, one more for a preconditioner, and another m if flexible. */
    GmresCycle(Workspace workspace, Gmres.Options options) {
        engine = workspace.engine();
        ones = workspace.ones();
        m = options.restart();
        preconditioner = options.preconditioner();
        int batch = workspace.batch();
        own = workspace.block();
        preconditioned = preconditioner == null ? null : workspace.block();
        z = options.flexible() ? workspace.basis(m) : null;
        v = workspace.basis(m);
        gramSchmidt = new GramSchmidt(engine, v, GramSchmidt.HALF);
        h = gramSchmidt.h;
        scale = new double[batch];
        lengths = new double[batch];
        small = new HessenbergLeastSquares(batch, m, workspace.type().unitRoundoff());
    }

    @Override
    public void begin(Residuals at) {
        j = 0;
        in = at.block();
        out = own;
        Rows going = at.going();
        int kept = 0;
        for (int p = 0; p < at.open().count(); p++) {
            int b = at.open().index(p);
            double norm = at.norm(p);
            small.begin(b, norm);
            scale[b] = 1 / norm;
            if (at.left(b) > 0 && norm > 0) {
                in.copyRow(in, p, kept);
                going.place(kept++, b);
            }
        }
        going.truncate(kept);
        if (kept > 0) {
            // v₀ = r / β; the small right-hand side is β e₁.
            engine.normalise(in.head(kept), scale, v, 0, going);
        }
    }

    /** {@code v_{j+1} = A v_j}, made orthogonal to all earlier vectors; its column is rotated into the triangle. */
    @Override
    public void step(Residuals at) {
        Rows going = at.going();
        int active = going.count();
        Block w = multiply(at, active);
        gramSchmidt.orthogonalise(j + 1, w, going, in.head(active));
        double worst = 0;
        int kept = 0;
        for (int p = 0; p < active; p++) {
            int b = going.index(p);
            if (!(gramSchmidt.whole[b] < Double.POSITIVE_INFINITY)) {
                // The vector that T returned is left out; the space built before it is used.
                at.giveUp(b, Status.NONFINITE_OPERATOR);
                continue;
            }
            double estimate = column(b, preconditioner == null ? 1 : lengths[p]);
            boolean grows = gramSchmidt.isIndependent(b) && small.grows(b);
            if (at.traced()) {
                worst = Math.max(worst, estimate / at.unit(b));
            }
            at.claim(b, estimate);
            if (!grows) {
                // An invariant space: it holds the solution, unless the system is singular.
                at.giveUp(b, Status.BREAKDOWN);
            } else if (!at.within(b, estimate) && j + 1 < m && at.left(b) > 0) {
                scale[b] = 1 / gramSchmidt.left[b];
                if (kept != p) {
                    w.copyRow(w, p, kept);
                }
                going.place(kept++, b);
            }
        }
        at.record(worst);
        going.truncate(kept);
        j++;
        if (kept > 0) {
            engine.normalise(out.head(kept), scale, v, j, going);
        }
        Block last = in;
        in = out;
        out = last;
    }

    /** {@code T v_j}, or {@code A M⁻¹ v_j}. */
    private Block multiply(Residuals at, int active) {
        Block vj = in.head(active);
        Block w = out.head(active);
        if (preconditioner == null) {
            at.multiply(vj, w, at.going());
            return w;
        }
        Block zj = preconditioned.head(active);
        preconditioner.apply(vj, zj, at.going());
        at.multiply(zj, w, at.going());
        engine.axpby(1, zj, -1, w);
        engine.norm(zj, lengths);
        if (z != null) {
            engine.store(zj, ones, z, j, at.going());
        }
        return w;
    }

    /**
     * Adds the column of {@code I - H} without a preconditioner, or of H itself with one.
     *
     * @param length the norm of the vector that T and I were applied to
     * @return the residual of the small problem
     */
    private double column(int b, double length) {
        int first = b * m;
        double below = gramSchmidt.left[b];
        if (preconditioner == null) {
            for (int i = 0; i <= j; i++) {
                h[first + i] = -h[first + i];
            }
            h[first + j] += 1;
            below = -below;
        }
        return small.add(b, h, first, below, Math.max(length, gramSchmidt.whole[b]));
    }

    /** {@code u += V y}, or {@code M⁻¹ V y}. */
    @Override
    public void end(Residuals at) {
        if (j == 0) {
            return;
        }
        Rows open = at.open();
        int most = 0;
        for (int p = 0; p < open.count(); p++) {
            int b = open.index(p);
            most = Math.max(most, small.steps(b));
            small.solve(b, h, b * m, m);
            at.claim(b, small.steps(b) > 0 ? small.left(b) : Double.NaN);
        }
        Block u = in.head(open.count());
        engine.mix(z == null ? v : z, most, h, u, open);
        if (preconditioner != null && z == null) {
            Block y = u;
            u = preconditioned.head(open.count());
            preconditioner.apply(y, u, open);
        }
        at.correct(u);
    }

    /** The residual of the small problem of row {@code b} when the last cycle ended. */
    double left(int b) {
        return small.left(b);
    }

    double size(int b) {
        return small.size(b);
    }

    /** The memory of the space, for a method that goes on from it. */
    Basis space() {
        return v;
    }

    /** A block that is free between cycles. */
    Block own() {
        return own;
    }

    /** The small problems of the last cycle. */
    HessenbergLeastSquares problem() {
        return small;
    }
}
