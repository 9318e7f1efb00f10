package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Scaled;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares the v of a backward pass with a reference v from a tight solve of {@code (I - Jᵀ) v = g}, row by row. A row whose g is zero has
 * residual 0, error 0 and cosine 1. Elements may be of any finite size.
 *
 * @param residual for each row {@code ‖g - (I - Jᵀ) v‖ / ‖g‖}
 * @param cosine for each row the cosine of the angle between v and the reference; 0 if v is zero
 * @param error for each row {@code ‖v - reference‖ / ‖reference‖}
 * @param evaluations the number of products with Jᵀ of the mode, and of evaluations of f that it repeats, as in
 *     {@link GradientOutcome#evaluations}
 * @param exactEvaluations the number of products with Jᵀ of the tight solve
 * @param exact whether the tight solve reached its tolerance in every row; if not, cosine and error say little
 */
public record GradientReport(
        List<Double> residual, List<Double> cosine, List<Double> error, int evaluations, int exactEvaluations, boolean exact) {
    /**
     * Solves tightly, and compares. Allocates {@code min(n, 100) + 7} blocks of {@code rows × n}, and frees them.
     *
     * @param t {@code Jᵀ}
     * @param gradient g
     * @param found v
     * @param all every row of g at its own position
     */
    static GradientReport of(Engine engine, LinearOperator t, Block gradient, Block found, Rows all, int evaluations) {
        Type type = gradient.type();
        int rows = gradient.rows();
        int n = gradient.cols();
        Stopping tight = Stopping.relative(type == Type.F32 ? 1e-6 : 1e-12).within(2000);
        try (LinearSolver gmres = Gmres.plan(engine, type, rows, n, Math.min(n, 100), tight);
                Block exact = engine.allocate(type, rows, n);
                Block product = engine.allocate(type, rows, n)) {
            Outcome solved = gmres.solve(t, gradient, exact);
            t.apply(found, product, all);
            return compare(gradient, found, exact, product, evaluations, solved);
        }
    }

    /**
     * Row by row.
     *
     * @param product {@code Jᵀ v}
     */
    private static GradientReport compare(
            Block gradient, Block found, Block exact, Block product, int evaluations, Outcome solved) {
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

    /** The largest residual of a row. */
    public double worstResidual() {
        return residual.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    /** The smallest cosine of a row. */
    public double worstCosine() {
        return cosine.stream().mapToDouble(Double::doubleValue).min().orElse(1);
    }

    /** The mean cosine of the rows. */
    public double meanCosine() {
        return cosine.stream().mapToDouble(Double::doubleValue).average().orElse(1);
    }

    /** The largest error of a row. */
    public double worstError() {
        return error.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT,
                "residual at most %.2g, cosine at least %.4f, error at most %.2g, with %d evaluations; the tight solve took %d%s",
                worstResidual(), worstCosine(), worstError(), evaluations, exactEvaluations,
                exact ? "" : " without reaching its tolerance, so cosine and error say little");
    }
}
