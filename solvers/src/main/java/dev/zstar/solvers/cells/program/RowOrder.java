package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.guard.Plural;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps stored registers in the order of the active rows, which come first. So no instruction needs a map of rows. A call with other
 * rows, or in another order, exchanges the rows that differ: nothing is lost, and as rows leave a solve only once, little is moved.
 */
public final class RowOrder {
    private final Memory memory;
    private final String what;
    private final String remedy;
    private final int[] rowAt;
    private final int[] positionOf;
    /** By row of the batch. */
    private final boolean[] filled;
    private List<Register> registers = List.of();
    private List<Block> spare = List.of();

    /**
     * For messages such as "row 3 of the batch has no input; expected inject(x)".
     *
     * @param what what a row holds
     * @param remedy the call that fills a row
     */
    public RowOrder(Memory memory, String what, String remedy) {
        this.memory = memory;
        this.what = what;
        this.remedy = remedy;
        rowAt = new int[memory.batch()];
        positionOf = new int[memory.batch()];
        filled = new boolean[memory.batch()];
        reset();
    }

    /** The registers to keep in order, once their memory is allocated. */
    public void follow(List<Register> stored, OwnedMemory owned) {
        registers = List.copyOf(stored);
        spare = new ArrayList<>();
        for (Register r : registers) {
            spare.add(r.isNumbers() ? null : owned.block(memory.type(), r.rows(), r.cols()));
        }
    }

    /** No row is filled, and each is at its own position. */
    public void reset() {
        for (int p = 0; p < rowAt.length; p++) {
            rowAt[p] = p;
            positionOf[p] = p;
        }
        clear();
    }

    /** No row is filled. */
    public void clear() {
        Arrays.fill(filled, false);
    }

    /** Marks a row as filled. */
    public void fill(int row, boolean isFilled) {
        filled[row] = isFilled;
    }

    /** Marks the first rows of the batch as filled. */
    public void fill(int rows) {
        Arrays.fill(filled, 0, rows, true);
    }

    /**
     * Row {@code row} gets what row {@code other} of another order holds, whose registers are the same. Throws if that row is not filled.
     */
    public void load(String operation, int row, RowOrder from, int other) {
        if (!from.filled[other]) {
            throw from.unfilled(operation, other);
        }
        int p = positionOf[row];
        int q = from.positionOf[other];
        for (int i = 0; i < registers.size(); i++) {
            Register to = registers.get(i);
            Register source = from.registers.get(i);
            if (to.isNumbers()) {
                System.arraycopy(from.memory.wholeNumbers(source), q * to.cols(), memory.wholeNumbers(to), p * to.cols(), to.cols());
            } else {
                for (int j = 0; j < to.rows(); j++) {
                    memory.whole(to).copyRow(from.memory.whole(source), q * to.rows() + j, p * to.rows() + j);
                }
            }
        }
        filled[row] = true;
    }

    /** Moves a row of the batch to position 0, filled or not. */
    public void front(int row) {
        exchange(0, positionOf[row]);
    }

    /** Moves these rows of the batch to their positions. Throws if one of them is not filled. */
    public void arrange(String operation, Rows rows) {
        if (!isArranged(rows)) {
            check(operation, rows, true);
            place(rows);
        }
    }

    /** Whether all is as it should be, which is mostly so. Rows at their positions are different rows. */
    private boolean isArranged(Rows rows) {
        if (rows == null || rows.count() > filled.length) {
            return false;
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (rowAt[p] != b || !filled[b]) {
                return false;
            }
        }
        return true;
    }

    /** The same for rows that are about to be written. All rows become unfilled. */
    public void open(String operation, Rows rows) {
        check(operation, rows, false);
        clear();
        place(rows);
    }

    private void check(String operation, Rows rows, boolean mustBeFilled) {
        int count = Arguments.present(operation, "rows", rows).count();
        if (count > filled.length) {
            throw new IllegalArgumentException(
                    operation + ": " + Plural.of(count, "row") + ", expected at most the batch's " + filled.length);
        }
        for (int p = 0; p < count; p++) {
            int b = rows.index(p);
            if (b >= filled.length) {
                throw new IllegalArgumentException(operation + ": row " + b + " of the batch, expected 0 to " + (filled.length - 1));
            }
            if (mustBeFilled && !filled[b]) {
                throw unfilled(operation, b);
            }
        }
        rows.requireDistinct(operation);
    }

    private IllegalStateException unfilled(String operation, int b) {
        return new IllegalStateException(operation + ": row " + b + " of the batch has no " + what + "; expected " + remedy);
    }

    private void place(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (rowAt[p] != b) {
                exchange(p, positionOf[b]);
            }
        }
    }

    /** Marks these rows as filled. */
    public void filled(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            filled[rows.index(p)] = true;
        }
    }

    private void exchange(int p, int q) {
        if (p == q) {
            return;
        }
        for (int i = 0; i < registers.size(); i++) {
            Register r = registers.get(i);
            if (r.isNumbers()) {
                exchange(memory.wholeNumbers(r), r.cols(), p, q);
            } else {
                exchange(memory.whole(r), spare.get(i), r.rows(), p, q);
            }
        }
        int row = rowAt[p];
        rowAt[p] = rowAt[q];
        rowAt[q] = row;
        positionOf[rowAt[p]] = p;
        positionOf[rowAt[q]] = q;
    }

    private static void exchange(Block block, Block spare, int rows, int p, int q) {
        for (int i = 0; i < rows; i++) {
            spare.copyRow(block, p * rows + i, i);
            block.copyRow(block, q * rows + i, p * rows + i);
            block.copyRow(spare, i, q * rows + i);
        }
    }

    private static void exchange(double[] numbers, int length, int p, int q) {
        for (int i = 0; i < length; i++) {
            double number = numbers[p * length + i];
            numbers[p * length + i] = numbers[q * length + i];
            numbers[q * length + i] = number;
        }
    }
}
