package dev.zstar.solvers.fixedpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Broyden's methods with the matrix H, updated as in the textbook. */
final class DenseBroyden {
    private final boolean good;
    private final int memory;
    private final LineSearch search;
    private double[][] h;

    /** @param memory directions after which H is the identity again */
    DenseBroyden(boolean good, int memory, boolean lineSearch) {
        this.good = good;
        this.memory = memory;
        search = lineSearch ? new LineSearch(1, 1e-4, 10, 1) : null;
    }

    /** Trials that were refused. */
    int refused;

    /** The points evaluated, including the last one. */
    List<double[]> points(double[] start, int count, UnaryOperator<double[]> f) {
        int n = start.length;
        List<double[]> points = new ArrayList<>();
        double[] base = null;
        double[] best = null;
        double shortest = Double.POSITIVE_INFINITY;
        boolean returning = false;
        double[] r = null;
        double[] d = null;
        double[] z = start.clone();
        double λ = 1;
        int directions = 0;
        identity(n);
        if (search != null) {
            search.begin(0);
        }
        for (int k = 0; k < count; k++) {
            points.add(z.clone());
            double[] next = f.apply(z);
            for (int i = 0; i < n; i++) {
                next[i] -= z[i];
            }
            double norm = Math.sqrt(dot(next, next));
            LineSearch.Move move = search == null ? LineSearch.Move.ACCEPT : search.judge(0, norm);
            if (move == LineSearch.Move.FAIL) {
                throw new AssertionError("a direction is given up");
            } else if (move != LineSearch.Move.ACCEPT) {
                refused++;
                returning = move == LineSearch.Move.LOST;
                if (returning) {
                    search.returnToBase(0);
                    base = best;
                }
                λ = search.length(0);
            } else {
                if (returning) {
                    identity(n);
                    directions = 0;
                    d = null;
                    returning = false;
                }
                if (directions == memory) {
                    identity(n);
                    directions = 0;
                } else if (d != null) {
                    double[] s = new double[n];
                    double[] y = new double[n];
                    for (int i = 0; i < n; i++) {
                        s[i] = λ * d[i];
                        y[i] = r[i] - next[i];
                    }
                    update(s, y);
                }
                base = z.clone();
                r = next;
                d = times(r);
                directions++;
                λ = 1;
                if (norm < shortest) {
                    shortest = norm;
                    best = base;
                }
                if (search != null) {
                    search.next(0);
                }
            }
            for (int i = 0; i < n; i++) {
                z[i] = base[i] + λ * d[i];
            }
        }
        return points;
    }

    /** {@code H x}, or {@code Hᵀ x}, with the H that made the step from the last point. */
    double[] multiply(boolean transposed, double[] x) {
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                out[i] += (transposed ? h[j][i] : h[i][j]) * x[j];
            }
        }
        return out;
    }

    private void identity(int n) {
        h = new double[n][n];
        for (int i = 0; i < n; i++) {
            h[i][i] = 1;
        }
    }

    /** {@code H += (s - H y) vᵀ / (vᵀ y)}, v being Hᵀ s or y. */
    private void update(double[] s, double[] y) {
        int n = s.length;
        double[] hy = times(y);
        double[] v = y;
        if (good) {
            v = new double[n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    v[j] += s[i] * h[i][j];
                }
            }
        }
        double divisor = dot(v, y);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                h[i][j] += (s[i] - hy[i]) * v[j] / divisor;
            }
        }
    }

    private double[] times(double[] x) {
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = dot(h[i], x);
        }
        return out;
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }
}
