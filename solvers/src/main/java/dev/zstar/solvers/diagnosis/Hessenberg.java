package dev.zstar.solvers.diagnosis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Eigenvalues of small upper Hessenberg matrices, by the QR iteration with complex shifts (Golub and Van Loan 2013, section 7.5). */
final class Hessenberg {
    /** Iterations for one eigenvalue; two or three are usual. */
    private static final int PATIENCE = 60;

    private final int m;
    private final double[][] re;
    private final double[][] im;

    private Hessenberg(double[][] h, int m) {
        this.m = m;
        re = new double[m][m];
        im = new double[m][m];
        for (int i = 0; i < m; i++) {
            System.arraycopy(h[i], 0, re[i], 0, m);
        }
    }

    /**
     * The eigenvalues with {@code im ≥ 0} of the leading {@code m × m} part of a real matrix.
     *
     * @param last the element below that part, in row m and column m - 1; the residuals are multiples of it
     */
    static List<Eigenvalue> eigenvalues(double[][] h, int m, double last) {
        // Near 1 no product overflows, and small elements can be compared with a fixed number.
        double largest = 0;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                largest = Math.max(largest, Math.abs(h[i][j]));
            }
        }
        int exponent = largest > 0 ? Math.getExponent(largest) : 0;
        double[][] scaled = new double[m][m];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++) {
                scaled[i][j] = Math.scalb(h[i][j], -exponent);
            }
        }
        Hessenberg work = new Hessenberg(scaled, m);
        work.deflate();
        List<Eigenvalue> values = new ArrayList<>();
        for (int i = 0; i < m; i++) {
            double a = work.re[i][i];
            double b = work.im[i][i];
            double residual = last * lastElement(scaled, m, a, b);
            Eigenvalue value = new Eigenvalue(Math.scalb(a, exponent), Math.scalb(Math.abs(b), exponent), residual);
            // Keeps the one of a pair above the real axis. A real one may be on either side by rounding.
            if (b >= 0 || !value.turns()) {
                values.add(value);
            }
        }
        values.sort(Comparator.comparingDouble(Eigenvalue::modulus).reversed());
        return List.copyOf(values);
    }

    /**
     * The last element of the eigenvector of {@code a + b i}, as a share of its length. The other elements follow from it row by row,
     * upwards.
     */
    private static double lastElement(double[][] h, int m, double a, double b) {
        double[] x = new double[m];
        double[] y = new double[m];
        x[m - 1] = 1;
        double last = 1;
        double square = 1;
        for (int j = m - 1; j > 0; j--) {
            double u = -a * x[j] + b * y[j];
            double v = -a * y[j] - b * x[j];
            for (int i = j; i < m; i++) {
                u += h[j][i] * x[i];
                v += h[j][i] * y[i];
            }
            x[j - 1] = -u / h[j][j - 1];
            y[j - 1] = -v / h[j][j - 1];
            if (!(Math.hypot(x[j - 1], y[j - 1]) < Double.POSITIVE_INFINITY)) {
                // The element under the diagonal is 0, and so is the last element of the vector.
                return 0;
            }
            square += x[j - 1] * x[j - 1] + y[j - 1] * y[j - 1];
            if (square > 1e100) {
                double length = square < Double.POSITIVE_INFINITY ? Math.sqrt(square) : Math.hypot(x[j - 1], y[j - 1]);
                for (int i = j - 1; i < m; i++) {
                    x[i] /= length;
                    y[i] /= length;
                }
                last /= length;
                square = 1;
            }
        }
        return last / Math.sqrt(square);
    }

    /** Makes the matrix triangular, from below. An element under the diagonal that is below rounding counts as 0. */
    private void deflate() {
        int high = m - 1;
        int turns = 0;
        while (high > 0) {
            int low = high;
            while (low > 0 && !negligible(low)) {
                low--;
            }
            if (low == high) {
                high--;
                turns = 0;
            } else if (++turns > PATIENCE) {
                throw new IllegalStateException("the QR iteration of a matrix of order " + m + " did not converge in "
                        + PATIENCE + " steps");
            } else {
                step(low, high, turns);
            }
        }
    }

    private boolean negligible(int i) {
        double below = Math.hypot(re[i][i - 1], im[i][i - 1]);
        double diagonal = Math.hypot(re[i - 1][i - 1], im[i - 1][i - 1]) + Math.hypot(re[i][i], im[i][i]);
        return below <= 0x1p-52 * diagonal || below < 1e-300;
    }

    /** {@code A - σ I = Q R, A ← R Q + σ I} in rows and columns {@code low … high}. */
    private void step(int low, int high, int turns) {
        double[] σ = turns % 20 == 0 ? new double[] {re[high][high] + Math.abs(re[high][high - 1]), 0} : shift(high);
        double[][] rotation = new double[high][];
        for (int i = low; i <= high; i++) {
            re[i][i] -= σ[0];
            im[i][i] -= σ[1];
        }
        for (int k = low; k < high; k++) {
            double length = Math.hypot(Math.hypot(re[k][k], im[k][k]), Math.hypot(re[k + 1][k], im[k + 1][k]));
            double[] g = length == 0 ? new double[] {1, 0, 0, 0}
                    : new double[] {re[k][k] / length, im[k][k] / length, re[k + 1][k] / length, im[k + 1][k] / length};
            rotation[k] = g;
            for (int j = k; j <= high; j++) {
                double a = re[k][j];
                double b = im[k][j];
                double c = re[k + 1][j];
                double d = im[k + 1][j];
                re[k][j] = g[0] * a + g[1] * b + g[2] * c + g[3] * d;
                im[k][j] = g[0] * b - g[1] * a + g[2] * d - g[3] * c;
                re[k + 1][j] = -g[2] * a + g[3] * b + g[0] * c - g[1] * d;
                im[k + 1][j] = -g[2] * b - g[3] * a + g[0] * d + g[1] * c;
            }
        }
        for (int k = low; k < high; k++) {
            double[] g = rotation[k];
            for (int i = low; i <= k + 1; i++) {
                double a = re[i][k];
                double b = im[i][k];
                double c = re[i][k + 1];
                double d = im[i][k + 1];
                re[i][k] = a * g[0] - b * g[1] + c * g[2] - d * g[3];
                im[i][k] = a * g[1] + b * g[0] + c * g[3] + d * g[2];
                re[i][k + 1] = -a * g[2] - b * g[3] + c * g[0] + d * g[1];
                im[i][k + 1] = a * g[3] - b * g[2] - c * g[1] + d * g[0];
            }
        }
        for (int i = low; i <= high; i++) {
            re[i][i] += σ[0];
            im[i][i] += σ[1];
        }
    }

    /** The eigenvalue of the last {@code 2 × 2} block that is nearer to the block's last element. */
    private double[] shift(int high) {
        int k = high - 1;
        double hr = (re[k][k] - re[high][high]) / 2;
        double hi = (im[k][k] - im[high][high]) / 2;
        double pr = re[k][high] * re[high][k] - im[k][high] * im[high][k];
        double pi = re[k][high] * im[high][k] + im[k][high] * re[high][k];
        double dr = hr * hr - hi * hi + pr;
        double di = 2 * hr * hi + pi;
        double modulus = Math.hypot(dr, di);
        double sr = Math.sqrt((modulus + Math.abs(dr)) / 2);
        double si = sr == 0 ? 0 : Math.abs(di) / (2 * sr);
        if (dr < 0) {
            double swap = sr;
            sr = si;
            si = swap;
        }
        si = Math.copySign(si, di);
        double sign = hr * sr + hi * si > 0 ? -1 : 1;
        return new double[] {re[high][high] + hr + sign * sr, im[high][high] + hi + sign * si};
    }
}
