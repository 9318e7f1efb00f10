package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Scaled;

/**
 * Spectral normalisation (Miyato, Kataoka, Koyama and Yoshida 2018): {@code W = V min(1, c / σ(V))}, so {@code ‖W‖₂ ≤ c} up to the
 * relative error of σ. With c below 1 and an activation of slope at most 1, a cell contracts: its equilibrium exists, and plain iteration
 * finds it. Unlike the paper, this class leaves weights within the bound unchanged.
 *
 * <p>σ comes from a power iteration that keeps its vectors from step to step. About 50 iterations are needed at the start, then one for
 * each small change of V; {@link #update} takes as many as a change needs. The iteration approaches σ from below. Until it converges,
 * {@code ‖W‖₂} may exceed c, by the factor by which σ is underestimated.
 *
 * <p>Not thread-safe. Allocates nothing after the constructor. Holds two vectors:
 * {@code Block.bytes(type, 1, rows) + Block.bytes(type, 1, cols)}.
 */
public final class SpectralNormalisation implements AutoCloseable {
    /** Steps of the power iteration for a V that has nothing to do with the last one. */
    private static final int MOST = 50;
    /** The iteration has converged when a step raises σ by at most this part of it. */
    private static final double TOLERANCE = 1e-4;
    /** V is another matrix if a row has moved by more than this part of the longest row. A step of an optimiser moves it by less. */
    private static final double ANOTHER = 0.5;

    private final Engine engine;
    private final Type type;
    private final int rows;
    private final int cols;
    private final double limit;
    private final PowerIteration power;
    private final double[] products;
    private final double[] lengths;
    private final double[] former;
    private double sigma = Double.NaN;

