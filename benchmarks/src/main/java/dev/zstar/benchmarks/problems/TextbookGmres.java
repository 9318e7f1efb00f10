package dev.zstar.benchmarks.problems;

/** Full GMRES as in the textbook (Saad 2003, algorithm 6.9), in f64: modified Gram-Schmidt, Givens rotations, no restart. */
public final class TextbookGmres {
    private TextbookGmres() {}

    /**
     * The number of products with {@code a}, starting from 0, until the residual estimate is at most {@code tolerance · ‖b‖}. No product is
     * spent on a true residual.
     *
     * @param a n × n, row by row
     */
    public static int products(double[][] a, double[] b, double tolerance) {
        int n = b.length;
        double β = norm(b);
        double[][] v = new double[n + 1][];
        double[][] h = new double[n + 1][n];
        double[] c = new double[n];
        double[] s = new double[n];
        double g = β;
        v[0] = scaled(b, 1 / β);
        for (int j = 0; j < n; j++) {
            double[] w = new double[n];
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < n; k++) {
                    w[i] += a[i][k] * v[j][k];
                }
            }
            for (int i = 0; i <= j; i++) {
                for (int k = 0; k < n; k++) {
                    h[i][j] += w[k] * v[i][k];
                }
                for (int k = 0; k < n; k++) {
                    w[k] -= h[i][j] * v[i][k];
                }
            }
            double below = norm(w);
            v[j + 1] = scaled(w, below == 0 ? 0 : 1 / below);
            for (int i = 0; i < j; i++) {
                double top = h[i][j];
                h[i][j] = c[i] * top + s[i] * h[i + 1][j];
                h[i + 1][j] = c[i] * h[i + 1][j] - s[i] * top;
            }
            double hypotenuse = Math.hypot(h[j][j], below);
            c[j] = h[j][j] / hypotenuse;
            s[j] = below / hypotenuse;
            h[j][j] = hypotenuse;
            g *= -s[j];
            if (Math.abs(g) <= tolerance * β) {
                return j + 1;
            }
        }
        return n;
    }

    private static double norm(double[] x) {
        double square = 0;
        for (double e : x) {
            square += e * e;
        }
        return Math.sqrt(square);
    }

    private static double[] scaled(double[] x, double factor) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = factor * x[i];
        }
        return y;
    }
}
