package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Finite;
import java.util.Arrays;

/**
 * What methods that store a few vectors instead of a space share. Rows leave a cycle as they are done, and the others are packed to the
 * front. Within a cycle the residual comes from a recursion. Residuals need not fall, so a row leaves with its best iterate of the cycle:
 * before a step makes it worse, that iterate is put aside. If residuals fall this costs nothing.
 */
abstract sealed class ShortRecurrence implements CycleMethod permits BiCgStabCycle, ConjugateGradientCycle, NormalEquationsCycle {
    /** An inner product smaller than this, relative to the norms of the two vectors, is only rounding; in units of roundoff. */
    private static final double VANISHED = 8;
    /** A recursion ends when its residual has grown by this factor. */
    private static final double GROWTH = 1e6;

    final Engine engine;
    final double[] ones;
    /** The correction to add to the solution; changed after {@link #foresee}. */
    private final Block x;
    /** Coefficients by position, and their negatives. */
    final double[] c;
    final double[] minus;
    /** For the current cycle: its residuals, and the rows that go on. The blocks of the method hold these rows, packed. */
    private Residuals at;
    Rows going;
    /** Whether a row took a step in this cycle. */
    private boolean moved;

    private final double vanished;
    /** By position among the open rows: the best correction that was put aside, at first zero. It is added when the cycle ends. */
    private final Block correction;
    private final Block[] packed;
    private final boolean[] done;
    /** By row of the batch: its position among the open rows, and the residual that its cycle began with. */
    private final int[] place;
    private final double[] first;
    /** By row of the batch: the residuals with {@link #x} and with {@link #correction}. */
    private final double[] latest;
    private final double[] best;

    /** Allocates {@code vectors} blocks for the method, and two more. */
    ShortRecurrence(Workspace workspace, int vectors) {
        engine = workspace.engine();
        ones = workspace.ones();
        x = workspace.block();
        correction = workspace.block();
        packed = new Block[vectors + 2];
        for (int i = 0; i < vectors; i++) {
            packed[i] = workspace.block();
        }
        packed[vectors] = x;
        c = new double[workspace.batch()];
        minus = new double[workspace.batch()];
        done = new boolean[workspace.batch()];
        place = new int[workspace.batch()];
        first = new double[workspace.batch()];
        latest = new double[workspace.batch()];
        best = new double[workspace.batch()];
        vanished = VANISHED * workspace.type().unitRoundoff();
    }

    /** A block of the method, with the rows that go on. */
    final Block vector(int i) {
        return packed[i].head(going.count());
    }

    final Block residual() {
        return at.block().head(going.count());
    }

    final Block solution() {
        return x.head(going.count());
    }

    /** The evaluations that a step takes. The first step includes the start of the cycle. */
    abstract int cost();

    /** The first direction, from the residuals. */
    abstract void start();

    /** One step; rows that are done {@link #leave}. */
    abstract void advance();

    @Override
    public final void begin(Residuals at) {
        this.at = at;
        going = at.going();
        packed[packed.length - 1] = at.block();
        int active = going.count();
        for (int p = 0; p < active; p++) {
            int b = going.index(p);
            place[b] = p;
            first[b] = at.norm(p);
            latest[b] = at.norm(p);
            best[b] = at.norm(p);
            if (at.left(b) < cost() || at.norm(p) == 0) {
                // If the number of evaluations is fixed, the remaining ones compute true residuals.
                leave(p, at.fixed() || at.norm(p) == 0 ? null : Status.MAX_EVALUATIONS);
            }
        }
        engine.axpby(0, at.block().head(active), 0, correction.head(active));
        engine.copy(correction.head(active), x.head(active));
        pack();
        moved = going.count() > 0;
        if (moved) {
            start();
            pack();
        }
    }

    @Override
    public final void step(Residuals at) {
        advance();
        pack();
    }

    @Override
    public final void end(Residuals at) {
        if (moved) {
            at.correct(correction.head(at.open().count()));
        }
    }

    /** {@code out = (I - T) v} for the rows that go on. */
    final void product(Block v, Block out) {
        at.multiply(v, out, going);
        engine.axpby(1, v, -1, out);
    }

    /** {@code out = Tᵀ v} for the rows that go on. */
    final void transposedProduct(Block v, Block out) {
        at.multiplyTransposed(v, out, going);
    }

    /**
     * Ends the cycle for position p.
     *
     * @param why the reason; null if the row has converged or spent its budget
     */
    final void leave(int p, Status why) {
        done[p] = true;
        at.giveUp(going.index(p), why);
    }

    /**
     * Ends the cycle for position p because {@code value}, formed from {@code image = (I - T) given}, cannot be a divisor. This is a
     * breakdown, unless T returned NaN or infinity.
     */
    final void breakDown(int p, double value, Block given, Block image) {
        boolean own = Math.abs(value) < Double.POSITIVE_INFINITY || Finite.row(image, p) || !Finite.row(given, p);
        leave(p, own ? Status.BREAKDOWN : Status.NONFINITE_OPERATOR);
    }

    /** The solution of position p is about to change to a solution with the residual {@code norm}, according to the recursion. */
    final void foresee(int p, double norm) {
        int b = going.index(p);
        if (latest[b] < best[b] && !(norm < latest[b])) {
            correction.copyRow(x, p, place[b]);
            best[b] = latest[b];
        }
        latest[b] = norm;
    }

    /** The residual of the solution of position p. */
    final double latest(int p) {
        return latest[going.index(p)];
    }

    /** The residual of position p has become {@code norm}: the row may leave. */
    final void look(int p, double norm) {
        int b = going.index(p);
        latest[b] = norm;
        if (at.within(b, norm) || at.left(b) < cost()) {
            leave(p, null);
        } else if (!(norm <= GROWTH * first[b])) {
            leave(p, Status.BREAKDOWN);
        }
    }

    final boolean isDone(int p) {
        return done[p];
    }

    /** Whether {@code ⟨x, y⟩}, of vectors of these norms, is no more than rounding, or is NaN. */
    final boolean vanishes(double product, double lengthX, double lengthY) {
        return !(Math.abs(product) > vanished * lengthX * lengthY);
    }

    /** Whether the residual of row {@code b}, at position p, may end the cycle. */
    final boolean within(int b, double norm) {
        return at.within(b, norm);
    }

    /** Rows that are done leave. */
    final void pack() {
        int kept = 0;
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            if (done[p]) {
                // If the number of steps is fixed, the last iterate is the result.
                if (latest[b] <= best[b] || at.fixed() && latest[b] < Double.POSITIVE_INFINITY) {
                    correction.copyRow(x, p, place[b]);
                    best[b] = latest[b];
                }
                at.claim(b, best[b]);
                latest[b] = best[b];
                continue;
            }
            if (kept != p) {
                for (Block block : packed) {
                    block.copyRow(block, p, kept);
                }
            }
            going.place(kept++, b);
        }
        going.truncate(kept);
        Arrays.fill(done, false);
        if (at.traced()) {
            double worst = 0;
            for (int p = 0; p < at.open().count(); p++) {
                int b = at.open().index(p);
                worst = Math.max(worst, latest[b] / at.unit(b));
            }
            at.record(worst);
        }
    }
}
