package dev.zstar.benchmarks.reasoner;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Completes a Sudoku by depth-first search. It branches at an empty cell with the fewest candidates. The used digits of each row, column
 * and box are the bits of an integer, so a cell's candidates are found with two operations.
 */
final class Search {
    private static final int EMPTY = 0;

    private final Board board;
    private final int[] rows;
    private final int[] columns;
    private final int[] boxes;
    /** The digits of the cells, or {@link #EMPTY}. */
    private final int[] cells;

    Search(Board board) {
        this.board = board;
        rows = new int[board.side()];
        columns = new int[board.side()];
        boxes = new int[board.side()];
        cells = new int[board.cells()];
    }

    /** The digits after a search that found a solution. */
    int[] solution() {
        return cells.clone();
    }

    /**
     * Starts from these digits.
     *
     * @return false if two of them are the same in a row, column or box
     */
    boolean load(int[] digits) {
        Arrays.fill(rows, 0);
        Arrays.fill(columns, 0);
        Arrays.fill(boxes, 0);
        Arrays.fill(cells, EMPTY);
        for (int cell = 0; cell < digits.length; cell++) {
            if (digits[cell] != EMPTY) {
                if ((candidates(cell) & bit(digits[cell])) == 0) {
                    return false;
                }
                put(cell, digits[cell]);
            }
        }
        return true;
    }

    /**
     * Looks for a solution.
     *
     * @param random shuffles the order in which digits are tried; null for ascending order
     * @return whether there is one; {@link #solution} has it
     */
    boolean complete(RandomGenerator random) {
        int cell = mostConstrained();
        if (cell < 0) {
            return true;
        }
        int left = candidates(cell);
        while (left != 0) {
            int digit = random == null ? Integer.numberOfTrailingZeros(left) + 1 : pick(left, random);
            left &= ~bit(digit);
            put(cell, digit);
            if (complete(random)) {
                return true;
            }
            remove(cell);
        }
        return false;
    }

    /** The number of solutions of what is loaded, but at most {@code limit}. */
    int count(int limit) {
        int cell = mostConstrained();
        if (cell < 0) {
            return 1;
        }
        int found = 0;
        for (int left = candidates(cell); left != 0 && found < limit; left &= left - 1) {
            put(cell, Integer.numberOfTrailingZeros(left) + 1);
            found += count(limit - found);
            remove(cell);
        }
        return found;
    }

    /** An empty cell with the fewest candidates; -1 if no cell is empty. */
    private int mostConstrained() {
        int best = -1;
        int fewest = Integer.MAX_VALUE;
        for (int cell = 0; cell < cells.length && fewest > 1; cell++) {
            if (cells[cell] == EMPTY) {
                int count = Integer.bitCount(candidates(cell));
                if (count < fewest) {
                    fewest = count;
                    best = cell;
                }
            }
        }
        return best;
    }

    private static int pick(int candidates, RandomGenerator random) {
        int rest = candidates;
        for (int skip = random.nextInt(Integer.bitCount(candidates)); skip > 0; skip--) {
            rest &= rest - 1;
        }
        return Integer.numberOfTrailingZeros(rest) + 1;
    }

    private int candidates(int cell) {
        int used = rows[board.row(cell)] | columns[board.column(cell)] | boxes[board.box(cell)];
        return ~used & (1 << board.side()) - 1;
    }

    private static int bit(int digit) {
        return 1 << digit - 1;
    }

    private void put(int cell, int digit) {
        flip(cell, digit);
        cells[cell] = digit;
    }

    private void remove(int cell) {
        flip(cell, cells[cell]);
        cells[cell] = EMPTY;
    }

    private void flip(int cell, int digit) {
        rows[board.row(cell)] ^= bit(digit);
        columns[board.column(cell)] ^= bit(digit);
        boxes[board.box(cell)] ^= bit(digit);
    }
}
