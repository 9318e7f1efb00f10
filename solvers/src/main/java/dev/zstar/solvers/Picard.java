package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;

/**
 * Plain iteration {@code z ← z + β (f(z) - z)}; with {@code β < 1} damped (Krasnoselskii 1955). Converges where the map contracts,
 * at the rate of its Lipschitz constant; the yardstick for all others, and what {@linkplain #equivalentDepth equivalent depth} counts.
 */
public final class Picard implements AutoCloseable {
    private final Plan plan;
    private final double β;
    private final Stopping stopping;
    private final Outcome outcome;
    private final Rows rows;
    private final double[] squares;
    private final double[] steps;
    private final double[] best;
    private Block z;
    private Block g;
    private final Block r;

    private Picard(Plan plan, double β, Stopping stopping) {
        if (!(β > 0 && β <= 1)) {
            throw new IllegalArgumentException("damping " + β + "; expected 0 < β ≤ 1");
        }
        this.plan = plan;
        this.β = β;
        this.stopping = stopping;
        outcome = new Outcome(plan.batch, stopping);
        rows = new Rows(plan.batch);
        squares = new double[plan.batch];
        steps = new double[plan.batch];
        best = new double[plan.batch];
        z = plan.block();
        g = plan.block();
        r = plan.block();
    }

    /** Allocates for batches of up to {@code batch} rows of {@code n} elements. */
    public static Picard plan(Engine engine, Type type, int n, int batch, double β, Stopping stopping) {
        return new Picard(new Plan(engine, type, n, batch), β, stopping);
    }

    /** Bytes that this plan holds: three blocks. */
    public long bytes() {
        return plan.bytes();
    }

    /**
     * Solves from {@code start}, and leaves the result there: for each row the iterate whose residual the outcome states.
     *
     * @param start {@code batch × n}
     */
    public Outcome solve(FixedPointMap f, Block start) {
        plan.enter("start", start);
        try {
            iterate(f, start);
        } finally {
            plan.leave();
        }
        return outcome;
    }

    private void iterate(FixedPointMap f, Block start) {
        int active = start.rows();
        outcome.start(active);
        rows.reset(active);
        z.head(active).copyFrom(start);
        java.util.Arrays.fill(best, Double.POSITIVE_INFINITY);
        while (active > 0) {
            Block zk = z.head(active);
            Block gk = g.head(active);
            Block rk = r.head(active);
            f.apply(zk, gk, rows);
            outcome.evaluated(active);
            rk.copyFrom(gk);
            plan.engine.axpby(-1, zk, 1, rk);
            plan.engine.dot(rk, rk, steps);
            plan.engine.dot(gk, gk, squares);
            if (β != 1) {
                plan.engine.axpby(1 - β, zk, β, gk);
            }
            int kept = 0;
            double worst = 0;
            for (int p = 0; p < active; p++) {
                int b = rows.index(p);
                double residual = Judge.relative(steps[p], squares[p]);
                worst = Math.max(worst, residual);
                Status status = Judge.judge(steps[p], squares[p], best[b], outcome.evaluations(), stopping);
                if (residual < best[b]) {
                    best[b] = residual;
                    // At every improvement, so 2n elements a step; Anderson finds its best in the ring instead.
                    start.copyRow(zk, p, b);
                }
                if (status != null) {
                    outcome.end(b, status, best[b]);
                    continue;
                }
                if (kept != p) {
                    gk.copyRow(gk, p, kept);
                }
                rows.place(kept++, b);
            }
            outcome.record(worst);
            rows.truncate(kept);
            active = kept;
            Block swap = z;
            z = g;
            g = swap;
        }
    }

    /**
     * The equivalent depth {@code L_eq(ε)}: the plain steps from {@code start} until every row's relative residual is at most ε, and
     * so the depth of the weight-tied network that a solve to ε replaces. Empty where {@code limit} steps do not get there.
     *
     * @param start is left unchanged
     */
    public static java.util.OptionalInt equivalentDepth(Engine engine, FixedPointMap f, Block start, double ε, int limit) {
        try (Picard picard = plan(engine, start.type(), start.cols(), start.rows(), 1, new Stopping(ε, 0, limit, false));
                Block z = engine.allocate(start.type(), start.rows(), start.cols())) {
            z.copyFrom(start);
            Outcome outcome = picard.solve(f, z);
            return outcome.succeeded() ? java.util.OptionalInt.of(outcome.evaluations()) : java.util.OptionalInt.empty();
        }
    }

    @Override
    public void close() {
        plan.close();
    }
}
