package dev.zstar.solvers.linear;

import dev.zstar.solvers.guard.Lengths;
import java.util.Arrays;

/**
 * The small problem of GMRES, {@code min ‖β e₁ - H̄ y‖} with H̄ upper Hessenberg of {@code (j + 1) × j}, for each row of the batch. One
 * Givens rotation per column solves it (Saad 2003, section 6.5.3), so its residual is known after each step. H̄ itself is also kept, for
 * {@link RecycledPairs}.
 *
 * <p>The columns of H̄ carry the rounding of the vectors that were made orthogonal. If a pivot is hardly more than that rounding, and y is
 * large enough for it to show in the residual, H̄ is singular or nearly so, and {@link SingularTriangle} solves instead.
 */
final class HessenbergLeastSquares {
    /** A column that adds no more than this to the space, in units of rounding, adds only rounding. */
    private static final double NOISE = 50;
    /** A pivot of this many units of rounding, or rounding that is this share of β, suggests a singular value that is only rounding. */
    private static final double PIVOT = 1000;
    private static final double ROUGH = 1e-4;
    /** Rounding below this share of a residual does not show in it. */
    private static final double SLIGHT = 1e-3;

    private final int m;
    private final double roundoff;
    /**
     * By row of the batch: H̄ by columns of {@code m + 1}, its triangular factor by columns of m, rotations, rotated right-hand side, β,
     * and steps.
     */
    private final double[] hessenberg;
    private final double[] triangle;
    private final double[] cosine;
    private final double[] sine;
    private final double[] right;
    private final double[] β;
    private final int[] steps;
    /** By row of the batch: the largest norm of a vector that was made orthogonal; ‖y‖, and the residual that it leaves. */
    private final double[] reach;
    private final double[] size;
    private final double[] left;
    private final SingularTriangle singular;

    /** For up to m steps, with vectors of a type with this unit roundoff. */
    HessenbergLeastSquares(int batch, int m, double roundoff) {
        this.m = m;
        this.roundoff = roundoff;
        hessenberg = new double[batch * m * (m + 1)];
        triangle = new double[batch * m * m];
        cosine = new double[batch * m];
        sine = new double[batch * m];
        right = new double[batch * (m + 1)];
        β = new double[batch];
        steps = new int[batch];
        reach = new double[batch];
        size = new double[batch];
        left = new double[batch];
        singular = new SingularTriangle(m);
    }

    /** Row b begins from a residual of norm β. */
    void begin(int b, double β) {
        this.β[b] = β;
        right[b * (m + 1)] = β;
        steps[b] = 0;
        reach[b] = 0;
    }

    /** The number of columns of H̄. */
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
     * @param whole the largest norm of the vectors that the column was formed from
     * @return the least {@code ‖β e₁ - H̄ y‖}
     */
    double add(int b, double[] h, int at, double below, double whole) {
        reach[b] = Math.max(reach[b], whole);
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
        double hypotenuse = Lengths.hypotenuse(top, below);
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

    /** Whether the last column left the space of the earlier columns by more than rounding. */
    boolean grows(int b) {
        return Math.abs(element(b, steps[b], steps[b] - 1)) > NOISE * roundoff * reach[b];
    }

    /**
     * Writes the least-squares solution y and zeros after it, {@code width} numbers from {@code at}. For a singular system y omits the part
     * that is only rounding.
     */
    void solve(int b, double[] y, int at, int width) {
        int j = steps[b];
        int rhs = b * (m + 1);
        Arrays.fill(y, at + j, at + width, 0);
        double least = Double.POSITIVE_INFINITY;
        for (int i = j - 1; i >= 0; i--) {
            double sum = right[rhs + i];
            for (int l = i + 1; l < j; l++) {
                sum -= triangle[(b * m + l) * m + i] * y[at + l];
            }
            double pivot = triangle[(b * m + i) * m + i];
            // A pivot of 0 makes this NaN or infinite, which counts as rough below.
            y[at + i] = sum / pivot;
            least = Math.min(least, Math.abs(pivot));
        }
        size[b] = Lengths.of(y, at, j);
        left[b] = Math.abs(right[rhs + j]);
        double noise = roundoff * reach[b];
        boolean rough = !(noise * size[b] <= SLIGHT * left[b]);
        if (j > 0 && rough && (least <= PIVOT * noise || !(noise * size[b] <= ROUGH * β[b]))) {
            singular.solve(triangle, b * m * m, j, right, rhs, left[b], noise, y, at);
            left[b] = singular.residual();
            size[b] = Lengths.of(y, at, j);
        }
    }

    /** {@code ‖β e₁ - H̄ y‖} of the last {@link #solve}. It exceeds the value that the last {@link #add} returned if H̄ is singular. */
    double left(int b) {
        return left[b];
    }

    /** {@code ‖y‖} of the last {@link #solve}. */
    double size(int b) {
        return size[b];
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
