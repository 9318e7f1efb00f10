package dev.zstar.solvers.stability;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Random;

/**
 * The largest singular value σ of a matrix V, with its vectors: {@code v ← Vᵀu / ‖Vᵀu‖}, {@code u ← V v / ‖V v‖}, {@code σ = ‖V v‖ = uᵀ V v} (Miyato et al. 2018, algorithm
 * 1). It approaches σ from below, at the rate {@code (σ₂/σ₁)²} in σ's error squared. The vectors stay from call to call, so that where V changes little one step
 * follows it.
 */
final class PowerIteration implements AutoCloseable {
    private final Engine engine;
    private final long seed;
    private final Block left;
    private final Block right;
    private final double[] length = new double[1];

    /** For matrices of {@code rows × cols}; u starts random. */
    PowerIteration(Engine engine, Type type, int rows, int cols, long seed) {
        this.engine = engine;
        this.seed = seed;
        left = engine.allocate(type, 1, rows);
        right = engine.allocate(type, 1, cols);
        restart();
    }

    private void restart() {
        Random random = new Random(seed);
        for (int i = 0; i < left.cols(); i++) {
            left.set(0, i, random.nextGaussian());
        }
    }

    /** Takes so many steps and returns σ; 0 for a matrix of zeros. */
    double run(Block matrix, int iterations) {
        if (iterations < 1) {
            throw new IllegalArgumentException("apply: " + iterations + " iterations, expected at least 1");
        }
        double σ = 0;
        for (int k = 0; k < iterations; k++) {
            engine.gemm(1, left, false, matrix, false, 0, right);
            if (normalise(right) == 0) {
                // u is as it was, for matrices to come.
                return 0;
            }
            engine.gemm(1, right, false, matrix, true, 0, left);
            σ = normalise(left);
            if (σ == 0) {
                restart();
                return 0;
            }
        }
        return σ;
    }

    /** Returns the length; 0 also for one so small that its inverse overflows. */
    private double normalise(Block x) {
        engine.norm(x, length);
        if (!(length[0] < Double.POSITIVE_INFINITY)) {
            restart();
            throw new IllegalArgumentException("apply: a product with V of " + left.cols() + "×" + right.cols() + " " + x.type() + " has the norm " + length[0]
                    + "; every element of V must be finite, and σ(V) in the range of the type");
        }
        if (length[0] < (x.type() == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL)) {
            return 0;
        }
        engine.scale(1 / length[0], x);
        return length[0];
    }

    /** u, 1 × rows, of length 1 after a run. */
    Block left() {
        return left;
    }

    /** v, 1 × cols, likewise. */
    Block right() {
        return right;
    }

    long bytes() {
        return left.bytes() + right.bytes();
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
