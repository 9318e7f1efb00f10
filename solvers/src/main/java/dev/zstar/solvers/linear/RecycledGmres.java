package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GramSchmidt;
import dev.zstar.solvers.internal.InputGuard;

/**
 * GMRES for a sequence of systems {@code (I - T_i) u_i = b_i} that change slowly, as the backward solves of training do: each row of the
 * batch keeps, from one solve to the next, a space of directions in which {@code I - T} is small, with their images, and deflates them
 * ({@link RecycledPairs}).
 *
 * <p>In the paper (Parks, de Sturler, Mackey, Johnson and Maiti 2006) each new system costs k products for the images of the old space.
 * Here they stay as they are and act as a right preconditioner, which costs none, and is a little wrong where T has changed; the true
 * images come in with each cycle. Right-hand sides need not have to do with each other. Cycles are short, since the space makes up for
 * restarts, and within some of them the next starts from the residual of the small problem, {@code V⁺ (β e₁ - H̄ y)}: the true residual is
 * computed where that has met the tolerance.
 *
 * <p>It gains where GMRES is slowed by a few directions, as by a Jacobian with a radius near 1: there it takes a third to a half of the
 * products. Where the spectrum fills an interval or a disc that ends well before 1, there is little to deflate. The small matrices take
 * some 50 µs for each cycle and row at the default size (Zen 4), so it is for maps that cost more than one small dense layer: with n = 256
 * a row took half the products and 1.7 times the time.
 */
public final class RecycledGmres extends LinearSolver {
    /**
     * What to remember.
     *
     * @param vectors m, for each row in all, 4 to 200
     * @param pairs k, directions that are kept, each with its image: two vectors; {@code m - 2 k} are left for the Krylov space, which is
     *     one more than a cycle has steps
     */
    public record Options(int vectors, int pairs) {
        /** Six pairs and cycles of seven steps, in the memory of {@link Gmres} with cycles of 20. */
        public static final Options DEFAULT = new Options(20, 6);

        /** Checks the ranges. */
        public Options {
            if (vectors < 4 || vectors > 200) {
                throw new IllegalArgumentException(vectors + " vectors; expected 4 to 200");
            }
            if (pairs < 1 || vectors - 2 * pairs < 2) {
                throw new IllegalArgumentException(pairs + " pairs in " + vectors + " vectors; expected 1 to " + (vectors - 2) / 2);
            }
        }
    }

    /**
     * Cycles between two true residuals. A cycle may be all too short to lower the residual much while the space is being built, so
     * stagnation is judged over several.
     */
    private static final int CYCLES = 10;
    /** A space with which so many cycles left more than this share of the residual is given up. */
    private static final double GAIN = 0.5;
    /** Below so many units of roundoff of where it began, a recursion says nothing. */
    private static final double ROUNDING = 100;

    private final int steps;
    private final RecycledPairs pairs;
    private final Basis v;
    private final GramSchmidt gramSchmidt;
    private final KrylovProblem problem;
    /** Rows that take further cycles before their true residuals are computed, and those that take another step. */
    private final Rows going;
    private final Rows inner;
    /** The residuals of the rows going; then of those inner the last vector of the space, and the next. */
    private Block in;
    private Block out;
    /**
     * By row of the batch: the residual when the cycles began; for the engine, scales, lengths of M⁻¹ v by position, y, and the residual
     * in V⁺.
     */
    private final double[] begun;
    private final double[] scale;
    private final double[] lengths;
    private final double[] y;
    private final double[] rest;

    private RecycledGmres(Workspace plan, Options options, Stopping stopping) {
        super(plan, "GMRES with a recycled space", stopping);
        int batch = plan.batch();
        int capacity = options.vectors() - 2 * options.pairs();
        steps = capacity - 1;
        in = r;
        out = plan.block();
        v = plan.basis(capacity);
        pairs = new RecycledPairs(plan, v, options.pairs());
        gramSchmidt = new GramSchmidt(engine, v, GramSchmidt.HALF);
        problem = new KrylovProblem(batch, steps, plan.type().unitRoundoff());
        going = new Rows(batch);
        inner = new Rows(batch);
        begun = new double[batch];
        scale = new double[batch];
        lengths = new double[batch];
        y = new double[batch * capacity];
        rest = new double[batch * capacity];
    }

