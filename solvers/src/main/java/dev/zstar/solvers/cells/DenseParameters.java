package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.solvers.guard.Arguments;

/**
 * W, U and b of a {@link DenseCell} {@code φ(W z + U x + b)} in arrays, or gradients with respect to them. Row i of W and of U holds the
 * weights of element i of the result.
 */
public final class DenseParameters {
    private final Activation activation;
    private final float[][] w;
    private final float[][] u;
    private final float[] b;
    /** Fixed here, because the caller may replace rows of U. */
    private final int inputs;

    /**
     * Checks the shapes. Keeps the arrays themselves, not copies.
     *
     * @param activation φ; without meaning for gradients
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param b n numbers
     */
    public DenseParameters(Activation activation, float[][] w, float[][] u, float[] b) {
        this.activation = Arguments.present("dense cell", "the activation", activation);
        this.w = Arguments.present("dense cell", "W", w);
        this.u = Arguments.present("dense cell", "U", u);
        this.b = Arguments.present("dense cell", "b", b);
        Arguments.atLeast("dense cell", "the number of rows of W", w.length, 1);
        require("W", w, w.length, w.length);
        inputs = u.length == 0 ? 0 : Arguments.present("dense cell", "row 0 of U", u[0]).length;
        require("U", u, w.length, inputs);
        if (b.length != w.length) {
            throw new IllegalArgumentException(
                    "dense cell: b has length " + b.length + ", expected " + w.length + ", the number of rows of W");
        }
    }

    /** φ. */
    public Activation activation() {
        return activation;
    }

    /** W itself, {@code n × n}. */
    public float[][] w() {
        return w;
    }

    /** U itself, {@code n × inputs}. */
    public float[][] u() {
        return u;
    }

    /** b itself, n numbers. */
    public float[] b() {
        return b;
    }

    private static void require(String name, float[][] matrix, int rows, int cols) {
        if (matrix.length != rows) {
            throw new IllegalArgumentException("dense cell: the number of rows of " + name + " is " + matrix.length + ", expected " + rows);
        }
        Arguments.rows("dense cell", name, matrix, cols);
    }

    /** n, the number of elements of a state. */
    public int n() {
        return w.length;
    }

    /** The number of elements of an input. */
    public int inputs() {
        return inputs;
    }
}
