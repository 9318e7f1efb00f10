package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.internal.SolveRecord;

/** Removes the rows that are done: those that converged, exhausted a budget, or failed. The last of the others take their places. */
final class Termination {
    private final Stopping stopping;
    private final Iterates at;
    private final Rows rows;
    private final IterationMethod method;
    private final ConvergenceTest test;
    private final Scales scales;
    private final BestIterates best;
    /** Null without a step tolerance. */
    private final StepLengths lengths;
    private final SafeguardState safeguard;
    private final SolveRecord outcome;
    /** Null if the distances from the starts are not measured. */
    private final Distances distances;
    /** By row of the batch: the number of accepted points, and whether the last point was refused. */
    private final int[] accepted;
    private final boolean[] refused;
    /** By row of the batch: whether the last point was refused by the method or the safeguard. */
    private final boolean[] trials;
    /** The positions of the rows that have just ended. */
    private final int[] free;
    /** By row of the batch, for the current solve; null for the tolerance of the stopping rule. */
    private double[] tolerances;
    /** Null if neither states nor a trace are recorded. */
    private RecordedStates states;

    Termination(Stopping stopping, Iterates at, IterationMethod method, ConvergenceTest test, Scales scales, BestIterates best,
            StepLengths lengths, SafeguardState safeguard, SolveRecord outcome, Distances distances) {
        this.stopping = stopping;
        this.at = at;
        rows = at.rows();
        this.method = method;
        this.test = test;
        this.scales = scales;
        this.best = best;
        this.lengths = lengths;
        this.safeguard = safeguard;
        this.outcome = outcome;
        this.distances = distances;
        accepted = new int[rows.capacity()];
        refused = new boolean[rows.capacity()];
        trials = new boolean[rows.capacity()];
        free = new int[rows.capacity()];
    }

    /** A solve begins. */
    void begin(double[] tolerances, RecordedStates states) {
        this.tolerances = tolerances;
        this.states = states;
    }

    /** Row {@code b} begins. */
    void begin(int b) {
        accepted[b] = 0;
        if (distances != null) {
            distances.begin(b, best.result(), best.row(b));
        }
    }

    /** Records whether the method accepts the point of row {@code b}. */
    void accept(int b, boolean accepts) {
        refused[b] = !accepts;
    }

    /** Whether the method refused the last point of row {@code b}. */
    boolean refused(int b) {
        return refused[b];
    }

    /** The relative tolerance that row {@code b} must meet. */
    double tolerance(int b) {
        return tolerances == null ? stopping.relative() : tolerances[b];
    }

