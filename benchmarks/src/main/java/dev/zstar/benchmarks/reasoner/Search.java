package dev.zstar.benchmarks.reasoner;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Completes a Sudoku by depth-first search. It branches at an empty square with the fewest candidates. The used digits of each row, column
 * and box are the bits of an integer, so a square's candidates are found with two operations.
 */
final class Search {
    private static final int EMPTY = 0;

    private final Board board;
    private final int[] rows;
    private final int[] columns;
    private final int[] boxes;
    /** The digits of the squares, or {@link #EMPTY}. */
    private final int[] squares;

    Search(Board board) {
        this.board = board;
        rows = new int[board.side()];
        columns = new int[board.side()];
        boxes = new int[board.side()];
        squares = new int[board.squares()];
    }

    /** The digits after a search that found a solution. */
    int[] solution() {
        return squares.clone();
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
        Arrays.fill(squares, EMPTY);
        for (int square = 0; square < digits.length; square++) {
            if (digits[square] != EMPTY) {
                if ((candidates(square) & bit(digits[square])) == 0) {
                    return false;
                }
                put(square, digits[square]);
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
        int square = mostConstrained();
        if (square < 0) {
            return true;
        }
        int left = candidates(square);
        while (left != 0) {
            int digit = random == null ? Integer.numberOfTrailingZeros(left) + 1 : pick(left, random);
            left &= ~bit(digit);
            put(square, digit);
            if (complete(random)) {
                return true;
            }
            remove(square);
        }
        return false;
    }

    /** The number of solutions of what is loaded, but at most {@code limit}. */
    int count(int limit) {
        int square = mostConstrained();
        if (square < 0) {
            return 1;
        }
        int found = 0;
        for (int left = candidates(square); left != 0 && found < limit; left &= left - 1) {
            put(square, Integer.numberOfTrailingZeros(left) + 1);
            found += count(limit - found);
            remove(square);
        }
        return found;
    }

    /** An empty square with the fewest candidates; -1 if no square is empty. */
    private int mostConstrained() {
        int best = -1;
        int fewest = Integer.MAX_VALUE;
        for (int square = 0; square < squares.length && fewest > 1; square++) {
            if (squares[square] == EMPTY) {
                int count = Integer.bitCount(candidates(square));
                if (count < fewest) {
                    fewest = count;
                    best = square;
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

    private int candidates(int square) {
        int used = rows[board.row(square)] | columns[board.column(square)] | boxes[board.box(square)];
        return ~used & (1 << board.side()) - 1;
    }

    private static int bit(int digit) {
        return 1 << digit - 1;
    }

    private void put(int square, int digit) {
        flip(square, digit);
        squares[square] = digit;
    }

    private void remove(int square) {
        flip(square, squares[square]);
        squares[square] = EMPTY;
    }

    private void flip(int square, int digit) {
        rows[board.row(square)] ^= bit(digit);
        columns[board.column(square)] ^= bit(digit);
        boxes[board.box(square)] ^= bit(digit);
    }
}
