package dev.zstar.benchmarks.problems;

import java.util.Arrays;

/** Maximum likelihood by expectation-maximisation (Dempster, Laird and Rubin 1977), which is slow where components overlap. */
final class Statistics {
    /** {@code DAYS[k]} days of 1910 to 1912 on which The Times announced k deaths of women over 80. */
    private static final int[] DAYS = {162, 267, 271, 185, 111, 61, 27, 8, 3, 1};

    private Statistics() {}

    /** The genetic linkage of 197 animals, with one unknown: {@code 197 π² - 15 π - 68 = 0}. */
    static Problem linkage() {
        return new Problem("genetic linkage by EM", "Dempster, Laird and Rubin 1977, section 1", new double[] {0.5}, (z, out) -> {
            double hidden = 125 * z[0] / (2 + z[0]);
            out[0] = (hidden + 34) / (hidden + 18 + 20 + 34);
        }, new double[] {(15 + Math.sqrt(15 * 15 + 4 * 197 * 68)) / (2 * 197)}, 0);
    }

    /** A mixture of two Poisson distributions fitted to {@link #DAYS}: the weight of the first, and both means. */
    static Problem deaths() {
        return new Problem("Poisson mixture by EM", "Hasselblad 1969; as a fixed point in Varadhan and Roland 2008",
                new double[] {0.28, 1.06, 2.59}, (z, out) -> {
                    double days = 0;
                    double first = 0;
                    double firstSum = 0;
                    double secondSum = 0;
                    // The probabilities of k deaths, without the common factor 1/k!, which cancels.
                    double a = z[0] * StrictMath.exp(-z[1]);
                    double b = (1 - z[0]) * StrictMath.exp(-z[2]);
                    for (int k = 0; k < DAYS.length; k++) {
                        double weight = a / (a + b);
                        days += DAYS[k];
                        first += DAYS[k] * weight;
                        firstSum += DAYS[k] * k * weight;
                        secondSum += DAYS[k] * k * (1 - weight);
                        a *= z[1];
                        b *= z[2];
                    }
                    out[0] = first / days;
                    out[1] = firstSum / first;
                    out[2] = secondSum / (days - first);
                }, new double[] {0.3599, 1.2561, 2.6634}, 1e-4);
    }

    /**
     * The weights of n normal distributions in a mixture of them. Their standard deviation is 1, and their means are {@code spread} apart.
     * The mixture has weights in the ratio 1 : 2 : … : n, which is thus the solution. The start has equal weights.
     */
    static Problem mixtureWeights(int n, double spread) {
        double[] weights = new double[n];
        for (int k = 0; k < n; k++) {
            weights[k] = 2.0 * (k + 1) / (n * (n + 1));
        }
        int points = 200;
        double[] densities = new double[points * n];
        double[] population = new double[points];
        for (int i = 0; i < points; i++) {
            double x = -4 + (spread * (n - 1) + 8) * i / (points - 1);
            for (int k = 0; k < n; k++) {
                densities[i * n + k] = StrictMath.exp(-(x - spread * k) * (x - spread * k) / 2);
            }
        }
        // Each density sums to 1 over these points, so the weights are an exact fixed point.
        for (int k = 0; k < n; k++) {
            double sum = 0;
            for (int i = 0; i < points; i++) {
                sum += densities[i * n + k];
            }
            for (int i = 0; i < points; i++) {
                densities[i * n + k] /= sum;
            }
        }
        for (int i = 0; i < points; i++) {
            for (int k = 0; k < n; k++) {
                population[i] += weights[k] * densities[i * n + k];
            }
        }
        return new Problem("shares of " + n + " normals by EM", "Redner and Walker 1984", Systems.filled(n, 1.0 / n), (z, out) -> {
            Arrays.fill(out, 0);
            for (int i = 0; i < points; i++) {
                double density = 0;
                for (int k = 0; k < n; k++) {
                    density += z[k] * densities[i * n + k];
                }
                for (int k = 0; k < n; k++) {
                    out[k] += population[i] * z[k] * densities[i * n + k] / density;
                }
            }
        }, weights, 0);
    }
}
