package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;

/** The entropy of a distribution. */
final class Entropy {
    private Entropy() {}

    /** {@code -Σ_i p_i log p_i} of row {@code row}, in nats; NaN if a probability is NaN. */
    static double of(Block probabilities, int row) {
        double sum = 0;
        for (int i = 0; i < probabilities.cols(); i++) {
            double p = probabilities.get(row, i);
            // The limit of p log p at 0 is 0.
            sum -= p == 0 ? 0 : p * Math.log(p);
        }
        return sum;
    }
}
