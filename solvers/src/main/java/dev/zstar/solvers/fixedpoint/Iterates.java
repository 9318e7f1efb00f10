package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;

/**
 * The iterates of a running solve: {@code z}, {@code g = f(z)}, the positions of the batch's rows in them, and the evaluations that each
 * row may still spend. Rows that are done have left; the others are packed at the front.
 */
public final class Iterates {
    private final Workspace workspace;
    private final Loop loop;
    private final Rows rows;
    /** By row of the batch: {@code ‖g - z‖²} and {@code ‖g‖²}, in the units of the loop. */
    private final double[] squares;
    private final Epilogue measured;
    /** All rows of the blocks that hold z, its values, and the previous iterates. */
    private Block z;
    private Block g;
    private Block previous;
    /** The active rows of z and g. */
    private Block zk;
    private Block gk;
    /** During a step for another solver: the iterates of that solver, which evaluates and tests. Otherwise null. */
    private Iterates driver;

    /** The iterates of a loop. */
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

    /** A view of one row at a time. */
    private Iterates(Iterates all) {
        workspace = all.workspace;
        loop = all.loop;
        rows = new Rows(workspace.batch());
        squares = all.squares;
        measured = all.measured;
    }

    /** A view of the same memory, for {@link #select}. */
    Iterates one() {
        return new Iterates(this);
    }

    /** Makes this a view of row {@code b} of the batch, at position {@code p} of {@code all}. */
    Iterates select(Iterates all, int b, int p) {
        rows.reset(0);
        rows.append(b);
        zk = all.z.part(p, workspace.batch());
        gk = all.g.part(p, workspace.batch());
        return this;
    }

    /** The iterates, {@code rows().count() × n}. */
    public Block z() {
        return zk;
    }

    /** Their values {@code f(z)}, of the same shape; after {@link IterationMethod#advance} the next iterates. */
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

    /** Sets both squares of row {@code b} of the batch. */
    public void measured(int b, double residualSquare, double valueSquare) {
        squares[2 * b] = residualSquare;
        squares[2 * b + 1] = valueSquare;
    }

    /** Computes both squares of all rows, in a sweep over z and g. */
    public void measure() {
        workspace.engine().finish(zk, gk, measured);
        for (int p = 0; p < rows.count(); p++) {
            measured(rows.index(p), measured.norms().step(p), measured.norms().value(p));
        }
    }

    /** Overwrites the iterate at position {@code p}, of row {@code b}, with the row's best iterate. */
    public void recall(int b, int p) {
        loop.recall(b, p);
    }

    /** The {@code ‖r‖} that row {@code b} must reach to converge, if {@code ‖f(z)‖} is {@code value}. */
    public double goal(int b, double value) {
        return driver != null ? driver.goal(b, value) : loop.goal(b, value);
    }

    /** The evaluations that row {@code b} may still spend. */
    public int left(int b) {
        return driver != null ? driver.left(b) : loop.left(b);
    }

    /** Whether the time budget is spent. A method that evaluates within its steps must then end its step. */
    public boolean outOfTime() {
        return driver != null ? driver.outOfTime() : loop.outOfTime();
    }

    /** Counts one evaluation within a step for each of these rows of the batch. */
    public void evaluated(Rows rows) {
        loop.outcome().evaluated(rows);
    }

    // ---- for the loop

    /** Updates the views to the number of active rows. */
    void view() {
        zk = z.head(rows.count());
        gk = g.head(rows.count());
    }

    /** All rows of the iterates' block. */
    Block all() {
        return z;
    }

    /** All rows of the previous iterates' block. */
    Block previous() {
        return previous;
    }

    /** The next iterates, in g, become z, and z becomes the previous iterates. */
    void swap() {
        Block free = previous;
        previous = z;
        z = g;
        g = free;
    }

    /** Copies the rows {@code some} of the iterates {@code outer}, where row {@code some.index(i)} is at position {@code at[i]}. */
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

    /** Copies the next iterates to the g of {@code outer}. */
    void copyBack(Iterates outer, int[] at) {
        for (int i = 0; i < rows.count(); i++) {
            outer.gk.copyRow(gk, i, at[i]);
        }
    }

    /** Ends what {@link #follow} began. */
    void release() {
        driver = null;
        rows.truncate(0);
    }
}
