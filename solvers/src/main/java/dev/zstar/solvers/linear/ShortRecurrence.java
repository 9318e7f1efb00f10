package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import java.util.Arrays;

/**
 * What methods share that remember a few vectors and no space: rows leave a cycle as they are done, and those that go on are packed to the
 * front. The residual is a recursion within a cycle; {@link LinearSolver} computes the true one after it. Residuals need not fall, so a row
 * leaves with its best iterate of the cycle: before a step makes it worse, what it has is put aside. Where residuals fall that costs
 * nothing.
 */
abstract sealed class ShortRecurrence extends LinearSolver permits BiCgStab, ConjugateGradient, NormalEquations {
    /** A product of two vectors that is smaller than this, beside their lengths, is rounding: in units of roundoff. */
    private static final double VANISHED = 8;
    /** A recursion whose residual has grown so much is given up. */
    private static final double GROWTH = 1e6;

    /** Rows that go on in this cycle; {@link #r} and the blocks of the method hold them packed. */
    final Rows inner;
    /** What is added to the solution; changed after {@link #foresee}. */
    private final Block x;
    /** Coefficients by position, and what they are the negative of. */
    final double[] c;
    final double[] minus;

    private final double vanished;
    /** By position among the open rows: the best that was put aside, at first zero, and in the end what is added. */
    private final Block correction;
    private final Block[] packed;
    private final boolean[] done;
    /** By row of the batch: its position among the open ones, and the residual that its cycle began with. */
    private final int[] place;
    private final double[] first;
    /** And those of {@link #x} and of {@link #correction}. */
    private final double[] latest;
    private final double[] best;

    /** Takes {@code vectors} blocks for the method, and 6. */
    ShortRecurrence(Workspace plan, String name, Stopping stopping, int vectors) {
        super(plan, name, stopping);
        inner = new Rows(plan.batch());
        x = plan.block();
        correction = plan.block();
        packed = new Block[vectors + 2];
        for (int i = 0; i < vectors; i++) {
            packed[i] = plan.block();
        }
        packed[vectors] = r;
        packed[vectors + 1] = x;
        c = new double[plan.batch()];
        minus = new double[plan.batch()];
        done = new boolean[plan.batch()];
        place = new int[plan.batch()];
        first = new double[plan.batch()];
        latest = new double[plan.batch()];
        best = new double[plan.batch()];
        vanished = VANISHED * plan.type().unitRoundoff();
    }

    /** A block of the method, with the rows that go on. */
    final Block vector(int i) {
        return packed[i].head(inner.count());
    }

    final Block residual() {
        return r.head(inner.count());
    }

    final Block solution() {
        return x.head(inner.count());
    }

    /** Evaluations that the first step takes, with what begins a cycle, and each after it. */
    abstract int cost();

    /** From the residuals. */
    abstract void begin(LinearOperator t);

    /** One step; rows that are done are told to {@link #leave}. */
    abstract void step(LinearOperator t);

    @Override
    protected final void cycle(LinearOperator t) {
        int active = open.count();
        inner.reset(0);
        for (int p = 0; p < active; p++) {
            int b = open.index(p);
            place[b] = p;
            first[b] = norms[p];
            latest[b] = norms[p];
            best[b] = norms[p];
            inner.append(b);
            if (left(b) < cost() || norms[p] == 0) {
                // Of a fixed number of evaluations the rest goes to true residuals.
                leave(p, stopping.fixed() || norms[p] == 0 ? null : Status.MAX_EVALUATIONS);
            }
        }
        engine.axpby(0, r.head(active), 0, correction.head(active));
        engine.copy(correction.head(active), x.head(active));
        pack();
        boolean moved = inner.count() > 0;
        if (moved) {
            begin(t);
            pack();
        }
        while (inner.count() > 0) {
            step(t);
            pack();
        }
        if (moved) {
            correct(correction.head(active));
        }
    }

    /** {@code out = (I - T) v} of the rows that go on. */
    final void product(LinearOperator t, Block v, Block out) {
        InputGuard.multiply(t, v, out, inner);
        outcome.evaluated(inner);
        engine.axpby(1, v, -1, out);
    }

    /** Position p is done; why, or null if it has converged or spent its budget. */
    final void leave(int p, Status why) {
        done[p] = true;
        trouble[inner.index(p)] = why;
    }

    /**
     * Position p is done, since {@code value}, formed of {@code image = (I - T) given}, is no divisor: by its own numbers, unless T is to
     * blame.
     */
    final void breakDown(int p, double value, Block given, Block image) {
        boolean own = Math.abs(value) < Double.POSITIVE_INFINITY || isFinite(image, p) || !isFinite(given, p);
        leave(p, own ? Status.BREAKDOWN : Status.NONFINITE_OPERATOR);
    }

    private static boolean isFinite(Block block, int p) {
        for (int i = 0; i < block.cols(); i++) {
            if (!(Math.abs(block.get(p, i)) < Double.POSITIVE_INFINITY)) {
                return false;
            }
        }
        return true;
    }

    /** The solution of position p is about to change to one with the residual {@code norm}, by the recursion. */
    final void foresee(int p, double norm) {
        int b = inner.index(p);
        if (latest[b] < best[b] && !(norm < latest[b])) {
            correction.copyRow(x, p, place[b]);
            best[b] = latest[b];
        }
        latest[b] = norm;
    }

    /** The residual of the solution of position p. */
    final double latest(int p) {
        return latest[inner.index(p)];
    }

    /** The residual of position p has become {@code norm}: the row may leave. */
    final void look(int p, double norm) {
        int b = inner.index(p);
        latest[b] = norm;
        if (within(b, norm) || left(b) < cost()) {
            leave(p, null);
        } else if (!(norm <= GROWTH * first[b])) {
            leave(p, Status.BREAKDOWN);
        }
    }

    final boolean isDone(int p) {
        return done[p];
    }

    /** Whether {@code ⟨x, y⟩}, of vectors of these lengths, is no more than rounding; also if it is not a number. */
    final boolean vanishes(double product, double lengthX, double lengthY) {
        return !(Math.abs(product) > vanished * lengthX * lengthY);
    }

    /** Rows that are done leave. */
    final void pack() {
        int kept = 0;
        for (int p = 0; p < inner.count(); p++) {
            int b = inner.index(p);
            if (done[p]) {
                // Of a fixed number of steps the last is the result.
                if (latest[b] <= best[b] || stopping.fixed() && latest[b] < Double.POSITIVE_INFINITY) {
                    correction.copyRow(x, p, place[b]);
                    best[b] = latest[b];
                }
                claims[b] = best[b];
                latest[b] = best[b];
                continue;
            }
            if (kept != p) {
                for (Block block : packed) {
                    block.copyRow(block, p, kept);
                }
            }
            inner.place(kept++, b);
        }
        inner.truncate(kept);
        Arrays.fill(done, false);
        if (stopping.trace()) {
            double worst = 0;
            for (int p = 0; p < open.count(); p++) {
                worst = Math.max(worst, latest[open.index(p)] / unit(open.index(p)));
            }
            outcome.record(worst);
        }
    }
}
