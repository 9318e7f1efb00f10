package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.solvers.guard.Arguments;

/**
 * The parameters of a {@link DenseCell} {@code φ(W z + U x + b)} in arrays.
 *
 * @param activation φ
 * @param w {@code n × n}
 * @param u {@code n × inputs}
 * @param b n numbers
 */
// The arrays are the caller's: training changes them in place.
@SuppressWarnings("ArrayRecordComponent")
public record DenseParameters(Activation activation, float[][] w, float[][] u, float[] b) {
    /** Checks the shapes. The arrays are not copied. */
    public DenseParameters {
        Arguments.present("dense cell", "the activation", activation);
        int n = Arguments.present("dense cell", "W", w).length;
        Arguments.atLeast("dense cell", "rows of W", n, 1);
        require("W", w, n, n);
        require("U", u, n, Arguments.present("dense cell", "U", u).length == 0 ? 0 : Arguments.present("dense cell", "a row of U", u[0]).length);
        if (Arguments.present("dense cell", "b", b).length != n) {
            throw new IllegalArgumentException("dense cell: b has " + b.length + " numbers, expected " + n + ", as W has rows");
        }
    }

    private static void require(String name, float[][] matrix, int rows, int cols) {
        if (matrix.length != rows) {
            throw new IllegalArgumentException("dense cell: " + name + " has " + matrix.length + " rows, expected " + rows);
        }
        for (int i = 0; i < rows; i++) {
            if (Arguments.present("dense cell", "row " + i + " of " + name, matrix[i]).length != cols) {
                throw new IllegalArgumentException(
                        "dense cell: row " + i + " of " + name + " has " + matrix[i].length + " numbers, expected " + cols);
            }
        }
    }

    /** Elements of a state. */
    public int n() {
        return w.length;
    }

    /** Elements of an input. */
    public int inputs() {
        return u[0].length;
    }
}
