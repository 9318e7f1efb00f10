package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;

/**
 * What a map stores for each row of the batch: an injected input, a constant, or a slope. The data are in the order of the batch, but the
 * blocks of a solver hold only the active rows, by position. {@link #gather} returns the rows of a call in the order of the call. It throws
 * if a row was not filled since it was last opened or cleared, because data of an earlier problem would give a wrong result.
 *
 * <pre>{@code
 * RowData constants = new RowData(engine, type, batch, n, "constant", "set(row, c)");
 *
 * void set(int row, Block c) {
 *     constants.openRow(row).copyFrom(c);
 *     constants.fillRow(row);
 * }
 *
 * public void apply(Block z, Block out, Rows rows) {       // f(z) = z / 2 + c
 *     engine.copy(constants.gather("apply", rows), out);
 *     engine.axpy(0.5, z, out);
 * }
 * }</pre>
 *
 * <p>For a product with a fused injection, {@link #select} and {@code Epilogue.injected(data.block(), data.rows(), φ)} avoid the copy.
 * The data take one block, and a second one once rows have been gathered out of order. They are not thread-safe, so a map that uses them is
 * not {@linkplain FixedPointMap#reentrant reentrant}. Each {@link ReplicatedMap.Replica} has data of its own.
 */
public final class RowData implements AutoCloseable {
    private final Engine engine;
    private final String name;
    private final String remedy;
    private final Block block;
    private final boolean[] filled;
    private final Rows rows;
    private Block gathered;

    /**
     * Allocates for a batch, with no row filled.
     *
     * @param name what a row holds. A message reads {@code "apply: row 3 of the batch has no <name>; expected <remedy>"}
     * @param remedy the call that fills a row, such as {@code "inject(x)"}
     */
    public RowData(Engine engine, Type type, int batch, int cols, String name, String remedy) {
        Arguments.present("row data", "the engine", engine);
        Arguments.present("row data", "the type", type);
        if (batch < 1 || cols < 1) {
            throw new IllegalArgumentException("row data: " + Plural.of(batch, "row") + " of " + cols + ", expected at least 1 of each");
        }
        this.engine = engine;
        this.name = Arguments.present("row data", "the name", name);
        this.remedy = Arguments.present("row data", "the remedy", remedy);
        filled = new boolean[batch];
        rows = new Rows(batch);
        block = engine.allocate(type, batch, cols).withHeads();
        block.part(0, batch);
    }

    /** Rows of the batch. */
    public int batch() {
        return filled.length;
    }

    /** All rows, {@code batch × cols}, in the order of the batch. */
    public Block block() {
        return block;
    }

    /** A copy of the rows last given to {@link #select}. It is always the same object, so an epilogue may refer to it. */
    public Rows rows() {
        return rows;
    }

    /** Marks every row as not filled, and returns the first {@code count} rows for writing. Call {@link #fill} once they are written. */
    public Block open(int count) {
        requireCount(count);
        clear();
        return block.head(count);
    }

    private void requireCount(int count) {
        if (count < 0 || count > filled.length) {
            throw new IllegalArgumentException("row data: " + Plural.of(count, "row") + ", expected 0 to the batch's " + filled.length);
        }
    }

    /** Marks the first {@code count} rows as filled. Writes nothing. */
    public void fill(int count) {
        requireCount(count);
        Arrays.fill(filled, 0, count, true);
    }

    /** Marks one row as not filled, and returns it for writing, {@code 1 × cols}. Call {@link #fillRow} once it is written. */
    public Block openRow(int row) {
        requireRow("row data", row);
        filled[row] = false;
        return block.part(row, filled.length);
    }

    /** Marks row {@code row} as filled. Writes nothing. */
    public void fillRow(int row) {
        requireRow("row data", row);
        filled[row] = true;
    }

    /**
     * Copies row {@code other} of {@code from} to row {@code row}, and marks this as filled. A {@link ReplicatedMap.Replica} loads a slot
     * like this. The call only reads {@code from}, so several replicas may load at the same time.
     *
     * @param operation the name of the call, for messages
     * @param from data of the same type, with as many columns
     * @throws IllegalArgumentException if a row does not exist, or {@code from} has another type or number of columns
     * @throws IllegalStateException if row {@code other} of {@code from} is not filled
     */
    public void load(String operation, int row, RowData from, int other) {
        Arguments.present(operation, "the other data", from).requireFilled(operation, other);
        requireRow(operation, row);
        from.block.requireShape(operation, "the other data", block.type(), from.block.rows(), block.cols());
        block.copyRow(from.block, other, row);
        filled[row] = true;
    }

    /** Marks every row as not filled. */
    public void clear() {
        Arrays.fill(filled, false);
    }

    /**
     * Checks the rows of a call, and copies them to {@link #rows}.
     *
     * @param operation the name of the call, for messages
     * @throws IllegalArgumentException if a row is outside the batch
     * @throws IllegalStateException if a row is not filled
     */
    public void select(String operation, Rows active) {
        int count = Arguments.present(operation, "rows", active).count();
        if (count > filled.length) {
            throw new IllegalArgumentException(
                    operation + ": " + Plural.of(count, "row") + ", expected at most the batch's " + filled.length);
        }
        for (int p = 0; p < count; p++) {
            requireFilled(operation, active.index(p));
        }
        rows.copyFrom(active);
    }

    /**
     * The data of these rows in the order of the call, {@code count × cols}. If that is the order in memory, this is a view, otherwise a
     * copy. It is read-only, and valid until the next call.
     *
     * @param operation the name of the call, for messages
     * @throws IllegalArgumentException if a row is outside the batch
     * @throws IllegalStateException if a row is not filled
     */
    public Block gather(String operation, Rows active) {
        select(operation, active);
        int count = rows.count();
        boolean inPlace = true;
        for (int p = 0; p < count; p++) {
            inPlace &= rows.index(p) == p;
        }
        if (inPlace) {
            return block.head(count);
        }
        if (gathered == null) {
            gathered = engine.allocate(block.type(), block.rows(), block.cols()).withHeads();
        }
        Block copy = gathered.head(count);
        for (int p = 0; p < count; p++) {
            copy.copyRow(block, rows.index(p), p);
        }
        return copy;
    }

    private void requireFilled(String operation, int row) {
        requireRow(operation, row);
        if (!filled[row]) {
            throw new IllegalStateException(operation + ": row " + row + " of the batch has no " + name + "; expected " + remedy);
        }
    }

    private void requireRow(String operation, int row) {
        if (row < 0 || row >= filled.length) {
            throw new IllegalArgumentException(operation + ": row " + row + " of the batch, expected 0 to " + (filled.length - 1));
        }
    }

    /** The bytes that this object holds. */
    public long bytes() {
        return block.bytes() + (gathered == null ? 0 : gathered.bytes());
    }

    @Override
    public void close() {
        block.close();
        if (gathered != null) {
            gathered.close();
        }
    }
}
