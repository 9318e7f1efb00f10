package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GramSchmidt;
import dev.zstar.solvers.internal.InputGuard;

/**
 * GMRES(m) for {@code (I - T) u = b} (Saad and Schultz 1986; Saad 2003, algorithm 6.9), each row of the batch with its own Krylov space.
 * Rows take their Arnoldi steps together; a row whose small problem is solved waits for the others, and then its true residual is computed.
 *
 * <p>The space is built with T, not {@code I - T}: it is the same, and from {@code T V = V⁺ H} follows {@code (I - T) V = V⁺ (I - H)},
 * which saves three vectors a step. Orthogonalisation is classical Gram-Schmidt, a second time where the first left less than half of a
 * vector.
 *
 * <p>With a right preconditioner {@code M⁻¹ ≈ (I - T)⁻¹} it is {@code (I - T) M⁻¹ y = b}, {@code u = M⁻¹ y} (Saad 2003, algorithm 9.5), so
 * the residual is still that of u. If it is not the same operator at every step, as another iteration is not, the method must be flexible
 * (Saad 1993; 2003, algorithm 9.6), which keeps what was preconditioned.
 */
public final class Gmres extends LinearSolver {
    /**
     * The length of a cycle, and what precedes the operator.
     *
     * @param restart m, the steps of a cycle, 1 to 500; each costs a vector of memory for every row, two if flexible
     * @param preconditioner {@code M⁻¹}, or null for none; asked for rows of the batch like T
     * @param flexible whether {@code M⁻¹} may differ from step to step
     */
    public record Options(int restart, LinearOperator preconditioner, boolean flexible) {
        /** Cycles of 20 steps: backward solves of a deep equilibrium model at the usual tolerances take 5 to 15. */
        public static final Options DEFAULT = new Options(20, null, false);

        /** Checks the ranges. */
        public Options {
            if (restart < 1 || restart > 500) {
                throw new IllegalArgumentException("restart " + restart + "; expected 1 to 500");
            }
            if (flexible && preconditioner == null) {
                throw new IllegalArgumentException("a flexible method without a preconditioner; expected one");
            }
        }

        /** These options with another cycle. */
        public Options withRestart(int restart) {
            return new Options(restart, preconditioner, flexible);
        }

        /** These options with a preconditioner that is the same at every step. */
        public Options withPreconditioner(LinearOperator preconditioner) {
            return new Options(restart, preconditioner, false);
        }

        /** These options with a preconditioner that may differ from step to step. */
        public Options withFlexible(LinearOperator preconditioner) {
            return new Options(restart, preconditioner, true);
        }
    }

    private final int m;
    private final LinearOperator preconditioner;
    /** Rows whose small problem is not solved yet in this cycle. */
    private final Rows inner;
    /** The next input of T, and its output; they change places at every step. */
    private Block in;
    private Block out;
    /** What was preconditioned, null if nothing is; all of it, if flexible. */
    private final Block preconditioned;
    private final Basis z;
    private final Basis v;
    private final GramSchmidt gramSchmidt;
    private final double[] h;
    private final double[] scale;
    /** Of what was preconditioned, by position. */
    private final double[] lengths;
    private final KrylovProblem small;
    /** Of {@link #approximate}, the most steps of each row; null for m, and the budget. */
    private int[] limits;

    /** On a plan that may be another solver's, who then calls {@link #approximate}. */
    public Gmres(Workspace plan, Options options, Stopping stopping) {
        super(plan, "GMRES", stopping);
        m = options.restart();
        preconditioner = options.preconditioner();
        int batch = plan.batch();
        inner = new Rows(batch);
        in = r;
        out = plan.block();
        preconditioned = preconditioner == null ? null : plan.block();
        z = options.flexible() ? plan.basis(m) : null;
        v = plan.basis(m);
        gramSchmidt = new GramSchmidt(engine, v, GramSchmidt.HALF);
        h = gramSchmidt.h;
        scale = new double[batch];
        lengths = new double[batch];
        small = new KrylovProblem(batch, m, plan.type().unitRoundoff());
    }

