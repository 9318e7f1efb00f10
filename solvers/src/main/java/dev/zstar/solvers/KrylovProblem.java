package dev.zstar.solvers;

import java.util.Arrays;

/**
 * The small problem of GMRES, {@code min ‖β e₁ - H̄ y‖} with H̄ of {@code (j + 1) × j}, for each row of the batch: solved by one Givens rotation a
 * column (Saad 2003, section 6.5.3), so that its residual is known after each step. H̄ itself is kept too, for what is made of it after a cycle.
 */
final class KrylovProblem {
    private final int m;
    /** By row of the batch: H̄ by columns of {@code m + 1}, its triangular factor by columns of m, rotations, rotated right-hand side, β, and steps. */
    private final double[] hessenberg;
    private final double[] triangle;
    private final double[] cosine;
    private final double[] sine;
    private final double[] right;
    private final double[] β;
    private final int[] steps;

    /** For up to m steps. */
    KrylovProblem(int batch, int m) {
        this.m = m;
        hessenberg = new double[batch * m * (m + 1)];
        triangle = new double[batch * m * m];
        cosine = new double[batch * m];
        sine = new double[batch * m];
        right = new double[batch * (m + 1)];
        β = new double[batch];
        steps = new int[batch];
    }

    /** Row b begins from a residual of length β. */
    void begin(int b, double β) {
        this.β[b] = β;
        right[b * (m + 1)] = β;
        steps[b] = 0;
    }

    /** The columns of H̄. */
    int steps(int b) {
        return steps[b];
    }

    /** {@code H̄_ij}. */
    double element(int b, int i, int j) {
        return hessenberg[(b * m + j) * (m + 1) + i];
    }

    /**
     * Adds column j of row b.
     *
     * @param h its elements down to the diagonal, from {@code at}
     * @param below the element under the diagonal
     * @return the least {@code ‖β e₁ - H̄ y‖}
     */
    double add(int b, double[] h, int at, double below) {
        int j = steps[b]++;
        int column = (b * m + j) * (m + 1);
        System.arraycopy(h, at, hessenberg, column, j + 1);
        hessenberg[column + j + 1] = below;
        int r = (b * m + j) * m;
        double top = h[at];
        for (int i = 0; i < j; i++) {
            double c = cosine[b * m + i];
            double s = sine[b * m + i];
            triangle[r + i] = c * top + s * h[at + i + 1];
            top = c * h[at + i + 1] - s * top;
        }
        double hypotenuse = Math.sqrt(top * top + below * below);
        double c = hypotenuse == 0 ? 1 : top / hypotenuse;
        double s = hypotenuse == 0 ? 0 : below / hypotenuse;
        cosine[b * m + j] = c;
        sine[b * m + j] = s;
        triangle[r + j] = hypotenuse;
        int rhs = b * (m + 1) + j;
        right[rhs + 1] = -s * right[rhs];
        right[rhs] *= c;
        return Math.abs(right[rhs + 1]);
    }

    /** Writes y and zeros, {@code width} numbers from {@code at}; a zero pivot (a singular system) contributes nothing. */
    void solve(int b, double[] y, int at, int width) {
        int j = steps[b];
        Arrays.fill(y, at + j, at + width, 0);
        for (int i = j - 1; i >= 0; i--) {
            double sum = right[b * (m + 1) + i];
            for (int l = i + 1; l < j; l++) {
                sum -= triangle[(b * m + l) * m + i] * y[at + l];
            }
            double pivot = triangle[(b * m + i) * m + i];
            y[at + i] = pivot == 0 ? 0 : sum / pivot;
        }
    }

    /** What {@link #solve} leaves of β, by the rotations: more than the last {@link #add} said where a pivot is zero. */
    double left(int b) {
        double square = right[b * (m + 1) + steps[b]] * right[b * (m + 1) + steps[b]];
        for (int i = 0; i < steps[b]; i++) {
            square += triangle[(b * m + i) * m + i] == 0 ? right[b * (m + 1) + i] * right[b * (m + 1) + i] : 0;
        }
        return Math.sqrt(square);
    }

    /** Writes {@code β e₁ - H̄ y} and zeros, m + 1 numbers from {@code at}. */
    void residual(int b, double[] y, double[] out, int at) {
        int j = steps[b];
        Arrays.fill(out, at, at + m + 1, 0);
        out[at] = β[b];
        for (int l = 0; l < j; l++) {
            for (int i = 0; i <= l + 1; i++) {
                out[at + i] -= element(b, i, l) * y[at + l];
            }
        }
    }
}
