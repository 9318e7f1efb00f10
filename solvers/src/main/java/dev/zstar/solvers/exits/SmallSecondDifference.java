package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Shaped;

/**
 * Ends a row whose steps hardly change: {@code ‖Δ_k - Δ_{k-1}‖ ≤ threshold · ‖z_k‖} with {@code Δ_k = z_k - z_{k-1}}. It sees a row that
 * drifts at a steady pace as settled, which a {@link SmallDifference} does not. Pappone, Crisostomi and Rodolà (2025, arXiv 2509.23314)
 * exit by this difference once it is small twice in a row: {@code new SmallSecondDifference(solver, threshold).inARow(2)}. Holds 3 blocks.
 */
public final class SmallSecondDifference implements ExitRule {
    private final double threshold;
    private final Differences differences;

    /** Plans for the batch, n and type of a solver or map. */
    public SmallSecondDifference(Shaped shape, double threshold) {
        this.threshold = Threshold.check("SmallSecondDifference", threshold);
        differences = new Differences(shape, 2);
    }

    @Override
    public void begin(int b) {
        differences.begin(b);
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        differences.measure(z, rows);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (differences.second(b) <= threshold * differences.size(b)) {
                exits.stop(p);
            }
        }
    }

    @Override
    public long bytes() {
        return differences.bytes();
    }

    @Override
    public void close() {
        differences.close();
    }
}
