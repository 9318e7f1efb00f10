package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;

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
    /** The blocks of z, g and the previous z, and which is which. A swap of indices, unlike one of references, needs no barriers of G1. */
    private final Block[] blocks;
    private int z = 0;
    private int g = 1;
    private int previous = 2;
    /** For a view of one row: its z and g. Otherwise null. */
    private Block oneZ;
    private Block oneG;
    /** During a step for another solver: the iterates of that solver, which evaluates and tests. Otherwise null. */
    private Iterates driver;

    /** The iterates of a loop. */
    Iterates(Workspace workspace, Loop loop) {
        this.workspace = workspace;
        this.loop = loop;
        rows = new Rows(workspace.batch());
        squares = new double[2 * workspace.batch()];
        measured = Epilogue.NONE.with(new Epilogue.Norms(workspace.batch()));
        blocks = new Block[] {workspace.block(), workspace.block(), workspace.block()};
    }

    /** A view of one row at a time. */
    private Iterates(Iterates all) {
        workspace = all.workspace;
        loop = all.loop;
        rows = new Rows(workspace.batch());
        squares = all.squares;
        measured = all.measured;
        blocks = all.blocks;
    }

    /** A view of the same memory, for {@link #select}. */
    Iterates one() {
        return new Iterates(this);
    }

    /** Makes this a view of row {@code b} of the batch, at position {@code p} of {@code all}. */
    Iterates select(Iterates all, int b, int p) {
        rows.reset(0);
        rows.append(b);
        oneZ = all.blocks[all.z].part(p, workspace.batch());
        oneG = all.blocks[all.g].part(p, workspace.batch());
        return this;
    }

    /** The iterates, {@code rows().count() × n}. */
    public Block z() {
        return oneZ != null ? oneZ : blocks[z].head(rows.count());
    }

    /** Their values {@code f(z)}, of the same shape; after {@link IterationMethod#advance} the next iterates. */
    public Block g() {
        return oneG != null ? oneG : blocks[g].head(rows.count());
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

    /**
     * Sets both squares of row {@code b} of the batch. If one of them is negative or NaN, although z and f(z) are finite, the row ends with
     * {@link dev.zstar.solvers.Status#BREAKDOWN}.
     */
    public void measured(int b, double residualSquare, double valueSquare) {
        if (b < 0 || b >= rows.capacity()) {
            throw new IllegalArgumentException("measured: row " + b + " of the batch, expected 0 to " + (rows.capacity() - 1));
        }
        squares[2 * b] = residualSquare;
        squares[2 * b + 1] = valueSquare;
    }

    /** Computes both squares of all rows, in a sweep over z and g. */
    public void measure() {
        workspace.engine().finish(z(), g(), measured);
        for (int p = 0; p < rows.count(); p++) {
            measured(rows.index(p), measured.norms().step(p), measured.norms().value(p));
        }
    }

    /** Overwrites the iterate at position {@code p}, of row {@code b}, with the row's best iterate. */
    public void recall(int b, int p) {
        if (p < 0 || p >= rows.count() || rows.index(p) != b) {
            throw new IllegalArgumentException("recall: row " + b + " of the batch at position " + p
                    + ", expected an active row and its position in rows()");
        }
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

    /** Forgets the squares of the active rows, before the method measures them. */
    void forget() {
        for (int p = 0; p < rows.count(); p++) {
            squares[2 * rows.index(p)] = InputGuard.UNWRITTEN;
            squares[2 * rows.index(p) + 1] = InputGuard.UNWRITTEN;
        }
    }

    /** Throws if the method has not measured row {@code b}. */
    void requireMeasured(int b) {
        long mark = Double.doubleToRawLongBits(InputGuard.UNWRITTEN);
        if (Double.doubleToRawLongBits(squares[2 * b]) == mark || Double.doubleToRawLongBits(squares[2 * b + 1]) == mark) {
            throw new IllegalStateException("measure: the method did not measure row " + b
                    + " of the batch, expected a call of Iterates.measured for each active row");
        }
    }

    /** All rows of the iterates' block. */
    Block all() {
        return blocks[z];
    }

    /** All rows of the previous iterates' block. */
    Block previous() {
        return blocks[previous];
    }

    /** The next iterates, in g, become z, and z becomes the previous iterates. */
    void swap() {
        int free = previous;
        previous = z;
        z = g;
        g = free;
    }

    /** Copies the rows {@code some} of the iterates {@code outer}, where row {@code some.index(i)} is at position {@code at[i]}. */
    void follow(Iterates outer, Rows some, int[] at) {
        rows.reset(0);
        for (int i = 0; i < some.count(); i++) {
            blocks[z].copyRow(outer.z(), at[i], i);
            blocks[g].copyRow(outer.g(), at[i], i);
            rows.append(some.index(i));
        }
        driver = outer;
    }

    /** Copies the next iterates to the g of {@code outer}. */
    void copyBack(Iterates outer, int[] at) {
        for (int i = 0; i < rows.count(); i++) {
            outer.g().copyRow(g(), i, at[i]);
        }
    }

    /** Ends what {@link #follow} began. */
    void release() {
        driver = null;
        rows.truncate(0);
    }
}
