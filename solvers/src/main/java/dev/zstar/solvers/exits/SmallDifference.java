package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Shaped;

/**
 * Ends a row whose iterate hardly moved: {@code ‖z_k - z_{k-1}‖ ≤ threshold · ‖z_k‖}. This is the latent difference of Geiping et al.
 * (2025, arXiv 2502.05171), whose code takes 0.03. Holds 2 blocks.
 */
public final class SmallDifference implements ExitRule {
    private final double threshold;
    private final Differences differences;

    /** Plans for the batch, n and type of a solver or map. */
    public SmallDifference(Shaped shape, double threshold) {
        this.threshold = Threshold.check("SmallDifference", threshold);
        differences = new Differences(shape, 1);
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
            if (differences.first(b) <= threshold * differences.size(b)) {
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
