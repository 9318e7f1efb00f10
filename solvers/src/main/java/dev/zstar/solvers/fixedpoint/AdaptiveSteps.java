package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Workspace;

/** The steps {@code z + β (f(z) - z)}, with a β for each row that its last two residuals determine. {@link Picard} shows the formula. */
final class AdaptiveSteps implements IterationMethod {
    private final Engine engine;
    private final Picard.Options options;
    /** The residual r of the previous step. */
    private final Basis last;
    private final double[] products;
    /** By row of the batch: ‖r‖² of the previous step, NaN if there is none, and β. */
    private final double[] before;
    private final double[] β;
    /** By position: β, and 1. */
    private final double[] steps;
    private final double[] ones;

    AdaptiveSteps(Workspace workspace, Picard.Options options) {
        engine = workspace.engine();
        this.options = options;
        int batch = workspace.batch();
        last = workspace.basis(1);
        products = new double[batch];
        before = new double[batch];
        β = new double[batch];
        steps = new double[batch];
        ones = workspace.ones();
    }

    @Override
    public void begin(int b) {
        before[b] = Double.NaN;
        β[b] = options.damping();
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        Block r = at.g();
        Rows rows = at.rows();
        engine.axpby(-1, at.z(), 1, r);
        engine.multiDot(last, 1, r, rows, products);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double square = at.residualSquare(b);
            double change = square - 2 * products[b] + before[b];
            // NaN in the first step; 0 if the residual did not change.
            if (change > 0) {
                β[b] = Math.clamp(-β[b] * (products[b] - before[b]) / change, options.least(), options.most());
            }
            before[b] = square;
            steps[p] = β[b];
        }
        engine.store(r, ones, last, 0, rows);
        engine.axpby(ones, at.z(), steps, r);
    }
}
