package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GramSchmidt;

/**
 * A cycle of {@link RecycledGmres}: up to ten spaces of a few steps each. Spaces can be short because the pairs make up for restarts.
 * Within a cycle the next space starts from the residual of the small problem, {@code V⁺ (β e₁ - H̄ y)}. When that meets the tolerance, the
 * true residual is computed.
 */
final class RecycledGmresCycle implements CycleMethod {
    /**
     * Spaces between two true residuals. A single space may be too short to lower the residual much while the pairs are being built, so
     * stagnation is judged over several.
     */
    private static final int SPACES = 10;
    /** If a cycle leaves more than this share of the residual, the pairs of the row are dropped. */
    private static final double GAIN = 0.5;
    /** A recursion means nothing once it is below this many units of roundoff of its first residual. */
    private static final double ROUNDING = 100;

    private final Engine engine;
    private final double roundoff;
    private final int steps;
    private final RecycledPairs pairs;
    private final Basis v;
    private final GramSchmidt gramSchmidt;
    private final HessenbergLeastSquares problem;
    /** The rows that take part in the space; the rows that take another step in it are {@link Residuals#going}. */
    private final Rows taking;
    /** The residuals of the rows taking part; then the last vector of the space, and the next, of the rows that take another step. */
    private Block in;
    private Block out;
    private final Block own;
    /** By row of the batch: the residual when the cycle began. */
    private final double[] begun;
    /** For the engine: scales by row; y and the residual in V⁺ by row; norms of residuals and of M⁻¹ v by position. */
    private final double[] scale;
    private final double[] y;
    private final double[] rest;
    private final double[] norms;
    private final double[] lengths;
    /** Spaces finished in this cycle, and steps taken in the current space. */
    private int spaces;
    private int j;

    RecycledGmresCycle(Workspace workspace, RecycledGmres.Options options) {
        engine = workspace.engine();
        roundoff = workspace.type().unitRoundoff();
        int batch = workspace.batch();
        int capacity = options.vectors() - 2 * options.pairs();
        steps = capacity - 1;
        own = workspace.block();
        v = workspace.basis(capacity);
        pairs = new RecycledPairs(workspace, v, options.pairs());
        gramSchmidt = new GramSchmidt(engine, v, GramSchmidt.HALF);
        problem = new HessenbergLeastSquares(batch, steps, roundoff);
        taking = new Rows(batch);
        begun = new double[batch];
        scale = new double[batch];
        y = new double[batch * capacity];
        rest = new double[batch * capacity];
        norms = new double[batch];
        lengths = new double[batch];
    }

    void forget(int b) {
        pairs.forget(b);
    }

    int kept(int b) {
        return pairs.count(b);
    }

    @Override
    public void begin(Residuals at) {
        in = at.block();
        out = own;
        taking.copyFrom(at.open());
        for (int p = 0; p < taking.count(); p++) {
            norms[p] = at.norm(p);
            begun[taking.index(p)] = norms[p];
        }
        spaces = 0;
        beginSpace(at);
    }

    /** Begins the spaces of the rows taking part, whose residuals are in {@code in}. */
    private void beginSpace(Residuals at) {
        Rows going = at.going();
        going.reset(0);
        for (int p = 0; p < taking.count(); p++) {
            int b = taking.index(p);
            problem.begin(b, norms[p]);
            scale[b] = 1 / norms[p];
            if (at.left(b) > 0 && norms[p] > 0) {
                in.copyRow(in, p, going.count());
                going.append(b);
            }
        }
        j = 0;
        if (going.count() == 0) {
            taking.truncate(0);
        } else {
            engine.normalise(in.head(going.count()), scale, v, 0, going);
        }
    }

    @Override
    public void step(Residuals at) {
        arnoldi(at);
        if (at.going().count() == 0) {
            conclude(at);
            if (++spaces < SPACES) {
                beginSpace(at);
            }
        }
    }

