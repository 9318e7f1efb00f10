package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;

/**
 * The iterates of a solve on their way: {@code z}, {@code g = f(z)}, which row of the batch is where in them, and what each row may still
 * spend. Rows that are done have left; the others are packed at the front.
 */
public final class Iterates {
    private final Workspace workspace;
    private final Loop loop;
    private final Rows rows;
    /** {@code ‖g - z‖²} and {@code ‖g‖²} of each row of the batch, in the units of the loop. */
    private final double[] squares;
    private final Epilogue measured;
    /** All rows of the blocks that hold z, its value, and the iterates before. */
    private Block z;
    private Block g;
    private Block previous;
    /** The rows of them that go on. */
    private Block zk;
    private Block gk;
    /** Of the solver that evaluates and judges for this one, during a step of another's method; else null. */
    private Iterates driver;

    /** For the rows of a loop. */
    Iterates(Workspace workspace, Loop loop) {
        this.workspace = workspace;
        this.loop = loop;
        rows = new Rows(workspace.batch());
        squares = new double[2 * workspace.batch()];
        measured = Epilogue.NONE.with(new Epilogue.Norms(workspace.batch()));
        z = workspace.block();
        g = workspace.block();
        previous = workspace.block();
    }

    /** For one row at a time of the same loop. */
    private Iterates(Iterates all) {
        workspace = all.workspace;
        loop = all.loop;
        rows = new Rows(workspace.batch());
        squares = all.squares;
        measured = all.measured;
    }

    /** Another object on the same lengths, for {@link #select}. */
    Iterates one() {
        return new Iterates(this);
    }

    /** Becomes row {@code b} of the batch alone, at position {@code p} of {@code all}. */
    Iterates select(Iterates all, int b, int p) {
        rows.reset(0);
        rows.append(b);
        zk = all.z.part(p, workspace.batch());
        gk = all.g.part(p, workspace.batch());
        return this;
    }

    /** {@code rows().count() × n}: the iterates. */
    public Block z() {
        return zk;
    }

    /** Of the same shape: their values {@code f(z)}; after {@link IterationMethod#advance} the next iterates. */
    public Block g() {
        return gk;
    }

    /** Which row of the batch is at which position of {@link #z}. */
    public Rows rows() {
        return rows;
    }

    /** {@code ‖f(z) - z‖²} of row {@code b} of the batch. */
    public double residualSquare(int b) {
        return squares[2 * b];
    }

    /** {@code ‖f(z)‖²} of row {@code b} of the batch. */
    public double valueSquare(int b) {
        return squares[2 * b + 1];
    }

    /** States both for row {@code b} of the batch. */
    public void measured(int b, double residualSquare, double valueSquare) {
        squares[2 * b] = residualSquare;
        squares[2 * b + 1] = valueSquare;
    }

    /** Measures all rows: a sweep over z and g. */
    public void measure() {
        workspace.engine().finish(zk, gk, measured);
        for (int p = 0; p < rows.count(); p++) {
            measured(rows.index(p), measured.norms().step(p), measured.norms().value(p));
        }
    }

    /** Overwrites the iterate at position {@code p} with the best of its row {@code b}. */
    public void recall(int b, int p) {
        loop.recall(b, p);
    }

    /** {@code ‖r‖} at which row {@code b} has converged where {@code ‖f(z)‖} is {@code value}. */
    public double goal(int b, double value) {
        return driver != null ? driver.goal(b, value) : loop.goal(b, value);
    }

    /** Evaluations that row {@code b} may still spend. */
    public int left(int b) {
        return driver != null ? driver.left(b) : loop.left(b);
    }

    /** Whether the time is spent: a method that evaluates within its steps then comes to an end. */
    public boolean outOfTime() {
        return driver != null ? driver.outOfTime() : loop.outOfTime();
    }

    /** Counts one evaluation, made within a step, for each of these rows of the batch. */
    public void evaluated(Rows rows) {
        loop.outcome().evaluated(rows);
    }

    // ---- for the loop

    /** Takes over how many rows go on. */
    void view() {
        zk = z.head(rows.count());
        gk = g.head(rows.count());
    }

    /** All rows of the iterates' block. */
    Block all() {
        return z;
    }

    /** The block of the iterates before these. */
    Block previous() {
        return previous;
    }

    /** The next iterates, in g, become z. */
    void turn() {
        Block free = previous;
        previous = z;
        z = g;
        g = free;
    }

    /** Becomes copies of the rows {@code some} of another's iterates: row {@code some.index(i)} lies there at position {@code at[i]}. */
    void follow(Iterates outer, Rows some, int[] at) {
        rows.reset(0);
        for (int i = 0; i < some.count(); i++) {
            z.copyRow(outer.zk, at[i], i);
            g.copyRow(outer.gk, at[i], i);
            rows.append(some.index(i));
        }
        driver = outer;
        view();
    }

    /** Hands the next iterates back to the other. */
    void handBack(Iterates outer, int[] at) {
        for (int i = 0; i < rows.count(); i++) {
            outer.gk.copyRow(gk, i, at[i]);
        }
    }

    /** No longer follows another. */
    void release() {
        driver = null;
        rows.truncate(0);
    }
}
