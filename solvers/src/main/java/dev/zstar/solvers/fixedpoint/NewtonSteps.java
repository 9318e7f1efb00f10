package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.InputGuard;
import dev.zstar.solvers.linear.InnerGmres;
import java.util.Arrays;

/** The steps of {@link NewtonKrylov}: GMRES for {@code (I - J) s = f(z) - z}, and a line search along s. */
final class NewtonSteps implements IterationMethod {
    /** From Eisenstat and Walker: the factor γ, with the exponent 2, and the size above which the last η limits the next one from below. */
    private static final double FACTOR = 0.9;
    private static final double HOLD = 0.1;
    /** The number of points with which a trial is compared. With 1, 3, 7 and 10 of them fewer problems were solved. */
    private static final int MEMORY = 5;
    /** A relative linear residual of this many units of roundoff counts as 0. */
    private static final double EXACT = 10;

    private final Engine engine;
    private final NewtonKrylov.Options options;
    private final LineSearch search;
    private final InnerGmres gmres;
    private final LinearOperator jacobian = this::product;
    /**
     * For each row of the batch: the point from which steps are taken, and the step. While the step is computed, its slot holds f at the
     * point.
     */
    private final Basis points;
    private final double roundoff;
    /**
     * By row of the batch: the number of accepted steps, -1 before the first evaluation; whether the last point was refused; why the row
     * failed.
     */
    private final int[] steps;
    private final boolean[] refused;
    private final Status[] verdicts;
    private final double[] η;
    /** By row of the batch: ‖F‖ and ‖f‖ at the point, and the step ε of differences. */
    private final double[] length;
    private final double[] value;
    private final double[] ε;
    /** By row of the batch: coefficients of its two points. */
    private final double[] trial;
    private final double[] base;
    private final double[] minusValue;
    /** The rows that solve for a step, and among them the rows that need a product. */
    private final Rows solving;
    private final Rows multiplied;
    /** By position among the rows that solve. */
    private final double[] tolerances;
    private final int[] limits;
    private final double[] lengths;
    private final double[] forward;
    private final double[] back;
    private final double[] ones;
    private final double[] zeros;
    /** The packed points of the rows that solve; then scratch memory. */
    private final Block packed;
    /** Set while a step is computed. */
    private Iterates at;
    private FixedPointMap f;
    private DifferentiableMap derivative;

    NewtonSteps(Workspace workspace, NewtonKrylov.Options options) {
        engine = workspace.engine();
        this.options = options;
        int batch = workspace.batch();
        search = new LineSearch(batch, options.decrease(), options.reductions(), MEMORY);
        gmres = new InnerGmres(workspace, options.krylov());
        points = workspace.basis(2);
        roundoff = workspace.type().unitRoundoff();
        steps = new int[batch];
        refused = new boolean[batch];
        verdicts = new Status[batch];
        η = new double[batch];
        length = new double[batch];
        value = new double[batch];
        ε = new double[batch];
        trial = new double[2 * batch];
        base = new double[2 * batch];
        minusValue = new double[2 * batch];
        for (int b = 0; b < batch; b++) {
            base[2 * b] = 1;
            minusValue[2 * b + 1] = -1;
        }
        packed = workspace.block();
        solving = new Rows(batch);
        multiplied = new Rows(batch);
        tolerances = new double[batch];
        limits = new int[batch];
        lengths = new double[batch];
        forward = new double[batch];
        back = new double[batch];
        ones = workspace.ones();
        zeros = new double[batch];
    }

    @Override
    public void begin(int b) {
        steps[b] = -1;
        refused[b] = false;
        verdicts[b] = null;
        search.begin(b);
    }

    @Override
    public boolean accept(Iterates at, int b, int p) {
        double norm = Math.sqrt(at.residualSquare(b));
        LineSearch.Move move = verdicts[b] != null ? LineSearch.Move.FAIL : search.judge(b, norm);
        refused[b] = move != LineSearch.Move.ACCEPT;
        if (!refused[b]) {
            value[b] = Math.sqrt(at.valueSquare(b));
            η[b] = forcing(at, b, norm);
            length[b] = norm;
            steps[b]++;
            search.next(b);
        } else if (verdicts[b] == null && move != LineSearch.Move.RETRY) {
            verdicts[b] = Status.LINE_SEARCH_FAILED;
        }
        return !refused[b];
    }

    /** η at a new point, from the decrease of the last step. */
    private double forcing(Iterates at, int b, double norm) {
        double next = options.forcing();
        if (steps[b] >= 0) {
            double ratio = norm / length[b];
            double held = FACTOR * η[b] * η[b];
            next = Math.max(FACTOR * ratio * ratio, held > HOLD ? held : 0);
        }
        // Half of what the tolerance of the solve requires. More accuracy would be wasted.
        return Math.min(options.forcing(), Math.max(next, 0.5 * at.goal(b, value[b]) / norm));
    }

