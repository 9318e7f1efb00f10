package dev.zstar.benchmarks.reasoner;

/**
 * The size of a Sudoku. Each row, column and box of {@code boxRows × boxCols} squares has every digit from 1 to {@link #side} once.
 * Squares are counted from 0, row by row.
 *
 * @param boxRows rows of a box
 * @param boxCols columns of a box
 */
public record Board(int boxRows, int boxCols) {
    /** The board of this side: 4, 6 or 9. */
    public static Board of(int side) {
        return switch (side) {
            case 4 -> new Board(2, 2);
            case 6 -> new Board(2, 3);
            case 9 -> new Board(3, 3);
            default -> throw new IllegalArgumentException("board: the side is " + side + ", expected 4, 6 or 9");
        };
    }

    /** The number of rows, of columns, of boxes, and of digits. */
    public int side() {
        return boxRows * boxCols;
    }

    /** The number of squares. */
    public int squares() {
        return side() * side();
    }

    /** The row of a square. */
    public int row(int square) {
        return square / side();
    }

    /** The column of a square. */
    public int column(int square) {
        return square % side();
    }

    /** The box of a square, counted row by row. */
    public int box(int square) {
        return row(square) / boxRows * boxRows + column(square) / boxCols;
    }
}
