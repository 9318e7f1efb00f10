package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * Newton's method for {@code F(z) = z - f(z) = 0}, inexact (Dembo, Eisenstat and Steihaug 1982): the step s of {@code (I - J) s = f(z) - z}
 * comes from GMRES, which is stopped at {@code ‖(I - J) s + F‖ ≤ η ‖F‖}, and is made shorter where the whole of it does not lower
 * {@code ‖F‖}. Converges superlinearly close to a solution, whether f contracts there or not. Dense cells take fewer evaluations by
 * Anderson and Broyden; it wins where their windows are too short for the spectrum of J: a linear map with ρ(J) = 0.999, or an elliptic
 * equation.
 *
 * <p>η is choice 2 of Eisenstat and Walker (1996), {@code 0.9 (‖F_k‖ / ‖F_{k-1}‖)²}, with their safeguard, and no smaller than the solve's
 * own tolerance asks for (Kelley 1995, section 6.3). {@code J v} comes from the map's {@link FixedPointMap#derivatives}, else from
 * differences of f. Both count as evaluations, as does {@link DifferentiableMap#linearise}, and budgets hold for their sum; once no whole
 * step fits in the budget of a row, it goes on with plain ones. Patience counts all evaluations too.
 *
 * <p>A shorter trial is an iterate like any other: a row that is refused goes back some way while others take their next step, and all
 * are evaluated together. So an {@link Observer} sees trials, but none of the evaluations within a step.
 */
public final class NewtonKrylov extends FixedPointSolver {
    /**
     * How steps are found.
     *
     * @param krylov m, the most products {@code J v} for a step; each costs a vector of memory for every row
     * @param forcing the largest η, and the first: 0.9 spends least far from the solution, 10⁻¹⁰ makes it the exact method
     * @param differences whether {@code J v} comes from differences of f even where the map could tell
     * @param decrease α: a step of length λ is accepted when {@code ‖F‖} falls to {@code 1 - α λ} of what it was
     * @param reductions how often a step may be made shorter. Then whole steps are taken, as without a line search; where 20 of them lead
     *     to nothing better the row ends with {@link Status#LINE_SEARCH_FAILED}. 0 takes every whole step
     */
    public record Options(int krylov, double forcing, boolean differences, double decrease, int reductions) {
        /**
         * m = 40, η ≤ 0.9, derivatives of the map, α = 10⁻⁴, 20 reductions, which are 10⁻⁶ of a step or less. Fewer products hurt where
         * they are needed: for Bratu's equation on 63 points 20 took five times the evaluations that 40 took. A largest η of 0.1 saves
         * 5 to 20% on cells that contract, and fails more often on those that do not.
         */
        public static final Options DEFAULT = new Options(40, 0.9, false, 1e-4, 20);

        /** Checks the ranges. */
        public Options {
            if (krylov < 1 || krylov > 500) {
                throw new IllegalArgumentException("krylov " + krylov + "; expected 1 to 500");
            }
            if (!(forcing > 0 && forcing < 1)) {
                throw new IllegalArgumentException("forcing " + forcing + "; expected 0 < η < 1");
            }
            if (!(decrease > 0 && decrease < 0.5)) {
                throw new IllegalArgumentException("decrease " + decrease + "; expected 0 < α < 0.5");
            }
            if (reductions < 0 || reductions > 100) {
                throw new IllegalArgumentException("reductions " + reductions + "; expected 0 to 100");
            }
        }

        /** These options with another limit for the products of a step. */
        public Options withKrylov(int krylov) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }

        /** These options with another largest η. */
        public Options withForcing(double forcing) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }

        /** These options with differences of f, or with the map's derivatives. */
        public Options withDifferences(boolean differences) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }

        /** These options with another line search. */
        public Options withLineSearch(double decrease, int reductions) {
            return new Options(krylov, forcing, differences, decrease, reductions);
        }
    }

    /** Of Eisenstat and Walker: the factor γ, the exponent being 2, and the size from which the last η holds the next one back. */
    private static final double FACTOR = 0.9;
    private static final double HOLD = 0.1;
    /** A linear residual this many roundoffs small is as good as zero. */
    private static final double EXACT = 10;

    private final Options options;
    private final LineSearch search;
    private final Gmres gmres;
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
    /** While a step is sought. */
    private FixedPointMap f;
    private DifferentiableMap derivative;

    private NewtonKrylov(Plan plan, Options options, Stopping stopping) {
        super(plan, stopping);
        this.options = options;
        int batch = plan.batch;
        search = new LineSearch(batch, options.decrease(), options.reductions());
        gmres = new Gmres(plan, Gmres.Options.DEFAULT.withRestart(options.krylov()), Stopping.relative(0).within(Integer.MAX_VALUE));
        points = plan.basis(2);
        roundoff = plan.type.unitRoundoff();
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
        solving = new Rows(batch);
        multiplied = new Rows(batch);
        tolerances = new double[batch];
        limits = new int[batch];
        lengths = new double[batch];
        forward = new double[batch];
        back = new double[batch];
        ones = new double[batch];
        Arrays.fill(ones, 1);
        zeros = new double[batch];
    }

    /**
     * Allocates {@code krylov + 9} blocks, for batches of up to {@code batch} rows of {@code n} elements; two more for a tolerance for
     * steps.
     *
     * @throws IllegalArgumentException if the rules ask for a fixed number of evaluations, or for states at some: most are not made at
     *     iterates
     */
    public static NewtonKrylov plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        if (stopping.fixed()) {
            throw new IllegalArgumentException("Newton-Krylov with a fixed number of evaluations, of which a step takes as many as it needs; "
                    + "expected tolerances, or a budget of steps");
        }
        if (!stopping.recorded().isEmpty()) {
            throw new IllegalArgumentException("Newton-Krylov recording the states at evaluations " + stopping.recorded()
                    + ", of which most are not made at iterates; expected none");
        }
        return Plan.build(engine, type, n, batch, plan -> new NewtonKrylov(plan, options, stopping));
    }

    @Override
    void begin(int b) {
        steps[b] = -1;
        refused[b] = false;
        verdicts[b] = null;
        search.begin(b);
    }

    @Override
    void take(int b, int p, Block zk, Block gk, double[] squares) {
        double norm = Math.sqrt(squares[2 * b]);
        LineSearch.Move move = verdicts[b] != null ? LineSearch.Move.FAIL : search.look(b, norm);
        refused[b] = move != LineSearch.Move.ACCEPT;
        if (!refused[b]) {
            value[b] = Math.sqrt(squares[2 * b + 1]);
            η[b] = forcing(b, norm);
            length[b] = norm;
            steps[b]++;
            search.next(b);
        } else if (verdicts[b] == null && move != LineSearch.Move.RETRY) {
            verdicts[b] = Status.LINE_SEARCH_FAILED;
        }
    }

    /** η at a new point, from what the last step brought. */
    private double forcing(int b, double norm) {
        double next = options.forcing();
        if (steps[b] >= 0) {
            double ratio = norm / length[b];
            double held = FACTOR * η[b] * η[b];
            next = Math.max(FACTOR * ratio * ratio, held > HOLD ? held : 0);
        }
        // Half of what the solve asks for: more would not be seen.
        return Math.min(options.forcing(), Math.max(next, 0.5 * goal(b, value[b]) / norm));
    }

    @Override
    boolean refused(int b) {
        return refused[b];
    }

    @Override
    int iterations(int b) {
        return steps[b];
    }

    @Override
    Status verdict(int b) {
        return verdicts[b];
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        this.f = f;
        derivative = options.differences() ? null : f.derivatives();
        try {
            gather(zk, gk);
            if (solving.count() > 0) {
                solve(z.head(solving.count()), g.head(solving.count()));
            }
        } finally {
            this.f = null;
            derivative = null;
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            trial[2 * b] = 1;
            // A row that is given up stays where it is, and ends with the next evaluation.
            trial[2 * b + 1] = verdicts[b] == null ? search.length(b) : 0;
        }
        plan.engine.mix(points, 2, trial, zk, rows);
    }

    /**
     * Keeps the new points and their values, and packs the points and {@code r = f(z) - z} of the rows that can pay for a step to the
     * front.
     */
    private void gather(Block zk, Block gk) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!refused[b]) {
                points.block().copyRow(zk, p, 2 * b);
                points.block().copyRow(gk, p, 2 * b + 1);
            }
        }
        plan.engine.axpby(-1, zk, 1, gk);
        // What a step takes beside its products: the trial, and to linearise.
        int beside = derivative == null ? 1 : 2;
        double least = derivative == null ? Math.sqrt(roundoff) : EXACT * roundoff;
        solving.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int limit = Math.min(options.krylov(), left(b) - beside);
            if (!refused[b] && limit < 1) {
                points.block().copyRow(gk, p, 2 * b + 1);
            } else if (!refused[b]) {
                int q = solving.count();
                tolerances[q] = Math.max(η[b], least);
                limits[q] = limit;
                zk.copyRow(zk, p, q);
                gk.copyRow(gk, p, q);
                solving.append(b);
            }
        }
    }

    /** {@code (I - J) s = r} for the rows that are at a new point. */
    private void solve(Block point, Block r) {
        if (derivative != null) {
            derivative.linearise(point, solving);
            outcome.evaluated(solving);
        } else {
            plan.engine.norm(point, lengths);
            for (int q = 0; q < solving.count(); q++) {
                int b = solving.index(q);
                double length = lengths[q] > 0 ? lengths[q] : value[b];
                ε[b] = Math.sqrt(2 * roundoff) * Math.sqrt(length) * Math.sqrt(Math.max(length, value[b]));
            }
        }
        Outcome found = gmres.approximate(jacobian, r, r, tolerances, limits);
        boolean late = outOfTime();
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
            difference(v, z.head(rows.count()), out);
        }
        outcome.evaluated(multiplied);
        if (outOfTime()) {
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
        plan.engine.mix(points, 1, base, point, multiplied);
        plan.engine.axpby(forward, v, ones, point);
        InputGuard.evaluate(f, point, out, multiplied);
        plan.engine.multiAxpy(points, 2, minusValue, out, multiplied, null);
        plan.engine.axpby(back, out, zeros, out);
    }
}
