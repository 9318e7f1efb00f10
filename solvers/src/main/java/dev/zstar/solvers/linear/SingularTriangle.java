package dev.zstar.solvers.linear;

import java.util.Arrays;

/**
 * {@code min ‖g - R y‖} for an R of order j that is singular or nearly so, by its singular values (one-sided rotations, Hestenes 1958;
 * Golub and Van Loan 2013, section 8.6.3). Only the largest singular values are used, as many as minimise the sum of the residual and the
 * rounding of y. The others would add more rounding than they take from the residual.
 */
final class SingularTriangle {
    /** Columns whose cosine is this small are orthogonal to within rounding. */
    private static final double ORTHOGONAL = 0x1p-50;
    /** The weight of rounding. It is above 1 because the rounding is an estimate, and a larger y must pay for itself. */
    private static final double CAUTION = 4;
    /** Each round makes every pair of columns orthogonal once. Convergence is finally quadratic. */
    private static final int ROUNDS = 40;

    private final int m;
    /** R P and P, by columns of m. */
    private final double[] columns;
    private final double[] p;
    /** Singular values, and the components of g along the left vectors. */
    private final double[] σ;
    private final double[] along;
    private final int[] order;
    private double residual;

    /** For orders up to m. */
    SingularTriangle(int m) {
        this.m = m;
        columns = new double[m * m];
        p = new double[m * m];
        σ = new double[m];
        along = new double[m];
        order = new int[m];
    }

    /** {@code ‖g - R y‖} of the last solve. */
    double residual() {
        return residual;
    }

    /**
     * Writes y.
     *
     * @param r by columns of m, from {@code from}
     * @param g from {@code at}
     * @param fixed the part of the residual that does not depend on y
     * @param noise the rounding that an element of y of size 1 adds to the residual
     */
    void solve(double[] r, int from, int j, double[] g, int at, double fixed, double noise, double[] y, int into) {
        double largest = 0;
        for (int l = 0; l < j; l++) {
            for (int i = 0; i <= l; i++) {
                largest = Math.max(largest, Math.abs(r[from + l * m + i]));
            }
        }
        // Scaled to about 1, so that squares neither overflow nor underflow.
        int exponent = largest > 0 ? Math.getExponent(largest) : 0;
        for (int l = 0; l < j; l++) {
            Arrays.fill(columns, l * m, l * m + j, 0);
            Arrays.fill(p, l * m, l * m + j, 0);
            p[l * m + l] = 1;
            for (int i = 0; i <= l; i++) {
                columns[l * m + i] = Math.scalb(r[from + l * m + i], -exponent);
            }
        }
        boolean moved = true;
        for (int round = 0; moved && round < ROUNDS; round++) {
            moved = false;
            for (int a = 0; a < j - 1; a++) {
                for (int b = a + 1; b < j; b++) {
                    moved |= rotate(a, b, j);
                }
            }
        }
        double rest = project(j, g, at);
        choose(j, Math.scalb(noise, -exponent), Math.hypot(rest, fixed));
        Arrays.fill(y, into, into + j, 0);
        for (int k = 0; k < j && order[k] >= 0; k++) {
            double share = Math.scalb(along[order[k]] / σ[order[k]], -exponent);
            for (int i = 0; i < j; i++) {
                y[into + i] += share * p[order[k] * m + i];
            }
        }
    }

    /** Makes two columns orthogonal; false if they already are. */
    private boolean rotate(int a, int b, int j) {
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int i = 0; i < j; i++) {
            aa += columns[a * m + i] * columns[a * m + i];
            bb += columns[b * m + i] * columns[b * m + i];
            ab += columns[a * m + i] * columns[b * m + i];
        }
        if (!(Math.abs(ab) > ORTHOGONAL * Math.sqrt(aa) * Math.sqrt(bb)) || Math.abs(ab) < Double.MIN_NORMAL) {
            return false;
        }
        double ζ = (bb - aa) / (2 * ab);
        double t = Math.copySign(1, ζ) / (Math.abs(ζ) + Math.hypot(1, ζ));
        double c = 1 / Math.sqrt(1 + t * t);
        double s = c * t;
        turn(columns, a, b, j, c, s);
        turn(p, a, b, j, c, s);
        return true;
    }

    private void turn(double[] x, int a, int b, int j, double c, double s) {
        for (int i = 0; i < j; i++) {
            double xa = x[a * m + i];
            double xb = x[b * m + i];
            x[a * m + i] = c * xa - s * xb;
            x[b * m + i] = s * xa + c * xb;
        }
    }

    /**
     * Computes the singular values, in order, and the components of g. Returns the norm of the part of g outside the span of the columns.
     */
    private double project(int j, double[] g, int at) {
        boolean whole = true;
        for (int l = 0; l < j; l++) {
            double square = 0;
            double product = 0;
            for (int i = 0; i < j; i++) {
                square += columns[l * m + i] * columns[l * m + i];
                product += columns[l * m + i] * g[at + i];
            }
            σ[l] = Math.sqrt(square);
            along[l] = σ[l] > 0 ? product / σ[l] : 0;
            whole &= σ[l] > 0;
            order[l] = l;
            for (int i = l; i > 0 && σ[order[i]] > σ[order[i - 1]]; i--) {
                int swap = order[i];
                order[i] = order[i - 1];
                order[i - 1] = swap;
            }
        }
        double rest = 0;
        for (int i = 0; !whole && i < j; i++) {
            double element = g[at + i];
            for (int l = 0; l < j; l++) {
                element -= σ[l] > 0 ? along[l] / σ[l] * columns[l * m + i] : 0;
            }
            rest = Math.hypot(rest, element);
        }
        return rest;
    }

    /** Leaves in {@link #order} the columns to use, and -1 after them. */
    private void choose(int j, double noise, double rest) {
        double least = Double.POSITIVE_INFINITY;
        int best = 0;
        for (int k = 0; k <= j; k++) {
            double left = rest;
            double size = 0;
            for (int l = 0; l < j; l++) {
                if (l < k) {
                    size = σ[order[l]] > 0 ? Math.hypot(size, along[order[l]] / σ[order[l]]) : Double.POSITIVE_INFINITY;
                } else {
                    left = Math.hypot(left, along[order[l]]);
                }
            }
            double reached = Math.hypot(left, CAUTION * noise * size);
            if (reached < least) {
                least = reached;
                best = k;
                residual = left;
            }
        }
        for (int k = best; k < j; k++) {
            order[k] = -1;
        }
    }
}
