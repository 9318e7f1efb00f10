package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * GMRES(m) for {@code (I - T) u = b}, matrix-free (Saad and Schultz 1986; Saad 2003, algorithm 6.9), each row of the batch with its
 * own Krylov space. Rows take their Arnoldi steps together; a row whose small problem is solved leaves, and when all have, the true
 * residual is computed: a row is believed only then. Rows that need more start again from where they are.
 *
 * <p>Orthogonalisation is classical Gram-Schmidt, twice, with sums in f64. The right-hand side is scaled to length 1 first, so that
 * cotangents of size 10⁻¹³ are solved as well as others.
 */
public final class Gmres implements AutoCloseable {
    /** A cycle that lowers the true residual by less than this has stagnated. */
    private static final double PROGRESS = 0.95;

    private final Plan plan;
    private final int m;
    private final Stopping stopping;
    private final Outcome outcome;
    /** Rows that have not converged, and of those the ones whose small problem is not solved yet in this cycle. */
    private final Rows open;
    private final Rows inner;
    private final Block w;
    private final Block u;
    private final Basis v;
    private final Basis x;
    private final Basis b;
    private final GramSchmidt gramSchmidt;
    private final double[] h;
    private final double[] unit;
    private final double[] norm;
    private final double[] scale;
    private final double[] length;
    private final double[] ones;
    /** For each row: the triangular factor, the rotations, the rotated right-hand side, its steps in this cycle. */
    private final double[] triangle;
    private final double[] cosine;
    private final double[] sine;
    private final double[] right;
    private final int[] steps;
    private final double[] residual;
    /** Of the solve that runs, by row: tolerances, null for the plan's, and the most steps of a cycle, null for m. */
    private double[] tolerances;
    private int[] limits;

    /** On a plan that may be another solver's, who then calls {@link #approximate}. */
    Gmres(Plan plan, int restart, Stopping stopping) {
        if (restart < 1 || restart > 500) {
            throw new IllegalArgumentException("restart " + restart + "; expected 1 to 500");
        }
        stopping.requireLinear("GMRES");
        this.plan = plan;
        m = restart;
        this.stopping = stopping;
        outcome = new Outcome(plan.batch, stopping);
        int batch = plan.batch;
        open = new Rows(batch);
        inner = new Rows(batch);
        w = plan.block();
        u = plan.block();
        v = plan.basis(m + 1);
        x = plan.basis(1);
        b = plan.basis(1);
        gramSchmidt = new GramSchmidt(plan.engine, v);
        h = gramSchmidt.h;
        unit = new double[batch * (m + 1)];
        norm = new double[batch];
        scale = new double[batch];
        length = new double[batch];
        ones = new double[batch];
        Arrays.fill(ones, 1);
        triangle = new double[batch * (m + 1) * m];
        cosine = new double[batch * m];
        sine = new double[batch * m];
        right = new double[batch * (m + 1)];
        steps = new int[batch];
        residual = new double[batch];
    }

    /**
     * Allocates for batches of up to {@code batch} rows of {@code n} elements.
     *
     * @param restart m, the steps of a cycle; each costs a vector of memory for every row
     */
    public static Gmres plan(Engine engine, Type type, int n, int batch, int restart, Stopping stopping) {
        return new Gmres(new Plan(engine, type, n, batch), restart, stopping);
    }

    /** Bytes that this plan holds: {@code m + 5} blocks. */
    public long bytes() {
        return plan.bytes();
    }

    /**
     * Solves from {@code u = 0}.
     *
     * @param t the operator T
     * @param rhs the right-hand sides, {@code batch × n}; not changed
     * @param solution of the same shape; overwritten
     */
    public Outcome solve(LinearOperator t, Block rhs, Block solution) {
        return solve(t, rhs, solution, null);
    }

    /** The same, with a relative tolerance for each row instead of the plan's. */
    public Outcome solve(LinearOperator t, Block rhs, Block solution, double[] tolerances) {
        plan.enter("the right-hand side", rhs);
        try {
            solution.requireShape("solve", "the solution", plan.type, rhs.rows(), plan.n);
            if (tolerances != null && tolerances.length < rhs.rows()) {
                throw new IllegalArgumentException("solve: " + tolerances.length + " tolerances for " + rhs.rows() + " rows");
            }
            this.tolerances = tolerances;
            limits = null;
            start(rhs);
            boolean first = true;
            while (open.count() > 0) {
                cycle(t, first);
                judge(t);
                first = false;
            }
            finish(solution);
        } finally {
            plan.leave();
        }
        return outcome;
    }

