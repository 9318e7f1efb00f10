package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.guard.Scaled;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How good the v of a backward pass is, row by row, against a tight solve of {@code (I - Jᵀ) v = g}. Rows whose g is zero have residual and
 * error 0 and cosine 1. Elements may be of any finite size.
 *
 * @param residual {@code ‖g - (I - Jᵀ) v‖ / ‖g‖}
 * @param cosine of the angle between v and the exact one; 0 where v is zero
 * @param error {@code ‖v - exact‖ / ‖exact‖}
 * @param evaluations that the mode took
 * @param exactEvaluations that the tight solve took
 * @param exact whether that solve reached its tolerance in every row; where it did not, cosine and error say little
 */
public record GradientReport(List<Double> residual, List<Double> cosine, List<Double> error, int evaluations, int exactEvaluations, boolean exact) {
    /**
     * Row by row.
     *
     * @param gradient g
     * @param found v
     * @param product {@code Jᵀ v}
     */
    static GradientReport of(Block gradient, Block found, Block exact, Block product, int evaluations, Outcome solved) {
        List<Double> residual = new ArrayList<>();
        List<Double> cosine = new ArrayList<>();
        List<Double> error = new ArrayList<>();
        for (int b = 0; b < gradient.rows(); b++) {
            Scaled g = Scaled.of(gradient, b);
            Scaled v = Scaled.of(found, b);
            Scaled e = Scaled.of(exact, b);
            boolean zero = g.isZero();
            residual.add(zero ? 0 : g.plus(-1, v).plus(1, Scaled.of(product, b)).ratio(g));
            cosine.add(zero ? 1 : v.cosine(e));
            error.add(zero ? 0 : v.plus(-1, e).ratio(e));
        }
        return new GradientReport(residual, cosine, error, evaluations, solved.evaluations(), solved.succeeded());
    }

    /** The largest residual. */
    public double worstResidual() {
        return residual.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    /** The smallest cosine. */
    public double worstCosine() {
        return cosine.stream().mapToDouble(Double::doubleValue).min().orElse(1);
    }

    /** The mean cosine. */
    public double meanCosine() {
        return cosine.stream().mapToDouble(Double::doubleValue).average().orElse(1);
    }

    /** The largest error. */
    public double worstError() {
        return error.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "residual at most %.2g, cosine at least %.4f, error at most %.2g in %d evaluations, where a tight solve takes %d%s",
                worstResidual(), worstCosine(), worstError(), evaluations, exactEvaluations, exact ? "" : " and does not get there");
    }
}
