package dev.zstar.solvers;

/**
 * The reversible steps {@code y ← (1 - β) y + β f(z), z ← (1 - β) z + β f(y)} with {@code f(z) = tanh(W z + U x + b)}, all of whose states
 * are kept, and backpropagation through every one of them, in plain f64 Java.
 */
public final class ReversibleTanhNetwork {
    /** Its gradients are added to. */
    public final TanhNetwork cell;
    private final double β;
    private double[][] y;
    private double[][] z;

    public ReversibleTanhNetwork(TanhNetwork cell, double β) {
        this.cell = cell;
        this.β = β;
    }

    /** The z after some steps. */
    public double[] run(double[] start, double[] x, int steps) {
        y = new double[steps + 1][];
        z = new double[steps + 1][];
        y[0] = start.clone();
        z[0] = start.clone();
        for (int t = 0; t < steps; t++) {
            y[t + 1] = mix(y[t], cell.f(z[t], x));
            z[t + 1] = mix(z[t], cell.f(y[t + 1], x));
        }
        return z[steps];
    }

    private double[] mix(double[] state, double[] f) {
        double[] next = new double[f.length];
        for (int i = 0; i < f.length; i++) {
            next[i] = (1 - β) * state[i] + β * f[i];
        }
        return next;
    }

    /** Adds the gradients of {@code ⟨g, z⟩} after the last run; returns that with respect to x. */
    public double[] backward(double[] g, double[] x) {
        double[] dx = new double[cell.inputs];
        double[] dz = g.clone();
        double[] dy = new double[cell.n];
        for (int t = y.length - 2; t >= 0; t--) {
            pull(dz, y[t + 1], x, dx, dy);
            pull(dy, z[t], x, dx, dz);
        }
        return dx;
    }

    /** Through {@code (1 - β) state + β f(at)}: scales the cotangent {@code v} of the result to that of the state, and adds that of at. */
    private void pull(double[] v, double[] at, double[] x, double[] dx, double[] dat) {
        double[] f = cell.f(at, x);
        for (int i = 0; i < cell.n; i++) {
            double d = β * v[i] * (1 - f[i] * f[i]);
            v[i] *= 1 - β;
            cell.db[i] += d;
            for (int j = 0; j < cell.n; j++) {
                cell.dw[i * cell.n + j] += d * at[j];
                dat[j] += d * cell.w[i * cell.n + j];
            }
            for (int j = 0; j < cell.inputs; j++) {
                cell.du[i * cell.inputs + j] += d * x[j];
                dx[j] += d * cell.u[i * cell.inputs + j];
            }
        }
    }
}