    /**
     * For matrices of {@code rows × cols}.
     *
     * @param limit c, above 0
     * @param seed the seed of the first vector of the power iteration
     */
    public SpectralNormalisation(Engine engine, Type type, int rows, int cols, double limit, long seed) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException("spectral normalisation: V is " + rows + "×" + cols + ", expected at least 1×1");
        }
        Arguments.positive("spectral normalisation", "the limit c", limit);
        this.engine = Arguments.present("spectral normalisation", "the engine", engine);
        this.type = Arguments.present("spectral normalisation", "the type", type);
        this.rows = rows;
        this.cols = cols;
        this.limit = limit;
        power = new PowerIteration(engine, type, rows, cols, seed);
        products = new double[rows];
        lengths = new double[rows];
        former = new double[rows];
    }

    /**
     * {@code W = V min(1, c / σ(V))}.
     *
     * @param v {@code rows × cols}
     * @param w of the same shape; may be {@code v}
     * @param iterations the number of steps of the power iteration, at least 1; each takes two matrix-vector products
     * @throws IllegalArgumentException if V holds NaN or infinities, or a shape does not fit
     */
    public void apply(Block v, Block w, int iterations) {
        Arguments.present("apply", "V", v).requireShape("apply", "V", type, rows, cols);
        Arguments.present("apply", "W", w).requireShape("apply", "W", type, rows, cols);
        // If the iteration refuses V, there is no σ.
        sigma = Double.NaN;
        sigma = power.run("apply", v, iterations);
        limit(v, w);
    }

    /**
     * {@code W = V min(1, c / σ(V))} after any change of V: by a step of an optimiser, or from a file. The power iteration goes on from the
     * vectors of the last V, until a step raises σ by at most 10⁻⁴ of it, for at most 50 steps. After a small change that is one step.
     *
     * <p>If a row of V has moved by more than half the length of the longest row, V is another matrix. Then the iteration starts afresh:
     * the last vectors may be singular vectors of the new V, too, but of a smaller singular value. W has the bits that
     * {@code apply(v, w, 50)} of a new object writes. So has the first call.
     *
     * @param v {@code rows × cols}
     * @param w the W that the last call wrote; overwritten
     * @throws IllegalArgumentException if V holds NaN or infinities, or a shape does not fit
     */
    public void update(Block v, Block w) {
        Arguments.present("update", "V", v).requireShape("update", "V", type, rows, cols);
        Arguments.present("update", "W", w).requireShape("update", "W", type, rows, cols);
        Arguments.disjoint("update", "V", v, "W", w);
        boolean another = isAnother(v, w);
        sigma = Double.NaN;
        if (another) {
            power.forget();
            sigma = power.run("update", v, MOST);
        } else {
            sigma = power.converge("update", v, TOLERANCE, MOST);
        }
        limit(v, w);
    }

    /** Whether a row of {@code s V} is farther from that of W than half the longest row of W. A distance that is not finite is far. */
    private boolean isAnother(Block v, Block w) {
        if (Double.isNaN(sigma)) {
            return true;
        }
        engine.norm(v, lengths);
        engine.norm(w, former);
        engine.dot(v, w, products);
        double longest = 0;
        for (double length : former) {
            longest = Math.max(longest, length);
        }
        boolean near = true;
        for (int i = 0; i < rows && near; i++) {
            double a = factor() * lengths[i] / longest;
            double b = former[i] / longest;
            double cosine = a == 0 || b == 0 ? 0 : products[i] / lengths[i] / former[i];
            near = a * a - 2 * a * b * cosine + b * b <= ANOTHER * ANOTHER;
        }
        return !near;
    }

    /**
     * {@code W = V min(1, c / σ(V))} with σ from the present {@link #vector}, without a step of the power iteration. If V and the vector
     * are those of an earlier {@link #apply}, W is the same to the bit. A program that resumes from a file needs this.
     */
    public void restore(Block v, Block w) {
        Arguments.present("restore", "V", v).requireShape("restore", "V", type, rows, cols);
        Arguments.present("restore", "W", w).requireShape("restore", "W", type, rows, cols);
        sigma = power.again("restore", v);
        limit(v, w);
    }

    private void limit(Block v, Block w) {
        double s = factor();
        if (Scaled.isNormal(type, s)) {
            engine.axpby(s, v, 0, w);
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                w.set(i, j, v.get(i, j) / sigma * limit);
            }
        }
    }

    /** The right singular vector, {@code 1 × cols}. It is all that this object has to remember from step to step. */
    public Block vector() {
        return power.right();
    }

    /** σ(V) of the last {@link #apply}; NaN before the first. */
    public double sigma() {
        return sigma;
    }

    /** {@code min(1, c / σ)} of the last {@link #apply}. */
    public double factor() {
        return sigma > limit ? limit / sigma : 1;
    }

    /**
     * {@code ∂L/∂V = s (G - ⟨G, W⟩ / c · u vᵀ)} for the V last given to {@link #apply}, with {@code G = ∂L/∂W}, {@code s = c / σ} and the
     * singular vectors u and v (Miyato et al., equation 12); G if V was within the bound. Exact once u and v have converged.
     *
     * @param w the W that the last {@link #apply} wrote
     * @param dw ∂L/∂W, {@code rows × cols}
     * @param dv written; may be {@code dw}
     */
    public void vjp(Block w, Block dw, Block dv) {
        Arguments.present("vjp", "W", w).requireShape("vjp", "W", type, rows, cols);
        Arguments.present("vjp", "the gradient of W", dw).requireShape("vjp", "the gradient of W", type, rows, cols);
        Arguments.present("vjp", "the gradient of V", dv).requireShape("vjp", "the gradient of V", type, rows, cols);
        if (Double.isNaN(sigma)) {
            throw new IllegalStateException("vjp: σ is not known yet, expected a call of apply first");
        }
        double s = factor();
        if (s == 1) {
            engine.axpby(1, dw, 0, dv);
            return;
        }
        double inner = inner(dw, w);
        if (Scaled.isNormal(type, s) && (inner == 0 || Scaled.isNormal(type, inner))) {
            engine.axpby(s, dw, 0, dv);
            engine.gemm(-inner, power.left(), true, power.right(), false, 1, dv);
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                dv.set(i, j, dw.get(i, j) / sigma * limit - inner * power.left().get(0, i) * power.right().get(0, j));
            }
        }
    }

    /** {@code ⟨G, W⟩ / σ}, which is {@code s ⟨G, W⟩ / c}. */
    private double inner(Block dw, Block w) {
        engine.dot(dw, w, products);
        double inner = 0;
        for (double product : products) {
            inner += product;
        }
        if (Math.abs(inner) >= Scaled.SMALLEST_SUM && Math.abs(inner) < Double.POSITIVE_INFINITY) {
            return inner / sigma;
        }
        // The sum is 0, or products of elements left the range of f64: powers of two are kept apart.
        int of = Scaled.exponent(dw);
        int and = Scaled.exponent(w);
        int by = Math.getExponent(sigma);
        inner = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                inner += Math.scalb(dw.get(i, j), -of) * Math.scalb(w.get(i, j), -and);
            }
        }
        return Math.scalb(inner / Math.scalb(sigma, -by), of + and - by);
    }

    /** Bytes that this object holds. */
    public long bytes() {
        return power.bytes();
    }

    @Override
    public void close() {
        power.close();
    }
}
