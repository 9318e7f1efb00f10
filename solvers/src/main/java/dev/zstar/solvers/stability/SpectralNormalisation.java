package dev.zstar.solvers.stability;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Random;

/**
 * {@code W = V min(1, c / σ(V))}, so that {@code ‖W‖₂ ≤ c} (Miyato, Kataoka, Koyama and Yoshida 2018). With c below 1 and an activation of slope at most 1
 * a cell with this W contracts, and its equilibrium exists.
 *
 * <p>σ, the largest singular value, comes from a power iteration whose vectors are carried from call to call, since V changes little in a step of training.
 * It is a bound from below, which is tight once the iteration has converged: give the first call 50 iterations, and later ones 1.
 */
public final class SpectralNormalisation implements AutoCloseable {
    private final Engine engine;
    private final Type type;
    private final int rows;
    private final int cols;
    private final double limit;
    /** The singular vectors, {@code 1 × rows} and {@code 1 × cols}. */
    private final Block left;
    private final Block right;
    private final double[] norm;
    private final double[] inner;
    private final Random random;
    private double factor;
    private double σ;

    private SpectralNormalisation(Engine engine, Type type, int rows, int cols, double limit, long seed) {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("spectral normalisation to " + limit + "; expected a positive limit");
        }
        this.engine = engine;
        this.type = type;
        this.rows = rows;
        this.cols = cols;
        this.limit = limit;
        left = engine.allocate(type, 1, rows);
        right = engine.allocate(type, 1, cols);
        norm = new double[1];
        inner = new double[rows];
        random = new Random(seed);
        start();
        factor = Double.NaN;
    }

    private void start() {
        for (int i = 0; i < cols; i++) {
            right.set(0, i, random.nextGaussian());
        }
        normalise(right);
    }

    /**
     * Allocates two vectors.
     *
     * @param rows of V
     * @param cols of V
     * @param limit c
     * @param seed of the vector that the power iteration starts from
     */
    public static SpectralNormalisation plan(Engine engine, Type type, int rows, int cols, double limit, long seed) {
        return new SpectralNormalisation(engine, type, rows, cols, limit, seed);
    }

    /**
     * {@code w = V min(1, c / σ)}.
     *
     * @param v {@code rows × cols}; not changed
     * @param w of the same shape; may be v
     * @param iterations of the power iteration, 2 products with a vector each; 0 keeps σ as it was
     * @return σ
     */
    public double apply(Block v, Block w, int iterations) {
        v.requireShape("spectral normalisation", "V", type, rows, cols);
        w.requireShape("spectral normalisation", "W", type, rows, cols);
        for (int k = 0; k < iterations; k++) {
            engine.gemm(1, right, false, v, true, 0, left);
            normalise(left);
            engine.gemm(1, left, false, v, false, 0, right);
            σ = normalise(right);
            if (!(σ > 0)) {
                // V is zero, or the vector was orthogonal to all that it is made of: nothing is left to iterate with.
                start();
            }
        }
        factor = σ > limit ? limit / σ : 1;
        engine.axpby(factor, v, 0, w);
        return σ;
    }

    /**
     * From the gradient by W to that by V, of the last {@link #apply}: {@code s (G - ⟨G, s V⟩ u vᵀ / c)} with {@code s = c / σ} and the singular vectors u and v
     * (Miyato et al., equation 12), or G itself where s = 1.
     *
     * @param v what {@code apply} was given
     * @param gradient G, {@code rows × cols}; becomes the gradient by V
     */
    public void vjp(Block v, Block gradient) {
        if (Double.isNaN(factor)) {
            throw new IllegalStateException("spectral normalisation: vjp before apply");
        }
        gradient.requireShape("spectral normalisation", "the gradient", type, rows, cols);
        if (factor == 1) {
            return;
        }
        engine.dot(gradient, v, inner);
        double sum = 0;
        for (double row : inner) {
            sum += row;
        }
        engine.gemm(-factor * factor * sum / limit, left, true, right, false, factor, gradient);
    }

    private double normalise(Block x) {
        engine.norm(x, norm);
        if (norm[0] > 0) {
            engine.scale(1 / norm[0], x);
        }
        return norm[0];
    }

    /** Bytes that this holds. */
    public long bytes() {
        return left.bytes() + right.bytes();
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