    /** Ends the rows that are done. Returns how many go on. */
    int test() {
        Block zk = at.z();
        Block gk = at.g();
        int ended = 0;
        double worst = 0;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double square = at.residualSquare(b);
            double residual = scales.outward(b, Math.sqrt(square));
            double value = scales.outward(b, Math.sqrt(at.valueSquare(b)));
            boolean trial = refused[b] || safeguard != null && safeguard.refuses(b, square);
            trials[b] = trial;
            boolean better = !trial && test.isBetter(b, residual);
            double relative = test.relative(b, residual, value);
            Status status = trial ? test.refused(b, residual, relative, value, tolerance(b), outcome.evaluations(b))
                    : test(b, p, residual, relative, value);
            if (status == null) {
                status = accepted[b] > stopping.maxIterations() ? Status.MAX_ITERATIONS : gaveUp(b);
            }
            worst = Math.max(worst, relative);
            outcome.measured(b, relative);
            if (!trial) {
                test.note(b, residual, relative, outcome.evaluations(b));
            }
            if (status == null) {
                if (safeguard != null) {
                    safeguard.remember(b, square, zk, gk, p);
                }
                if (better) {
                    best.improved(b, p);
                }
                continue;
            }
            free[ended++] = p;
            if (better || status.isSuccess()) {
                // The result of a success is the iterate that was tested, even if an earlier one was better, as when only the step is
                // small. At the first evaluation that is the start, which the result already holds.
                if (outcome.evaluations(b) > 1) {
                    best.keep(b, p, zk);
                }
                end(b, status, relative);
            } else {
                best.restore(b);
                end(b, status, test.best(b));
            }
        }
        if (states != null) {
            outcome.record(worst);
        }
        int left = fill(ended);
        if (lengths != null && left > 0) {
            lengths.remember(zk.head(left), rows);
        }
        return left;
    }

    /**
     * Moves the last active rows to the first {@code ended} free positions, which ascend. Returns how many rows go on. To keep the order of
     * the rows, all that follow an ended row would have to move. In a group whose rows end one by one this took 80 ns for each row and
     * evaluation at n = 64.
     */
    private int fill(int ended) {
        Block zk = at.z();
        Block gk = at.g();
        int left = rows.count();
        // The last free position first: then the row behind it, if there is one, is active.
        for (int i = ended - 1; i >= 0; i--) {
            int to = free[i];
            left--;
            if (to != left) {
                int b = rows.index(left);
                zk.copyRow(zk, left, to);
                gk.copyRow(gk, left, to);
                best.moved(b, to);
                rows.place(to, b);
            }
        }
        rows.truncate(left);
        return left;
    }

    private Status gaveUp(int b) {
        Status why = method.gaveUp(b);
        if (why != null && why.isSuccess()) {
            throw new IllegalStateException("gaveUp: the method gave up row " + b + " of the batch with " + why
                    + ", expected a status that is not a success");
        }
        return why;
    }

    /** Tests a point that the method accepted. */
    private Status test(int b, int p, double residual, double relative, double value) {
        accepted[b]++;
        if (residual < Double.POSITIVE_INFINITY && value < Double.POSITIVE_INFINITY) {
            double stepped = lengths == null ? Double.POSITIVE_INFINITY : lengths.relative(b);
            return test.test(b, residual, relative, value, tolerance(b), stepped, outcome.evaluations(b));
        }
        // A norm is not finite because of the start, the method, the map, or a residual that is too large for the type. If it is NaN for
        // finite numbers, the method measured it wrongly.
        return !Finite.row(at.z(), p) ? outcome.evaluations(b) == 1 ? Status.NONFINITE_INPUT : Status.BREAKDOWN
                : !Finite.row(at.g(), p) ? Status.NONFINITE_FUNCTION
                : Double.isNaN(residual) || Double.isNaN(value) ? Status.BREAKDOWN
                : Status.DIVERGED;
    }

    /**
     * Ends the rows that the observer stopped. A row gets the iterate that the observer saw. If that was a trial, it gets its best iterate.
     * A row that has no other points than refused ones cannot succeed.
     */
    int stop(Exits exits) {
        Block zk = at.z();
        int ended = 0;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (!exits.isStopped(p)) {
                continue;
            }
            free[ended++] = p;
            if (trials[b]) {
                best.restore(b);
                end(b, test.best(b) < Double.POSITIVE_INFINITY ? Status.STOPPED_BY_OBSERVER : Status.CANCELLED, test.best(b));
            } else {
                // At the first evaluation the result already holds the iterate.
                if (outcome.evaluations(b) > 1) {
                    best.keep(b, p, zk);
                }
                end(b, Status.STOPPED_BY_OBSERVER, outcome.residual(b));
            }
        }
        return fill(ended);
    }

    /** Ends all rows, each with its best iterate. Returns how many go on: 0. */
    int endAll(Status status) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            best.restore(b);
            end(b, status, test.best(b));
        }
        rows.truncate(0);
        return 0;
    }

    private void end(int b, Status status, double residual) {
        outcome.end(b, status, residual);
        if (distances != null) {
            outcome.distance(b, distances.measure(b, best.result(), best.row(b)));
        }
        if (states != null) {
            states.end(b, outcome.evaluations(b), best.result());
        }
    }
}