    @Override
    public void end(Residuals at) {
        for (int p = 0; p < taking.count(); p++) {
            int b = taking.index(p);
            if (at.claimed(b) > GAIN * begun[b]) {
                pairs.forget(b);
            }
        }
    }

    /** {@code v_{j+1} = A M⁻¹ v_j}, made orthogonal to all earlier vectors. */
    private void arnoldi(Residuals at) {
        Rows going = at.going();
        int active = going.count();
        Block vj = in.head(active);
        Block zj = at.spare().head(active);
        Block w = out.head(active);
        engine.copy(vj, zj);
        pairs.apply(zj, going);
        at.multiply(zj, w, going);
        engine.axpby(1, zj, -1, w);
        engine.norm(zj, lengths);
        gramSchmidt.orthogonalise(j + 1, w, going, vj);
        double worst = 0;
        for (int p = 0; p < active; p++) {
            int b = going.index(p);
            scale[b] = 0;
            if (!(gramSchmidt.whole[b] < Double.POSITIVE_INFINITY)) {
                // The vector that T returned is left out; the space built before it is used.
                at.giveUp(b, Status.NONFINITE_OPERATOR);
                continue;
            }
            double longest = Math.max(lengths[p], gramSchmidt.whole[b]);
            double estimate = problem.add(b, gramSchmidt.h, b * v.capacity(), gramSchmidt.left[b], longest);
            worst = Math.max(worst, estimate / at.unit(b));
            at.claim(b, estimate);
            if (gramSchmidt.isIndependent(b) && problem.grows(b)) {
                scale[b] = 1 / gramSchmidt.left[b];
            } else {
                // If the space is invariant, H̄ ends with rounding, and V⁺ with zeros.
                at.giveUp(b, Status.BREAKDOWN);
            }
        }
        at.record(worst);
        j++;
        engine.normalise(w, scale, v, j, going);
        int kept = 0;
        for (int p = 0; p < active; p++) {
            int b = going.index(p);
            if (j < steps && goesOn(at, b)) {
                if (kept != p) {
                    w.copyRow(w, p, kept);
                }
                going.place(kept++, b);
            }
        }
        going.truncate(kept);
        Block last = in;
        in = out;
        out = last;
    }

    /** Whether row {@code b} may and should take another step. */
    private boolean goesOn(Residuals at, int b) {
        double claimed = at.claimed(b);
        return at.gaveUp(b) == null && claimed < Double.POSITIVE_INFINITY && !at.within(b, claimed) && at.left(b) > 0
                && claimed > ROUNDING * roundoff * begun[b];
    }

    /** {@code u += M⁻¹ V y}; new pairs; and the residuals {@code V⁺ (β e₁ - H̄ y)} of the rows that go on. */
    private void conclude(Residuals at) {
        int most = 0;
        for (int p = 0; p < taking.count(); p++) {
            int b = taking.index(p);
            most = Math.max(most, problem.steps(b));
            problem.solve(b, y, b * v.capacity(), v.capacity());
            if (problem.steps(b) > 0) {
                at.claim(b, problem.left(b));
            }
        }
        Block u = in.head(taking.count());
        engine.mix(v, most, y, u, taking);
        pairs.apply(u, taking);
        at.correct(u, taking);
        int kept = 0;
        for (int p = 0; p < taking.count(); p++) {
            int b = taking.index(p);
            if (at.gaveUp(b) == Status.NONFINITE_OPERATOR) {
                pairs.forget(b);
            } else if (problem.steps(b) > 0) {
                pairs.renew(b, problem);
                problem.residual(b, y, rest, b * v.capacity());
                if (goesOn(at, b)) {
                    taking.place(kept++, b);
                }
            }
        }
        taking.truncate(kept);
        if (kept > 0) {
            engine.mix(v, most + 1, rest, in.head(kept), taking);
            engine.norm(in.head(kept), norms);
        }
    }
}