    @Override
    public Status gaveUp(int b) {
        return verdicts[b];
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        this.at = at;
        this.f = f;
        derivative = options.differences() ? null : f.derivatives();
        Rows rows = at.rows();
        try {
            gather(at.z(), at.g(), rows);
            if (solving.count() > 0) {
                solve(packed.head(solving.count()), at.g().head(solving.count()));
            }
        } finally {
            this.at = null;
            this.f = null;
            derivative = null;
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            trial[2 * b] = 1;
            // A row that failed stays where it is, and ends with the next evaluation.
            trial[2 * b + 1] = verdicts[b] == null ? search.length(b) : 0;
        }
        engine.mix(points, 2, trial, at.g(), rows);
    }

    /**
     * Keeps the new points and their values. Packs to the front the points and {@code r = f(z) - z} of the rows whose budget allows a
     * step.
     */
    private void gather(Block zk, Block gk, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!refused[b]) {
                points.block().copyRow(zk, p, 2 * b);
                points.block().copyRow(gk, p, 2 * b + 1);
            }
        }
        engine.axpby(-1, zk, 1, gk);
        // The evaluations of a step in addition to its products: the trial, and the linearisation.
        int others = derivative == null ? 1 : 2;
        double least = derivative == null ? Math.sqrt(roundoff) : EXACT * roundoff;
        solving.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int limit = Math.min(options.krylov(), at.left(b) - others);
            if (!refused[b] && limit < 1) {
                points.block().copyRow(gk, p, 2 * b + 1);
            } else if (!refused[b]) {
                int q = solving.count();
                tolerances[q] = Math.max(η[b], least);
                limits[q] = limit;
                packed.copyRow(zk, p, q);
                gk.copyRow(gk, p, q);
                solving.append(b);
            }
        }
    }

    /** Solves {@code (I - J) s = r} for the rows that are at a new point. */
    private void solve(Block point, Block r) {
        if (derivative != null) {
            int active = solving.count();
            derivative.linearise(point, solving);
            InputGuard.requireRows("linearise", "the map", active, solving);
            at.evaluated(solving);
        } else {
            engine.norm(point, lengths);
            for (int q = 0; q < solving.count(); q++) {
                int b = solving.index(q);
                double length = lengths[q] > 0 ? lengths[q] : value[b];
                ε[b] = Math.sqrt(2 * roundoff) * Math.sqrt(length) * Math.sqrt(Math.max(length, value[b]));
            }
        }
        Outcome found = gmres.solve(jacobian, r, r, tolerances, limits);
        boolean late = at.outOfTime();
        for (int q = 0; q < solving.count(); q++) {
            int b = solving.index(q);
            points.block().copyRow(r, q, 2 * b + 1);
            // The line search would require a larger decrease than such a step can give.
            if (!late && !(found.residual(q) < 1 - options.decrease())) {
                verdicts[b] = Status.INNER_FAILED;
            }
        }
    }

    /** {@code out = J v}. Row b of GMRES is position b among the rows that solve. */
    private void product(Block v, Block out, Rows rows) {
        multiplied.reset(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            multiplied.place(p, solving.index(rows.index(p)));
        }
        if (derivative != null) {
            derivative.jvp(v, out, multiplied);
            InputGuard.requireRows("jvp", "the map", rows.count(), multiplied);
        } else {
            difference(v, packed.head(rows.count()), out);
        }
        at.evaluated(multiplied);
        if (at.outOfTime()) {
            Arrays.fill(limits, 0);
        }
    }

    /**
     * {@code out = (f(z + ε v) - f(z)) / ε}, for v of length 1. With the unit roundoff u, {@code ε² = 2 u ‖z‖ max(‖z‖, ‖f(z)‖)} balances
     * the rounding of f and its curvature over lengths like ‖z‖. Close to a solution ε is the √(2u) ‖z‖ of Kelley (1995, section 6.2.1). If
     * z is 0, ε uses ‖f(z)‖ instead of ‖z‖.
     *
     * @param point scratch memory for {@code z + ε v}
     */
    private void difference(Block v, Block point, Block out) {
        for (int p = 0; p < multiplied.count(); p++) {
            forward[p] = ε[multiplied.index(p)];
            back[p] = 1 / forward[p];
        }
        engine.mix(points, 1, base, point, multiplied);
        engine.axpby(forward, v, ones, point);
        InputGuard.evaluate(f, point, out, multiplied);
        engine.multiAxpy(points, 2, minusValue, out, multiplied, null);
        engine.axpby(back, out, zeros, out);
    }
}
