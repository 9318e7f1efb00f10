package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import java.util.HashMap;
import java.util.Map;

/**
 * {@code f_i = cos(t) tanh(Σ_j w_ij z_j + x_i) - a_i z_i}, written by hand for rows of any length. The gradients are arrays: of w, row by
 * row, then of a, then of x of each row of the batch.
 */
final class TimedTanh implements DifferentiableOde<double[]> {
    final int n;
    final double[] w;
    final double[] a;
    private Block x;
    private final Map<Integer, double[]> points = new HashMap<>();

    TimedTanh(int n, double[] w, double[] a) {
        this.n = n;
        this.w = w;
        this.a = a;
    }

    int gradients(int batch) {
        return n * n + n + batch * n;
    }

    @Override
    public void inject(Block x) {
        this.x = x;
    }

    private double tanh(Block z, int p, int b, int i) {
        double sum = x.get(b, i);
        for (int j = 0; j < n; j++) {
            sum += w[i * n + j] * z.get(p, j);
        }
        return Math.tanh(sum);
    }

    @Override
    public void apply(double[] t, Block z, Block out, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < n; i++) {
                out.set(p, i, Math.cos(t[p]) * tanh(z, p, rows.index(p), i) - a[i] * z.get(p, i));
            }
        }
    }

    @Override
    public void linearise(double[] t, Block z, Rows rows) {
        points.clear();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double[] slopes = new double[n];
            for (int i = 0; i < n; i++) {
                double y = tanh(z, p, b, i);
                slopes[i] = Math.cos(t[p]) * (1 - y * y);
            }
            points.put(b, slopes);
        }
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            double[] slopes = points.get(rows.index(p));
            for (int j = 0; j < n; j++) {
                double sum = -a[j] * u.get(p, j);
                for (int i = 0; i < n; i++) {
                    sum += u.get(p, i) * slopes[i] * w[i * n + j];
                }
                out.set(p, j, sum);
            }
        }
    }

    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, double[] sum) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double[] slopes = points.get(b);
            for (int i = 0; i < n; i++) {
                double d = v.get(p, i) * slopes[i];
                for (int j = 0; j < n; j++) {
                    sum[i * n + j] += d * z.get(p, j);
                }
                sum[n * n + i] -= v.get(p, i) * z.get(p, i);
                sum[n * n + n + b * n + i] += d;
                if (x.get(p, i) != this.x.get(b, i)) {
                    throw new AssertionError("the input of row " + b + " is at another position");
                }
            }
        }
    }
}
