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
    /** Of Eisenstat and Walker: the factor γ, the exponent being 2, and the size from which the last η holds the next one back. */
    private static final double FACTOR = 0.9;
    private static final double HOLD = 0.1;
    /** A linear residual this many roundoffs small is as good as zero. */
    private static final double EXACT = 10;

    private final Engine engine;
    private final NewtonKrylov.Options options;
    private final LineSearch search;
    private final InnerGmres gmres;
    private final LinearOperator jacobian = this::product;
    /** For each row of the batch the point that steps are taken from, and the step; while it is sought, f there. */
    private final Basis points;
    private final double roundoff;
    /** By row of the batch: accepted steps, -1 before the first evaluation; whether the last point was refused; why the row is given up. */
    private final int[] steps;
    private final boolean[] refused;
    private final Status[] verdicts;
    private final double[] η;
    /** ‖F‖ and ‖f‖ at the point, and how far differences go. */
    private final double[] length;
    private final double[] value;
    private final double[] ε;
    /** Coefficients of the two points of each row. */
    private final double[] trial;
    private final double[] base;
    private final double[] minusValue;
    /** The rows that solve for a step, and which of them a product is for. */
    private final Rows solving;
    private final Rows multiplied;
    /** By position among those. */
    private final double[] tolerances;
    private final int[] limits;
    private final double[] lengths;
    private final double[] forward;
    private final double[] back;
    private final double[] ones;
    private final double[] zeros;
    /** The points of the rows that solve, packed; then room for others. */
    private final Block packed;
    /** While a step is sought. */
    private Iterates at;
    private FixedPointMap f;
    private DifferentiableMap derivative;

    NewtonSteps(Workspace workspace, NewtonKrylov.Options options) {
        engine = workspace.engine();
        this.options = options;
        int batch = workspace.batch();
        search = new LineSearch(batch, options.decrease(), options.reductions());
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
        LineSearch.Move move = verdicts[b] != null ? LineSearch.Move.FAIL : search.look(b, norm);
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

    /** η at a new point, from what the last step brought. */
    private double forcing(Iterates at, int b, double norm) {
        double next = options.forcing();
        if (steps[b] >= 0) {
            double ratio = norm / length[b];
            double held = FACTOR * η[b] * η[b];
            next = Math.max(FACTOR * ratio * ratio, held > HOLD ? held : 0);
        }
        // Half of what the solve asks for: more would not be seen.
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
            // A row that is given up stays where it is, and ends with the next evaluation.
            trial[2 * b + 1] = verdicts[b] == null ? search.length(b) : 0;
        }
        engine.mix(points, 2, trial, at.g(), rows);
    }

    /**
     * Keeps the new points and their values, and packs the points and {@code r = f(z) - z} of the rows that can pay for a step to the
     * front.
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
        // What a step takes beside its products: the trial, and to linearise.
        int beside = derivative == null ? 1 : 2;
        double least = derivative == null ? Math.sqrt(roundoff) : EXACT * roundoff;
        solving.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int limit = Math.min(options.krylov(), at.left(b) - beside);
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

    /** {@code (I - J) s = r} for the rows that are at a new point. */
    private void solve(Block point, Block r) {
        if (derivative != null) {
            derivative.linearise(point, solving);
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
            // The line search would ask for more than such a step can bring.
            if (!late && !(found.residual(q) < 1 - options.decrease())) {
                verdicts[b] = Status.INNER_FAILED;
            }
        }
    }

    /** {@code out = J v} for rows of GMRES, which are positions among those that solve. */
    private void product(Block v, Block out, Rows rows) {
        multiplied.reset(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            multiplied.place(p, solving.index(rows.index(p)));
        }
        if (derivative != null) {
            derivative.jvp(v, out, multiplied);
        } else {
            difference(v, packed.head(rows.count()), out);
        }
        at.evaluated(multiplied);
        if (at.outOfTime()) {
            Arrays.fill(limits, 0);
        }
    }

    /**
     * {@code out = (f(z + ε v) - f(z)) / ε}, for v of length 1. {@code ε² = 2 u ‖z‖ max(‖z‖, ‖f(z)‖)}, u the unit roundoff, weighs the
     * rounding of f against its curvature over lengths like ‖z‖; close to a solution it is the √(2u) ‖z‖ of Kelley (1995, section 6.2.1).
     * Where z is 0, ‖f(z)‖ takes its place.
     *
     * @param point room for {@code z + ε v}
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
