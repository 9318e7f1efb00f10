package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Checksum;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.internal.InputGuard;
import java.util.Arrays;

/** The loop of the solver: propose a step for each active row, evaluate its stages, judge its error, advance, remove rows that are done. */
final class Integration {
    private static final StepListener[] NONE = {};
    private final Engine engine;
    private final StepControl control;
    private final Stages stages;
    private final StepSizes steps;
    private final FirstSteps first;
    private final OdeOutcome outcome;
    private final Crossings crossings;
    private final Samples samples;
    private final Exits exits;
    private final Rows rows;
    /** The rows whose last step was accepted. */
    private final Rows accepted;
    private final double[] plannedRelative;
    private final double[] plannedAbsolute;
    private final double[] norms;
    private final double[] times;
    private double[] relative;
    private double[] absolute;
    private StepListener[] listeners = NONE;
    private OdeObserver observer;
    private Block result;

    Integration(Workspace workspace, StepControl control) {
        engine = workspace.engine();
        this.control = control;
        int batch = workspace.batch();
        stages = new Stages(workspace);
        steps = new StepSizes(control, batch);
        first = new FirstSteps(stages, steps, batch);
        outcome = new OdeOutcome(batch);
        crossings = new Crossings(outcome, batch);
        samples = new Samples(batch);
        exits = new Exits(batch);
        rows = new Rows(batch);
        accepted = new Rows(batch);
        plannedRelative = filled(batch, control.relative());
        plannedAbsolute = filled(batch, control.absolute());
        norms = new double[batch];
        times = new double[batch];
    }

    private static double[] filled(int count, double value) {
        double[] all = new double[count];
        Arrays.fill(all, value);
        return all;
    }

    OdeOutcome outcome() {
        return outcome;
    }

    Stages stages() {
        return stages;
    }

    StepSizes steps() {
        return steps;
    }

    /**
     * Integrates rows of {@code z} in place.
     *
     * @param some the rows; null for all
     * @param listeners may hold null
     */
    OdeOutcome run(OdeFunction f, Block z, Rows some, double[] from, double[] to, OdeOptions options, StepListener[] listeners) {
        samples.use(options, z, from, to);
        relative = options.relative() == null ? plannedRelative : options.relative();
        absolute = options.absolute() == null ? plannedAbsolute : options.absolute();
        observer = options.observer();
        this.listeners = listeners;
        result = z;
        try {
            crossings.use(options.events());
            outcome.start(z.rows());
            if (some == null) {
                rows.reset(z.rows());
            } else {
                rows.copyFrom(some);
            }
            load(from, to);
            if (rows.count() > 0) {
                start(f);
            }
            while (rows.count() > 0) {
                step(f);
            }
            return outcome;
        } finally {
            samples.use(OdeOptions.NONE, z, from, to);
            crossings.use(OdeOptions.NONE.events());
            observer = null;
            this.listeners = NONE;
            result = null;
        }
    }

