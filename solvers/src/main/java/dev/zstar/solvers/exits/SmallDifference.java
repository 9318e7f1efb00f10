package dev.zstar.solvers.exits;

import dev.zstar.solvers.Shaped;

/**
 * Ends a row whose iterate hardly moved: {@code ‖z_k - z_{k-1}‖ ≤ threshold · ‖z_k‖}. This is the latent difference of Geiping et al.
 * (2025, arXiv 2502.05171), whose code takes 0.03. Holds 2 blocks.
 */
public final class SmallDifference extends DifferenceRule {
    /** Plans for the batch, n and type of a solver or map. */
    public SmallDifference(Shaped shape, double threshold) {
        super("SmallDifference", shape, 1, threshold);
    }

    @Override
    double difference(Differences of, int b) {
        return of.first(b);
    }
}