    /**
     * Allocates, for batches of up to {@code batch} rows of {@code n} elements, {@code m + 5} blocks, as {@link Gmres} does with cycles of
     * m steps, and k vectors in all.
     */
    public static RecycledGmres plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new RecycledGmres(plan, options, stopping));
    }

    /** Forgets the spaces of all rows: the next solve is like the first. Not needed where the systems change, however much. */
    public void forget() {
        for (int b = 0; b < plan.batch(); b++) {
            pairs.forget(b);
        }
    }

    /** Forgets the space of row {@code b} of the batch, as where it becomes another sample's. */
    public void forget(int b) {
        if (b < 0 || b >= plan.batch()) {
            throw new IllegalArgumentException("forget: row " + b + " of the batch, expected 0 to " + (plan.batch() - 1));
        }
        pairs.forget(b);
    }

    /** How many directions row {@code b} of the batch keeps. */
    int kept(int b) {
        return pairs.count(b);
    }

    @Override
    protected void cycle(LinearOperator t) {
        if (in != r) {
            out = in;
            in = r;
        }
        going.reset(0);
        for (int p = 0; p < open.count(); p++) {
            going.append(open.index(p));
            begun[open.index(p)] = norms[p];
        }
        for (int i = 0; i < CYCLES && krylov(t); i++) {
            conclude();
        }
        for (int p = 0; p < going.count(); p++) {
            int row = going.index(p);
            if (claims[row] > GAIN * begun[row]) {
                pairs.forget(row);
            }
        }
    }

    /** Builds the spaces of the rows going, whose residuals are in {@code in}; false if none may take a step. */
    private boolean krylov(LinearOperator t) {
        inner.reset(0);
        for (int p = 0; p < going.count(); p++) {
            int row = going.index(p);
            problem.begin(row, norms[p]);
            scale[row] = 1 / norms[p];
            if (left(row) > 0 && norms[p] > 0) {
                in.copyRow(in, p, inner.count());
                inner.append(row);
            }
        }
        if (inner.count() == 0) {
            going.truncate(0);
            return false;
        }
        engine.normalise(in.head(inner.count()), scale, v, 0, inner);
        for (int j = 0; inner.count() > 0; j++) {
            step(t, j);
        }
        return true;
    }

    /** Step j: {@code v_{j+1} = A M⁻¹ v_j}, orthogonal to all before. */
    private void step(LinearOperator t, int j) {
        int active = inner.count();
        Block vj = in.head(active);
        Block zj = spare.head(active);
        Block w = out.head(active);
        engine.copy(vj, zj);
        pairs.apply(zj, inner);
        InputGuard.multiply(t, zj, w, inner);
        outcome.evaluated(inner);
        engine.axpby(1, zj, -1, w);
        engine.norm(zj, lengths);
        gramSchmidt.orthogonalise(j + 1, w, inner, vj);
        double worst = 0;
        for (int p = 0; p < active; p++) {
            int row = inner.index(p);
            scale[row] = 0;
            if (!(gramSchmidt.whole[row] < Double.POSITIVE_INFINITY)) {
                // What T returned is left out; the space before it stands.
                trouble[row] = Status.NONFINITE_OPERATOR;
                continue;
            }
            double longest = Math.max(lengths[p], gramSchmidt.whole[row]);
            double estimate = problem.add(row, gramSchmidt.h, row * v.capacity(), gramSchmidt.left[row], longest);
            worst = Math.max(worst, estimate / unit(row));
            claims[row] = estimate;
            if (gramSchmidt.isIndependent(row) && problem.grows(row)) {
                scale[row] = 1 / gramSchmidt.left[row];
            } else {
                // Where the space is invariant, H̄ ends with rounding, and V⁺ with zeros.
                trouble[row] = Status.BREAKDOWN;
            }
        }
        outcome.record(worst);
        engine.normalise(w, scale, v, j + 1, inner);
        int kept = 0;
        for (int p = 0; p < active; p++) {
            int row = inner.index(p);
            if (j + 1 < steps && goesOn(row)) {
                if (kept != p) {
                    w.copyRow(w, p, kept);
                }
                inner.place(kept++, row);
            }
        }
        inner.truncate(kept);
        Block last = in;
        in = out;
        out = last;
    }

    /** Whether row {@code b} may and should take a step more. */
    private boolean goesOn(int b) {
        return trouble[b] == null && claims[b] < Double.POSITIVE_INFINITY && !within(b, claims[b]) && left(b) > 0
                && claims[b] > ROUNDING * plan.type().unitRoundoff() * begun[b];
    }

    /** {@code u += M⁻¹ V y}; new pairs; and the residuals {@code V⁺ (β e₁ - H̄ y)} of the rows that go on. */
    private void conclude() {
        int most = 0;
        for (int p = 0; p < going.count(); p++) {
            int row = going.index(p);
            most = Math.max(most, problem.steps(row));
            problem.solve(row, y, row * v.capacity(), v.capacity());
            if (problem.steps(row) > 0) {
                claims[row] = problem.left(row);
            }
        }
        Block u = in.head(going.count());
        engine.mix(v, most, y, u, going);
        pairs.apply(u, going);
        correct(u, going);
        int kept = 0;
        for (int p = 0; p < going.count(); p++) {
            int row = going.index(p);
            if (trouble[row] == Status.NONFINITE_OPERATOR) {
                pairs.forget(row);
            } else if (problem.steps(row) > 0) {
                pairs.renew(row, problem);
                problem.residual(row, y, rest, row * v.capacity());
                if (goesOn(row)) {
                    going.place(kept++, row);
                }
            }
        }
        going.truncate(kept);
        if (kept > 0) {
            engine.mix(v, most + 1, rest, in.head(kept), going);
            engine.norm(in.head(kept), norms);
        }
    }
}
