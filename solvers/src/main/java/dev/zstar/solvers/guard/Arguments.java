package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;

/**
 * Checks of arguments. Each message is one sentence: what was called, what is wrong, and what was expected. Rows and columns are counted
 * from 0.
 */
public final class Arguments {
    private Arguments() {}

    /**
     * Returns the value.
     *
     * @throws NullPointerException if it is null
     */
    public static <T> T present(String operation, String name, T value) {
        if (value == null) {
            throw new NullPointerException(operation + ": " + name + " is null");
        }
        return value;
    }

    /** Returns the number of a row; throws {@link IndexOutOfBoundsException} unless there is such a row among {@code rows}. */
    public static int row(String operation, int row, int rows) {
        return index(operation, "row", row, rows);
    }

    /** The same for anything that is counted. */
    public static int index(String operation, String what, int index, int count) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException(
                    operation + ": " + what + " " + index + ", expected " + (count == 0 ? "none" : "0 to " + (count - 1)));
        }
        return index;
    }

    /** Throws if the number is below {@code least}. */
    public static void atLeast(String operation, String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(operation + ": " + name + " is " + value + ", expected at least " + least);
        }
    }

    /** Throws unless the number is finite and above 0. */
    public static void positive(String operation, String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(operation + ": " + name + " is " + value + ", expected a finite number above 0");
        }
    }

    /** Throws at the first element that is NaN or infinite. */
    public static void finite(String operation, String name, Block block) {
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                finite(operation, name, block.get(i, j), i, j);
            }
        }
    }

    /** The same for a matrix in arrays. */
    public static void finite(String operation, String name, float[][] matrix) {
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < matrix[i].length; j++) {
                finite(operation, name, matrix[i][j], i, j);
            }
        }
    }

    private static void finite(String operation, String name, double element, int i, int j) {
        if (!Double.isFinite(element)) {
            throw new IllegalArgumentException(operation + ": " + name + " holds " + element + " in row " + i + ", column " + j
                    + ", expected a finite number in every element");
        }
    }

    /** Throws unless no row is null and each has {@code cols} elements. */
    public static void rows(String operation, String name, float[][] matrix, int cols) {
        rows(operation, name, matrix, cols, Integer.toString(cols));
    }

    /** The same, with what was expected in words that begin with {@code cols}. */
    public static void rows(String operation, String name, float[][] matrix, int cols, String expected) {
        for (int i = 0; i < matrix.length; i++) {
            if (present(operation, "row " + i + " of " + name, matrix[i]).length != cols) {
                throw new IllegalArgumentException(
                        operation + ": row " + i + " of " + name + " has length " + matrix[i].length + ", expected " + expected);
            }
        }
    }

    /** Throws if two blocks share memory; either may be null. */
    public static void disjoint(String operation, String name, Block block, String otherName, Block other) {
        if (overlap(block, other)) {
            throw new IllegalArgumentException(operation + ": " + name + " (" + block.shape() + ") and " + otherName + " (" + other.shape()
                    + ") share memory, expected blocks that do not overlap");
        }
    }

    /** Throws if two blocks share memory, unless both are the same elements; either may be null. */
    public static void sameOrDisjoint(String operation, String name, Block block, String otherName, Block other) {
        if (overlap(block, other) && (block.address() != other.address() || block.rows() != other.rows())) {
            throw new IllegalArgumentException(operation + ": " + name + " (" + block.shape() + ") and " + otherName + " (" + other.shape()
                    + ") overlap in part, expected the same block or blocks that do not overlap");
        }
    }

    private static boolean overlap(Block a, Block b) {
        return a != null && b != null && a.address() < b.address() + b.bytes() && b.address() < a.address() + a.bytes();
    }
}