    /**
     * One cycle from {@code u = 0}, believed as it is: no product is spent on the true residual. What the outcome states instead is the
     * residual of the small problem, relative to the right-hand side; NaN where the operator was.
     *
     * @param solution may be {@code rhs}
     * @param limits the most steps of each row, at least 1; looked at after each step, so the operator may lower them to end the cycle
     */
    Outcome approximate(LinearOperator t, Block rhs, Block solution, double[] tolerances, int[] limits) {
        this.tolerances = tolerances;
        this.limits = limits;
        start(rhs);
        if (open.count() > 0) {
            cycle(t, true);
            believe();
        }
        finish(solution);
        return outcome;
    }

    private double tolerance(int row) {
        return tolerances == null ? stopping.relative() : tolerances[row];
    }

    private int limit(int row) {
        return limits == null ? m : limits[row];
    }

    /** Scales the right-hand sides to length 1, into b; x = 0; rows of zeros, NaN or infinity end here. */
    private void start(Block rhs) {
        int batch = rhs.rows();
        outcome.start(batch);
        open.reset(batch);
        plan.engine.norm(rhs, length);
        for (int row = 0; row < batch; row++) {
            scale[row] = length[row] > 0 && length[row] < Double.POSITIVE_INFINITY ? 1 / length[row] : 0;
        }
        plan.engine.store(rhs, scale, b, 0, open);
        Arrays.fill(unit, 0);
        plan.engine.mix(x, 0, ones, w.head(batch), open);
        plan.engine.store(w.head(batch), ones, x, 0, open);
        int kept = 0;
        for (int row = 0; row < batch; row++) {
            residual[row] = 1;
            if (length[row] == 0) {
                outcome.end(row, Status.CONVERGED_ZERO_RHS, 0);
            } else if (!(length[row] < Double.POSITIVE_INFINITY)) {
                outcome.end(row, Status.NONFINITE_INPUT, Double.NaN);
            } else {
                open.place(kept++, row);
            }
        }
        open.truncate(kept);
    }

    private void cycle(LinearOperator t, boolean first) {
        int active = open.count();
        inner.reset(active);
        for (int p = 0; p < active; p++) {
            inner.place(p, open.index(p));
        }
        Block r = w.head(active);
        if (first) {
            plan.engine.mix(b, 1, ones, r, inner);
        }
        // v₀ = r / β; the small right-hand side is β e₁.
        plan.engine.norm(r, norm);
        for (int p = 0; p < active; p++) {
            int row = inner.index(p);
            scale[row] = 1 / norm[p];
            Arrays.fill(right, row * (m + 1), (row + 1) * (m + 1), 0);
            right[row * (m + 1)] = norm[p];
            steps[row] = 0;
        }
        plan.engine.store(r, scale, v, 0, inner);
        for (int j = 0; j < m && inner.count() > 0 && outcome.evaluations() < stopping.maxEvaluations() - 1; j++) {
            arnoldi(t, j);
        }
        update();
    }

    /** Step j: {@code v_{j+1} = A v_j}, orthogonal to all before, and its column rotated into the triangle. */
    private void arnoldi(LinearOperator t, int j) {
        int active = inner.count();
        Block uj = u.head(active);
        Block wj = w.head(active);
        pick(j);
        plan.engine.mix(v, j + 1, unit, uj, inner);
        t.apply(uj, wj, inner);
        outcome.evaluated(active);
        plan.engine.axpby(1, uj, -1, wj);
        gramSchmidt.orthogonalise(j + 1, wj, inner);
        double worst = 0;
        int kept = 0;
        for (int p = 0; p < active; p++) {
            int row = inner.index(p);
            double estimate = rotate(row, j);
            steps[row] = j + 1;
            worst = Math.max(worst, estimate);
            if (estimate > tolerance(row) && scale[row] > 0 && estimate < Double.POSITIVE_INFINITY && j + 1 < limit(row)) {
                if (kept != p) {
                    wj.copyRow(wj, p, kept);
                }
                inner.place(kept++, row);
            }
        }
        outcome.record(worst);
        inner.truncate(kept);
        plan.engine.store(w.head(kept), scale, v, j + 1, inner);
    }

    /** {@code unit} picks vector j of every active row. */
    private void pick(int j) {
        for (int p = 0; p < inner.count(); p++) {
            int at = inner.index(p) * (m + 1);
            if (j > 0) {
                unit[at + j - 1] = 0;
            }
            unit[at + j] = 1;
        }
    }