    /**
     * Allocates, for batches of up to {@code batch} rows of {@code n} elements, {@code m + 5} blocks; one more for a preconditioner, and m
     * more if the method is flexible.
     */
    public static Gmres plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new Gmres(plan, options, stopping));
    }

    /** {@link #plan(Engine, Type, int, int, Options, Stopping)} with cycles of {@code restart} steps. */
    public static Gmres plan(Engine engine, Type type, int batch, int n, int restart, Stopping stopping) {
        return plan(engine, type, batch, n, Options.DEFAULT.withRestart(restart), stopping);
    }

    /** {@link #solve(LinearOperator, Block, Block)} with a relative tolerance for each row instead of the plan's. */
    public Outcome solve(LinearOperator t, Block rhs, Block solution, double[] tolerances) {
        return solve(t, rhs, solution, true, tolerances);
    }

    /**
     * One cycle from {@code u = 0}, believed as it is: no product is spent on the true residual. What the outcome states instead is the
     * residual of the small problem, relative to the right-hand side. Where the operator became NaN it is that of the space before.
     *
     * @param solution may be {@code rhs}
     * @param limits the most steps of each row, at least 1; looked at after each step, so the operator may lower them to end the cycle
     */
    public Outcome approximate(LinearOperator t, Block rhs, Block solution, double[] tolerances, int[] limits) {
        tolerances(tolerances);
        this.limits = limits;
        try {
            start(t, rhs, null);
            if (open.count() > 0) {
                cycle(t);
                believe();
            }
            finish(solution);
        } finally {
            this.limits = null;
        }
        return outcome;
    }

    /** Whether row {@code b} may take step j. */
    private boolean may(int b, int j) {
        return limits == null ? j < m && left(b) > 0 : j < limits[b];
    }

    @Override
    protected void cycle(LinearOperator t) {
        int active = open.count();
        inner.reset(0);
        if (in != r) {
            out = in;
            in = r;
        }
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            small.begin(row, norms[p]);
            scale[row] = 1 / norms[p];
            if (may(row, 0) && norms[p] > 0) {
                r.copyRow(r, p, inner.count());
                inner.append(row);
            }
        }
        if (inner.count() == 0) {
            return;
        }
        // v₀ = r / β; the small right-hand side is β e₁.
        engine.normalise(in.head(inner.count()), scale, v, 0, inner);
        for (int j = 0; inner.count() > 0; j++) {
            step(t, j);
        }
        update();
    }

    /** Step j: {@code v_{j+1} = A v_j}, orthogonal to all before, and its column rotated into the triangle. */
    private void step(LinearOperator t, int j) {
        int active = inner.count();
        Block vj = in.head(active);
        Block w = out.head(active);
        if (preconditioner == null) {
            InputGuard.multiply(t, vj, w, inner);
        } else {
            Block zj = preconditioned.head(active);
            preconditioner.apply(vj, zj, inner);
            InputGuard.multiply(t, zj, w, inner);
            engine.axpby(1, zj, -1, w);
            engine.norm(zj, lengths);
            if (z != null) {
                engine.store(zj, ones, z, j, inner);
            }
        }
        outcome.evaluated(inner);
        gramSchmidt.orthogonalise(j + 1, w, inner, vj);
        double worst = 0;
        int kept = 0;
        for (int p = 0; p < active; p++) {
            int row = inner.index(p);
            if (!(gramSchmidt.whole[row] < Double.POSITIVE_INFINITY)) {
                // What T returned is left out; the space before it stands.
                trouble[row] = Status.NONFINITE_OPERATOR;
                continue;
            }
            double estimate = column(row, j, preconditioner == null ? 1 : lengths[p]);
            boolean grows = gramSchmidt.isIndependent(row) && small.grows(row);
            worst = Math.max(worst, estimate / unit(row));
            claims[row] = estimate;
            if (!grows) {
                // An invariant space: it holds the solution, unless the system is singular.
                trouble[row] = Status.BREAKDOWN;
            } else if (!within(row, estimate) && may(row, j + 1)) {
                scale[row] = 1 / gramSchmidt.left[row];
                if (kept != p) {
                    w.copyRow(w, p, kept);
                }
                inner.place(kept++, row);
            }
        }
        outcome.record(worst);
        inner.truncate(kept);
        if (kept > 0) {
            engine.normalise(out.head(kept), scale, v, j + 1, inner);
        }
        Block last = in;
        in = out;
        out = last;
    }

    /**
     * Adds the column of {@code I - H}, or of H itself where T was not alone.
     *
     * @param length of what T was applied to, and I
     * @return the small problem's residual
     */
    private double column(int row, int j, double length) {
        int at = row * m;
        double below = gramSchmidt.left[row];
        if (preconditioner == null) {
            for (int i = 0; i <= j; i++) {
                h[at + i] = -h[at + i];
            }
            h[at + j] += 1;
            below = -below;
        }
        return small.add(row, h, at, below, Math.max(length, gramSchmidt.whole[row]));
    }

    /** {@code u += V y}, or {@code M⁻¹ V y}. */
    private void update() {
        int active = open.count();
        int most = 0;
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            most = Math.max(most, small.steps(row));
            small.solve(row, h, row * m, m);
            claims[row] = small.steps(row) > 0 ? small.left(row) : Double.NaN;
        }
        Block u = in.head(active);
        engine.mix(z == null ? v : z, most, h, u, open);
        if (preconditioner != null && z == null) {
            Block y = u;
            u = preconditioned.head(active);
            preconditioner.apply(y, u, open);
        }
        correct(u);
    }

    /** Ends all rows with what their small problems say. */
    private void believe() {
        for (int p = 0; p < open.count(); p++) {
            int row = open.index(p);
            // What underflows is short next to the point that it is a step from.
            boolean held = !overflows(row, small.size(row));
            double remains = held ? small.left(row) / unit(row) : 1;
            Status status = !held ? Status.OUT_OF_RANGE
                    : remains <= tolerance(row) ? Status.CONVERGED_RELATIVE
                    : trouble[row] == Status.NONFINITE_OPERATOR ? Status.NONFINITE_OPERATOR
                    : trouble[row] != null ? Status.STAGNATED
                    : Status.MAX_EVALUATIONS;
            outcome.end(row, status, remains);
        }
    }
}
