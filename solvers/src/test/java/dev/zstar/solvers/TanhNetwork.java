package dev.zstar.solvers;

/**
 * Steps {@code z ← z + λ (tanh(W z + U x + b) - z)} from a start, and backpropagation through every one of them, in plain f64 Java. Layers
 * are compared with it.
 */
public final class TanhNetwork {
    public final int n;
    public final int inputs;
    public final double[] w;
    public final double[] u;
    public final double[] b;
    /** Gradients, added to by {@link #backward}. */
    public final double[] dw;
    public final double[] du;
    public final double[] db;
    private double[][] states;
    private double λ;

    public TanhNetwork(double[] w, double[] u, double[] b) {
        n = b.length;
        inputs = u.length / n;
        this.w = w;
        this.u = u;
        this.b = b;
        dw = new double[w.length];
        du = new double[u.length];
        db = new double[n];
    }

    /** The state after some steps. */
    public double[] run(double[] start, double[] x, int steps, double damping) {
        λ = damping;
        states = new double[steps + 1][];
        states[0] = start.clone();
        for (int t = 0; t < steps; t++) {
            states[t + 1] = new double[n];
            double[] f = f(states[t], x);
            for (int i = 0; i < n; i++) {
                states[t + 1][i] = (1 - λ) * states[t][i] + λ * f[i];
            }
        }
        return states[steps];
    }

    /** {@code tanh(W z + U x + b)}. */
    public double[] f(double[] z, double[] x) {
        double[] f = new double[n];
        for (int i = 0; i < n; i++) {
            double sum = b[i];
            for (int j = 0; j < inputs; j++) {
                sum += u[i * inputs + j] * x[j];
            }
            for (int j = 0; j < n; j++) {
                sum += w[i * n + j] * z[j];
            }
            f[i] = Math.tanh(sum);
        }
        return f;
    }

    /** Adds the gradients of {@code ⟨g, last state⟩} of the last run; returns that by x. */
    public double[] backward(double[] g, double[] x) {
        double[] dx = new double[inputs];
        double[] back = g.clone();
        for (int t = states.length - 2; t >= 0; t--) {
            double[] f = f(states[t], x);
            double[] next = new double[n];
            for (int i = 0; i < n; i++) {
                double d = λ * back[i] * (1 - f[i] * f[i]);
                next[i] += (1 - λ) * back[i];
                db[i] += d;
                for (int j = 0; j < n; j++) {
                    dw[i * n + j] += d * states[t][j];
                    next[j] += d * w[i * n + j];
                }
                for (int j = 0; j < inputs; j++) {
                    du[i * inputs + j] += d * x[j];
                    dx[j] += d * u[i * inputs + j];
                }
            }
            back = next;
        }
        return dx;
    }
}
