package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.OptionalInt;

/**
 * Plain iteration {@code z ← z + β (f(z) - z)}; with {@code β < 1} damped (Krasnoselskii 1955). Converges where the map contracts,
 * at the rate of its Lipschitz constant; the yardstick for all others, and what {@linkplain #equivalentDepth equivalent depth} counts.
 */
public final class Picard extends FixedPointSolver {
    private final double β;

    private Picard(Plan plan, double β, Stopping stopping) {
        super(plan, stopping);
        if (!(β > 0 && β <= 1)) {
            plan.close();
            throw new IllegalArgumentException("damping " + β + "; expected 0 < β ≤ 1");
        }
        this.β = β;
    }

    /** Allocates two blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static Picard plan(Engine engine, Type type, int n, int batch, double β, Stopping stopping) {
        return new Picard(new Plan(engine, type, n, batch), β, stopping);
    }

    @Override
    double damping() {
        return β;
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        if (β == 1) {
            swap();
        } else {
            plan.engine.axpby(β, gk, 1 - β, zk);
        }
    }

    /**
     * The equivalent depth {@code L_eq(ε)}: the plain steps from {@code start} until every row's relative residual is at most ε, and
     * so the depth of the weight-tied network that a solve to ε replaces. Empty where {@code limit} steps do not get there.
     *
     * @param start is left unchanged
     */
    public static OptionalInt equivalentDepth(Engine engine, FixedPointMap f, Block start, double ε, int limit) {
        try (Picard picard = plan(engine, start.type(), start.cols(), start.rows(), 1, Stopping.relative(ε).within(limit));
                Block z = engine.allocate(start.type(), start.rows(), start.cols())) {
            z.copyFrom(start);
            Outcome outcome = picard.solve(f, z);
            return outcome.succeeded() ? OptionalInt.of(outcome.evaluations()) : OptionalInt.empty();
        }
    }
}
