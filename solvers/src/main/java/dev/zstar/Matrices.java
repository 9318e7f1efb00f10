package dev.zstar;

import dev.zstar.solvers.guard.Arguments;

/** Checks of matrices that come in arrays. Rows and columns are counted from 0. */
final class Matrices {
    private Matrices() {}

    /** Throws unless there is a row, and each row holds {@code cols} finite numbers. */
    static void require(String operation, String name, float[][] matrix, int cols) {
        Arguments.atLeast(operation, "the number of rows of " + name, Arguments.present(operation, name, matrix).length, 1);
        for (int i = 0; i < matrix.length; i++) {
            if (Arguments.present(operation, "row " + i + " of " + name, matrix[i]).length != cols) {
                throw new IllegalArgumentException(
                        operation + ": row " + i + " of " + name + " has length " + matrix[i].length + ", expected " + cols);
            }
        }
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < cols; j++) {
                if (!Float.isFinite(matrix[i][j])) {
                    throw new IllegalArgumentException(operation + ": " + name + " holds " + matrix[i][j] + " in row " + i + ", column " + j
                            + ", expected a finite number in every element");
                }
            }
        }
    }
}
