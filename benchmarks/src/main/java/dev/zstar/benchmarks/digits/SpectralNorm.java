package dev.zstar.benchmarks.digits;

import java.util.Random;

/**
 * Spectral normalisation (Miyato et al. 2018): {@code W = c V / max(c, σ(V))}, so that {@code ‖W‖₂ ≤ c}. With c below 1 and an
 * activation of slope at most 1 the cell contracts, and its equilibrium exists. The largest singular value σ comes from a power
 * iteration whose vectors are carried from step to step, since V changes little in one.
 */
final class SpectralNorm {
    private final int n;
    private final double limit;
    private final double[] left;
    private final double[] right;

    SpectralNorm(int n, double limit, Random random) {
        this.n = n;
        this.limit = limit;
        left = new double[n];
        right = random.doubles(n, -1, 1).toArray();
    }

    /** Runs the power iteration on {@code v}, n × n, and returns the factor that takes V to W. */
    double factor(double[] v, int iterations) {
        double σ = 0;
        for (int k = 0; k < iterations; k++) {
            normalise(right);
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    sum += v[i * n + j] * right[j];
                }
                left[i] = sum;
            }
            σ = normalise(left);
            java.util.Arrays.fill(right, 0);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    right[j] += v[i * n + j] * left[i];
                }
            }
        }
        return σ > limit ? limit / σ : 1;
    }

    /**
     * From the gradient of W to that of V, in place: with {@code W = s V}, {@code s = c / σ}, it is
     * {@code s (G - (⟨G, W⟩ / c) u vᵀ)} (Miyato et al., equation 12), u and v the singular vectors; G itself where s = 1.
     */
    void backward(double[] gradient, double[] v, double factor) {
        if (factor == 1) {
            return;
        }
        double inner = 0;
        for (int i = 0; i < n * n; i++) {
            inner += gradient[i] * v[i] * factor;
        }
        double scale = inner / limit;
        double length = Math.sqrt(java.util.Arrays.stream(right).map(x -> x * x).sum());
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                gradient[i * n + j] = factor * (gradient[i * n + j] - scale * left[i] * right[j] / length);
            }
        }
    }

    private static double normalise(double[] x) {
        double square = 0;
        for (double value : x) {
            square += value * value;
        }
        double length = Math.sqrt(square);
        for (int i = 0; i < x.length; i++) {
            x[i] /= length == 0 ? 1 : length;
        }
        return length;
    }
}