    /** Applies the old rotations to the new column, makes the next; returns the small problem's residual. */
    private double rotate(int row, int j) {
        int at = row * (m + 1);
        int column = row * (m + 1) * m + j * (m + 1);
        double below = gramSchmidt.left[row];
        // 0 marks a space that holds the solution: no next vector.
        scale[row] = gramSchmidt.isIndependent(row) ? 1 / below : 0;
        for (int i = 0; i < j; i++) {
            double c = cosine[row * m + i];
            double s = sine[row * m + i];
            double top = h[at + i];
            triangle[column + i] = c * top + s * h[at + i + 1];
            h[at + i + 1] = c * h[at + i + 1] - s * top;
        }
        double hypotenuse = Math.hypot(h[at + j], below);
        double c = hypotenuse == 0 ? 1 : h[at + j] / hypotenuse;
        double s = hypotenuse == 0 ? 0 : below / hypotenuse;
        cosine[row * m + j] = c;
        sine[row * m + j] = s;
        triangle[column + j] = hypotenuse;
        right[at + j + 1] = -s * right[at + j];
        right[at + j] *= c;
        return Math.abs(right[at + j + 1]);
    }

    /** {@code x += V y}, y from the triangle by back substitution; a zero pivot (a singular system) contributes nothing. */
    private void update() {
        int active = open.count();
        int most = 0;
        Arrays.fill(h, 0);
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            int at = row * (m + 1);
            most = Math.max(most, steps[row]);
            for (int i = steps[row] - 1; i >= 0; i--) {
                double sum = right[at + i];
                for (int l = i + 1; l < steps[row]; l++) {
                    sum -= triangle[row * (m + 1) * m + l * (m + 1) + i] * h[at + l];
                }
                double pivot = triangle[row * (m + 1) * m + i * (m + 1) + i];
                h[at + i] = pivot == 0 ? 0 : sum / pivot;
            }
            // For pick() of the next cycle.
            Arrays.fill(unit, at, at + m + 1, 0);
        }
        Block xw = w.head(active);
        plan.engine.mix(x, 1, ones, xw, open);
        plan.engine.multiAxpy(v, most, h, xw, open, null);
        plan.engine.store(xw, ones, x, 0, open);
    }

    /** The true residuals {@code w = b - (I - T) x}; rows that are done, or that no longer get better, leave. */
    private void judge(LinearOperator t) {
        int active = open.count();
        Block xw = u.head(active);
        Block r = w.head(active);
        plan.engine.mix(x, 1, ones, xw, open);
        t.apply(xw, r, open);
        outcome.evaluated(active);
        plan.engine.axpby(-1, xw, 1, r);
        plan.engine.multiAxpy(b, 1, ones, r, open, null);
        plan.engine.norm(r, norm);
        int kept = 0;
        double worst = 0;
        for (int p = 0; p < active; p++) {
            int row = open.index(p);
            Status status = !(norm[p] < Double.POSITIVE_INFINITY) ? Status.NONFINITE_OPERATOR
                    : norm[p] <= tolerance(row) ? Status.CONVERGED_RELATIVE
                    : norm[p] * length[row] <= stopping.absolute() ? Status.CONVERGED_ABSOLUTE
                    : outcome.evaluations() >= stopping.maxEvaluations() ? Status.MAX_EVALUATIONS
                    : norm[p] > PROGRESS * residual[row] ? Status.STAGNATED
                    : null;
            residual[row] = norm[p];
            worst = Math.max(worst, norm[p]);
            if (status != null) {
                outcome.end(row, status, norm[p]);
            } else {
                // The next cycle starts from this residual.
                w.copyRow(w, p, kept);
                open.place(kept++, row);
            }
        }
        outcome.record(worst);
        open.truncate(kept);
    }

    /** Ends all rows with what their small problems say. */
    private void believe() {
        for (int p = 0; p < open.count(); p++) {
            int row = open.index(p);
            int at = row * (m + 1);
            double square = right[at + steps[row]] * right[at + steps[row]];
            for (int i = 0; i < steps[row]; i++) {
                // Where the pivot is zero nothing was subtracted.
                square += triangle[at * m + i * (m + 1) + i] == 0 ? right[at + i] * right[at + i] : 0;
            }
            double left = Math.sqrt(square);
            Status status = !(left < Double.POSITIVE_INFINITY) ? Status.NONFINITE_OPERATOR
                    : left <= tolerance(row) ? Status.CONVERGED_RELATIVE
                    : scale[row] == 0 ? Status.STAGNATED
                    : Status.MAX_EVALUATIONS;
            outcome.end(row, status, left);
        }
    }

    /** Scales the solutions back; a row that never had one stays zero. */
    private void finish(Block solution) {
        int batch = solution.rows();
        open.reset(batch);
        for (int row = 0; row < batch; row++) {
            boolean solved = outcome.status(row) != Status.NONFINITE_OPERATOR && length[row] < Double.POSITIVE_INFINITY;
            ones[row] = solved ? length[row] : 0;
        }
        plan.engine.mix(x, 1, ones, solution, open);
        Arrays.fill(ones, 1);
        open.truncate(0);
    }

    @Override
    public void close() {
        plan.close();
    }
}
