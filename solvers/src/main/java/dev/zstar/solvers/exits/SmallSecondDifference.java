package dev.zstar.solvers.exits;

import dev.zstar.solvers.Shaped;

/**
 * Ends a row whose steps hardly change: {@code ‖Δ_k - Δ_{k-1}‖ ≤ threshold · ‖z_k‖} with {@code Δ_k = z_k - z_{k-1}}. It also ends a row
 * whose steps are large but equal, which {@link SmallDifference} does not. Pappone, Crisostomi and Rodolà (2025, arXiv 2509.23314)
 * exit by this difference once it is small twice in a row: {@code new SmallSecondDifference(solver, threshold).inARow(2)}. Holds 3 blocks.
 */
public final class SmallSecondDifference extends DifferenceRule {
    /** Plans for the batch, n and type of a solver or map. */
    public SmallSecondDifference(Shaped shape, double threshold) {
        super("SmallSecondDifference", shape, 2, threshold);
    }

    @Override
    double difference(Differences of, int b) {
        return of.second(b);
    }
}