    private void load(double[] from, double[] to) {
        for (int p = 0; p < rows.count(); p++) {
            stages.put(rows.index(p), Stages.Z, result, rows.index(p));
        }
        Block start = stages.gather(Stages.Z, rows);
        engine.norm(start, norms);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            steps.begin(b, from[b], to[b]);
            outcome.begin(b, from[b], to[b]);
            if (!(norms[p] < Double.POSITIVE_INFINITY) && !Finite.row(start, p)) {
                outcome.end(b, OdeStatus.NONFINITE_INPUT);
            } else {
                samples.start(b, from[b], result);
                if (from[b] == to[b]) {
                    outcome.end(b, OdeStatus.REACHED_END);
                }
            }
        }
        compact();
    }

    private void start(OdeFunction f) {
        stages.first(f, rows, steps);
        outcome.evaluated(rows, 1);
        for (int p = 0; p < rows.count(); p++) {
            if (stages.isBroken(rows.index(p))) {
                end(rows.index(p), OdeStatus.NONFINITE_FUNCTION);
            }
        }
        compact();
        if (rows.count() > 0) {
            if (!control.isFixed() && control.firstStep() == 0) {
                first.choose(f, rows, relative, absolute, control.maxStep());
                outcome.evaluated(rows, 1);
            }
            for (StepListener listener : listeners) {
                if (listener != null) {
                    listener.begin(stages, steps, rows);
                }
            }
            crossings.begin(stages, steps, rows);
        }
    }

    private void step(OdeFunction f) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (control.maxEvaluations() - outcome.evaluations(b) < StepControl.PER_STEP) {
                end(b, OdeStatus.MAX_EVALUATIONS);
            } else if (!steps.propose(b)) {
                end(b, steps.isNonfinite(b) ? OdeStatus.NONFINITE_FUNCTION : OdeStatus.STEP_TOO_SMALL);
            }
        }
        compact();
        if (rows.count() == 0) {
            return;
        }
        stages.attempt(f, Tableau.STAGES, rows, steps);
        outcome.evaluated(rows, StepControl.PER_STEP);
        judge();
        if (accepted.count() > 0) {
            crossings.find(stages, steps, accepted);
            for (StepListener listener : listeners) {
                if (listener != null) {
                    listener.accepted(stages, steps, accepted);
                }
            }
            samples.accepted(stages, steps, accepted);
            advance();
            compact();
            observe();
        }
        compact();
    }

    /** Accepts or rejects the step of each row. */
    private void judge() {
        Block error = stages.error(rows, steps);
        accepted.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double size = stages.isBroken(b) ? Double.NaN : ErrorNorm.of(
                    error, p, stages.vectors(), stages.at(b, Stages.Z), stages.at(b, Stages.NEXT), relative[b], absolute[b]);
            if (Double.isNaN(size)) {
                outcome.reject(b);
                if (!steps.retreat(b)) {
                    end(b, OdeStatus.NONFINITE_FUNCTION);
                }
            } else if (control.isFixed() || size <= 1) {
                steps.accept(b, size);
                outcome.accept(b);
                accepted.append(b);
            } else {
                steps.reject(b, size);
                outcome.reject(b);
            }
        }
    }

    private void advance() {
        int left = 0;
        for (int p = 0; p < accepted.count(); p++) {
            int b = accepted.index(p);
            boolean ended = crossings.ended(b, stages, steps);
            stages.advance(b);
            steps.advance(b);
            outcome.reached(b, steps.t(b));
            if (ended) {
                end(b, OdeStatus.ENDED_BY_EVENT);
            } else if (steps.isLast(b)) {
                end(b, OdeStatus.REACHED_END);
            } else {
                accepted.place(left++, b);
            }
        }
        accepted.truncate(left);
    }

    /** Shows the accepted rows that go on. */
    private void observe() {
        if (observer == null) {
            return;
        }
        int count = accepted.count();
        for (int p = 0; p < count; p++) {
            times[p] = steps.t(accepted.index(p));
        }
        Block z = stages.gather(Stages.Z, accepted);
        exits.reset(count);
        long before = Checksum.ON ? Checksum.of(z) : 0;
        observer.accepted(outcome, times, z, accepted, exits);
        InputGuard.requireRows("accepted", "the observer", count, accepted);
        if (exits.count() != count) {
            throw new IllegalStateException("accepted: the observer reset the exits to " + exits.count() + " rows, expected " + count
                    + ", as before");
        }
        if (Checksum.ON && Checksum.of(z) != before) {
            throw new IllegalStateException("accepted: the observer changed the states z, expected it only to read them");
        }
        for (int p = 0; p < count; p++) {
            if (exits.isStopped(p)) {
                end(accepted.index(p), OdeStatus.STOPPED_BY_OBSERVER);
            }
        }
        for (int p = 0; p < rows.count() && exits.isCancelled(); p++) {
            if (outcome.status(rows.index(p)) == null) {
                end(rows.index(p), OdeStatus.CANCELLED);
            }
        }
    }

    /** Ends row b at the last state that it reached. */
    private void end(int b, OdeStatus why) {
        outcome.end(b, why);
        stages.copy(b, Stages.Z, result, b);
    }

    /** Removes the rows that have ended. */
    private void compact() {
        int left = 0;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (outcome.status(b) == null) {
                rows.place(left++, b);
            }
        }
        rows.truncate(left);
    }
}
