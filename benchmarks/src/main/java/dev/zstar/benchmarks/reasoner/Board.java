package dev.zstar.benchmarks.reasoner;

/**
 * The size of a Sudoku. Each row, column and box of {@code boxRows × boxCols} cells has every digit from 1 to {@link #side} once. Cells are
 * counted from 0, row by row.
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

    /** The number of cells. */
    public int cells() {
        return side() * side();
    }

    /** The row of a cell. */
    public int row(int cell) {
        return cell / side();
    }

    /** The column of a cell. */
    public int column(int cell) {
        return cell % side();
    }

    /** The box of a cell, counted row by row. */
    public int box(int cell) {
        return row(cell) / boxRows * boxRows + column(cell) / boxCols;
    }
}
