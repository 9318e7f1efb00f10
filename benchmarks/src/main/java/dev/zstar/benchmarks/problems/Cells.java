package dev.zstar.benchmarks.problems;

import java.util.Random;

/**
 * Equilibrium cells {@code z = φ(W z + c)} with the injected input {@code c = U x + b} (Bai, Kolter and Koltun 2019); the start is 0. They
 * are constructed from their solution. Random pre-activations a give {@code z* = φ(a)}. W is scaled so that J at z* has the given spectral
 * radius. Then {@code c = a - W z*}. A cell that does not contract may have other solutions, and a solver may find one of those.
 */
final class Cells {
    private static final String SOURCE = "Bai, Kolter and Koltun 2019, with a planted solution";

    private Cells() {}

    /** φ = tanh; W is a Gaussian matrix or the symmetric part of one. */
    static Problem tanh(int n, boolean symmetric, double radius) {
        return new PlantedCell(n, symmetric, radius)
                .problem("tanh cell, W " + (symmetric ? "symmetric" : "not symmetric") + " ρ=" + radius, SOURCE);
    }

    /** φ = ReLU with about half of the units at 0; W is a Gaussian matrix. */
    static Problem relu(int n, double radius) {
        double[] a = gaussian(n, 23);
        double[] w = gaussian(n * n, 24);
        double[] solution = new double[n];
        double[] slope = new double[n * n];
        for (int i = 0; i < n; i++) {
            solution[i] = Math.max(a[i], 0);
            slope[i * n + i] = a[i] > 0 ? 1 : 0;
        }
        double[] c = plant(w, slope, a, solution, radius);
        return new Problem("ReLU cell ρ=" + radius, SOURCE, new double[n], (z, out) -> {
            affine(w, z, c, out);
            for (int i = 0; i < n; i++) {
                out[i] = Math.max(out[i], 0);
            }
        }, solution, 0);
    }

    /** φ = tanh of a layer normalisation with gain 1 (Ba, Kiros and Hinton 2016); W is a Gaussian matrix. */
    static Problem normalised(int n, double radius) {
        double[] a = gaussian(n, 25);
        double[] w = gaussian(n * n, 26);
        double[] solution = a.clone();
        double deviation = normalise(solution);
        double[] slope = new double[n * n];
        for (int i = 0; i < n; i++) {
            double t = StrictMath.tanh(solution[i]);
            for (int j = 0; j < n; j++) {
                // The derivative of the normalised x_i with respect to a_j: (δ_ij - 1/n - x_i x_j / n) / σ.
                slope[i * n + j] = (1 - t * t) * ((i == j ? 1 : 0) - (1 + solution[i] * solution[j]) / n) / deviation;
            }
        }
        for (int i = 0; i < n; i++) {
            solution[i] = StrictMath.tanh(solution[i]);
        }
        double[] c = plant(w, slope, a, solution, radius);
        return new Problem("normalised cell ρ=" + radius, SOURCE, new double[n], (z, out) -> {
            affine(w, z, c, out);
            normalise(out);
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.tanh(out[i]);
            }
        }, solution, 0);
    }

    /**
     * φ = tanh, with a Jacobian at z* that turns planes: {@code J = Q R Qᵀ} with a random orthogonal Q, and R of 2×2 rotations by 1, 2, …
     * times this angle. The first plane has the given spectral radius, and each further one 0.8 of that before.
     */
    static Problem turning(int planes, double radius, double degrees) {
        int n = 2 * planes;
        double[] a = gaussian(n, 27);
        double[] q = orthogonal(n, 28);
        double[] solution = new double[n];
        double[] w = new double[n * n];
        double[] c = new double[n];
        for (int k = 0; k < planes; k++) {
            double cos = radius * Math.pow(0.8, k) * StrictMath.cos(Math.toRadians((k + 1) * degrees));
            double sin = radius * Math.pow(0.8, k) * StrictMath.sin(Math.toRadians((k + 1) * degrees));
            for (int i = 0; i < n; i++) {
                double x = q[2 * k * n + i];
                double y = q[(2 * k + 1) * n + i];
                for (int j = 0; j < n; j++) {
                    w[i * n + j] += (cos * x + sin * y) * q[2 * k * n + j] + (cos * y - sin * x) * q[(2 * k + 1) * n + j];
                }
            }
        }
        for (int i = 0; i < n; i++) {
            // Moderate pre-activations, whose slopes 1 - tanh² are far from 0; J is the slopes times W.
            a[i] /= 2;
            solution[i] = StrictMath.tanh(a[i]);
            for (int j = 0; j < n; j++) {
                w[i * n + j] /= 1 - solution[i] * solution[i];
            }
        }
        double[] product = new double[n];
        affine(w, solution, new double[n], product);
        for (int i = 0; i < n; i++) {
            c[i] = a[i] - product[i];
        }
        return new Problem("tanh cell that turns by " + (int) degrees + "°, ρ=" + radius, SOURCE, new double[n], (z, out) -> {
            affine(w, z, c, out);
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.tanh(out[i]);
            }
        }, solution, 0);
    }

    /** Orthonormal rows, by the modified Gram-Schmidt process on Gaussian ones. */
    private static double[] orthogonal(int n, long seed) {
        double[] q = gaussian(n * n, seed);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k <= i; k++) {
                double dot = 0;
                for (int j = 0; j < n; j++) {
                    dot += q[i * n + j] * q[k * n + j];
                }
                for (int j = 0; j < n; j++) {
                    q[i * n + j] = k < i ? q[i * n + j] - dot * q[k * n + j] : q[i * n + j] / Math.sqrt(dot);
                }
            }
        }
        return q;
    }

    /** Scales {@code w} so that {@code slope · w} has this radius, and returns {@code c = a - W z*}. */
    static double[] plant(double[] w, double[] slope, double[] a, double[] solution, double radius) {
        int n = a.length;
        double[] jacobian = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                for (int j = 0; j < n; j++) {
                    jacobian[i * n + j] += slope[i * n + k] * w[k * n + j];
                }
            }
        }
        double factor = radius / SpectralRadius.of(jacobian, n);
        double[] minus = new double[n];
        for (int i = 0; i < w.length; i++) {
            w[i] *= factor;
        }
        affine(w, solution, new double[n], minus);
        double[] c = new double[n];
        for (int i = 0; i < n; i++) {
            c[i] = a[i] - minus[i];
        }
        return c;
    }

    static void affine(double[] w, double[] z, double[] c, double[] out) {
        int n = z.length;
        for (int i = 0; i < n; i++) {
            double sum = c[i];
            for (int j = 0; j < n; j++) {
                sum += w[i * n + j] * z[j];
            }
            out[i] = sum;
        }
    }

    /**
     * Normalises {@code x} to mean 0 and variance 1, without the usual ε, which matters only where the variance is 0.
     *
     * @return the standard deviation before
     */
    private static double normalise(double[] x) {
        double mean = 0;
        for (double e : x) {
            mean += e / x.length;
        }
        double variance = 0;
        for (double e : x) {
            variance += (e - mean) * (e - mean) / x.length;
        }
        double deviation = Math.sqrt(variance);
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] - mean) / deviation;
        }
        return deviation;
    }

    static void symmetrise(double[] w, int n) {
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                double mean = (w[i * n + j] + w[j * n + i]) / 2;
                w[i * n + j] = mean;
                w[j * n + i] = mean;
            }
        }
    }

    static double[] gaussian(int count, long seed) {
        Random random = new Random(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextGaussian();
        }
        return values;
    }
}
