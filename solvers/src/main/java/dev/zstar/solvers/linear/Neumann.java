package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.internal.SolveRecord;

/**
 * The truncated Neumann series {@code u = λ Σ_{i ≤ k} ((1 - λ) I + λ T)ⁱ b ≈ (I - T)⁻¹ b}: k evaluations, no inner products, and no solve:
 * nothing is tested. As a backward pass it is the gradient of {@code k + 1} further steps {@code z ← z + λ (f(z) - z)} from the
 * equilibrium: with λ = 1 the error falls as ρ(T)ᵏ, and with less it is the phantom gradient (Geng, Zhang, Bai, Wang and Lin 2021, equation
 * 14), which a Jacobian that does not contract disturbs less.
 */
public final class Neumann implements AutoCloseable {
    private final Workspace plan;
    private final int terms;
    private final double λ;
    private final SolveRecord outcome;
    private final Rows rows;
    private final Block power;
    private final Block next;
    private final double[] last;
    private final double[] length;
    private final double[] sum;

    private Neumann(Workspace plan, int terms, double damping) {
        if (terms < 0) {
            throw new IllegalArgumentException(terms + " terms; expected at least 0");
        }
        if (!(damping > 0 && damping <= 1)) {
            throw new IllegalArgumentException("damping " + damping + "; expected above 0 and at most 1");
        }
        this.plan = plan;
        this.terms = terms;
        λ = damping;
        outcome = new SolveRecord(plan.batch(), Stopping.fixed(Math.max(1, terms)));
        rows = new Rows(plan.batch());
        power = plan.block();
        next = plan.block();
        last = new double[plan.batch()];
        length = new double[plan.batch()];
        sum = new double[plan.batch()];
    }

    /**
     * Allocates for batches of up to {@code batch} rows of {@code n} elements.
     *
     * @param terms k, the evaluations of T
     */
    public static Neumann plan(Engine engine, Type type, int batch, int n, int terms) {
        return plan(engine, type, batch, n, terms, 1);
    }

    /**
     * The same for steps that are damped.
     *
     * @param damping λ, above 0 and at most 1
     */
    public static Neumann plan(Engine engine, Type type, int batch, int n, int terms, double damping) {
        return Workspace.build(engine, type, batch, n, plan -> new Neumann(plan, terms, damping));
    }

    /** Bytes that this plan holds: two blocks. */
    public long bytes() {
        return plan.bytes();
    }

    /**
     * Sums the series. The residual in the outcome is {@code ‖((1 - λ) I + λ T)ᵏ b‖ / ‖b‖}, that of the sum of one term less. A row whose
     * terms or sum overflow gets zeros, with the residual 1.
     *
     * @param rhs the right-hand sides, {@code batch × n}; not changed
     * @param solution of the same shape; overwritten
     */
    public Outcome solve(LinearOperator t, Block rhs, Block solution) {
        plan.enter("the right-hand side", rhs);
        try {
            solution.requireShape("solve", "the solution", plan.type(), rhs.rows(), plan.n());
            int batch = rhs.rows();
            outcome.start(batch);
            rows.reset(batch);
            Block p = power.head(batch);
            Block q = next.head(batch);
            p.copyFrom(rhs);
            plan.engine().axpby(λ, rhs, 0, solution);
            plan.engine().norm(rhs, length);
            System.arraycopy(length, 0, last, 0, batch);
            for (int i = 0; i < terms; i++) {
                InputGuard.multiply(t, p, q, rows);
                outcome.evaluated(rows);
                if (λ < 1) {
                    plan.engine().axpby(1 - λ, p, λ, q);
                }
                plan.engine().axpby(λ, q, 1, solution);
                if (i == terms - 1) {
                    plan.engine().norm(q, last);
                }
                Block swap = p;
                p = q;
                q = swap;
            }
            plan.engine().norm(solution, sum);
            for (int b = 0; b < batch; b++) {
                Status status = !isFinite(rhs, b) ? Status.NONFINITE_INPUT
                        : length[b] == 0 ? Status.CONVERGED_ZERO_RHS
                        : !(last[b] < Double.POSITIVE_INFINITY) ? Status.NONFINITE_OPERATOR
                        : !(sum[b] < Double.POSITIVE_INFINITY) || !(length[b] < Double.POSITIVE_INFINITY) ? Status.OUT_OF_RANGE
                        : Status.COMPLETED_FIXED_STEPS;
                if (!status.isSuccess()) {
                    for (int i = 0; i < plan.n(); i++) {
                        solution.set(b, i, 0);
                    }
                }
                outcome.end(b, status, status == Status.NONFINITE_INPUT ? Double.NaN
                        : !status.isSuccess() ? 1
                        : length[b] == 0 ? 0 : last[b] / length[b]);
            }
        } finally {
            plan.leave();
        }
        return outcome;
    }

    private boolean isFinite(Block rhs, int b) {
        for (int i = 0; !(length[b] < Double.POSITIVE_INFINITY) && i < plan.n(); i++) {
            if (!(Math.abs(rhs.get(b, i)) < Double.POSITIVE_INFINITY)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        plan.close();
    }
}
