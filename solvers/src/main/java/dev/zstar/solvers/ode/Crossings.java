package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import java.util.Arrays;

/** The events of a solve. A change of sign within a step is found on its dense output by the Illinois method, safeguarded by bisection. */
final class Crossings {
    private static final int MOST = 180;
    private final OdeOutcome outcome;
    private final int batch;
    private OdeEvent[] events = {};
    /** By event and row: g at the start of the step, and where the event is in the step, or infinity. */
    private double[][] before = {};
    private double[][] where = {};
    /** By row: the bracket, the values at its ends, and the point to look at next. */
    private final double[] low;
    private final double[] high;
    private final double[] below;
    private final double[] above;
    private final double[] θ;
    /** By row: which end of the bracket moved last. */
    private final int[] side;
    /** By row: whether g rises, and whether it is 0 at the upper end. */
    private final boolean[] rises;
    private final boolean[] exact;
    /** By row: where an event ended it, or NaN. */
    private final double[] cut;
    private final Rows searching;
    private final Rows one;
    private final double[] times;
    private final double[] values;

    Crossings(OdeOutcome outcome, int batch) {
        this.outcome = outcome;
        this.batch = batch;
        low = new double[batch];
        high = new double[batch];
        below = new double[batch];
        above = new double[batch];
        θ = new double[batch];
        side = new int[batch];
        rises = new boolean[batch];
        exact = new boolean[batch];
        cut = new double[batch];
        searching = new Rows(batch);
        one = new Rows(batch);
        times = new double[batch];
        values = new double[batch];
    }

    /** A solve with these events starts; none to release them. */
    void use(OdeEvent[] events) {
        this.events = events;
        if (before.length < events.length) {
            before = new double[events.length][batch];
            where = new double[events.length][batch];
        }
        Arrays.fill(cut, Double.NaN);
    }

    void begin(Stages stages, StepSizes steps, Rows rows) {
        for (int e = 0; e < events.length; e++) {
            events[e].value(steps.times(1, rows, times), stages.gather(Stages.Z, rows), values, rows);
            for (int p = 0; p < rows.count(); p++) {
                before[e][rows.index(p)] = values[p];
            }
        }
    }

    /** Finds the events of the steps of these rows, and reports them. Rows that end are {@linkplain StepSizes#cut cut}. */
    void find(Stages stages, StepSizes steps, Rows rows) {
        for (int e = 0; e < events.length; e++) {
            events[e].value(steps.times(Tableau.STAGES, rows, times), stages.gather(Stages.NEXT, rows), values, rows);
            searching.reset(0);
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                where[e][b] = Double.POSITIVE_INFINITY;
                if (crosses(before[e][b], values[p], events[e].direction())) {
                    bracket(b, before[e][b], values[p]);
                    searching.append(b);
                }
                before[e][b] = values[p];
            }
            search(e, stages, steps);
        }
        for (int p = 0; p < rows.count() && events.length > 0; p++) {
            report(rows.index(p), stages, steps);
        }
    }

    private static boolean crosses(double before, double after, int direction) {
        return direction >= 0 && before < 0 && after >= 0 || direction <= 0 && before > 0 && after <= 0;
    }

    private void bracket(int b, double before, double after) {
        low[b] = 0;
        high[b] = 1;
        below[b] = before;
        above[b] = after;
        side[b] = 0;
        rises[b] = before < 0;
        exact[b] = after == 0;
    }

    /** Shrinks the brackets of the rows that search, all at once, until each is as short as the time can tell. */
    private void search(int e, Stages stages, StepSizes steps) {
        for (int round = 0; round < MOST; round++) {
            int left = 0;
            for (int p = 0; p < searching.count(); p++) {
                int b = searching.index(p);
                where[e][b] = high[b];
                double width = (high[b] - low[b]) * Math.abs(steps.h(b));
                double precision = 2 * Math.max(Math.ulp(steps.t(b)), Math.ulp(steps.end(b)));
                if (!exact[b] && width > precision && choose(b, round)) {
                    searching.place(left++, b);
                }
            }
            searching.truncate(left);
            if (left == 0) {
                return;
            }
            Block z = stages.dense(θ, searching, steps);
            for (int p = 0; p < left; p++) {
                times[p] = steps.at(searching.index(p), θ[searching.index(p)]);
            }
            events[e].value(times, z, values, searching);
            for (int p = 0; p < left; p++) {
                narrow(searching.index(p), values[p]);
            }
        }
        for (int p = 0; p < searching.count(); p++) {
            where[e][searching.index(p)] = high[searching.index(p)];
        }
    }

    /** Sets θ within the bracket of row b. Returns false if there is no number between its ends. */
    private boolean choose(int b, int round) {
        double width = high[b] - low[b];
        double middle = low[b] + 0.5 * width;
        double secant = high[b] - above[b] * width / (above[b] - below[b]);
        // Each third point halves the bracket, whatever g is.
        θ[b] = round % 3 != 2 && secant > low[b] && secant < high[b] ? secant : middle;
        return θ[b] > low[b] && θ[b] < high[b];
    }

    private void narrow(int b, double g) {
        boolean isAfter = rises[b] ? g >= 0 : g <= 0;
        if (isAfter) {
            exact[b] = g == 0;
            high[b] = θ[b];
            above[b] = g;
            // The Illinois rule: an end that stays twice counts half.
            below[b] = side[b] == 1 ? 0.5 * below[b] : below[b];
            side[b] = 1;
        } else {
            low[b] = θ[b];
            // NaN says nothing about the side, so the start of the bracket keeps its sign.
            below[b] = Double.isNaN(g) ? below[b] : g;
            above[b] = side[b] == -1 ? 0.5 * above[b] : above[b];
            side[b] = -1;
        }
    }

    /** Reports the events of row b in their order, until one ends it. */
    private void report(int b, Stages stages, StepSizes steps) {
        while (true) {
            int first = -1;
            for (int e = 0; e < events.length; e++) {
                if (where[e][b] < (first < 0 ? Double.POSITIVE_INFINITY : where[first][b])) {
                    first = e;
                }
            }
            if (first < 0) {
                return;
            }
            θ[b] = where[first][b];
            where[first][b] = Double.POSITIVE_INFINITY;
            one.reset(0);
            one.append(b);
            Block z = stages.dense(θ, one, steps);
            if (events[first].occurred(b, steps.at(b, θ[b]), z)) {
                cut[b] = θ[b];
                outcome.event(b, first);
                steps.cut(b, steps.at(b, θ[b]));
                return;
            }
        }
    }

    /** Whether an event ended row b within its step. Then z' becomes the state at the event. */
    boolean ended(int b, Stages stages, StepSizes steps) {
        if (Double.isNaN(cut[b])) {
            return false;
        }
        if (cut[b] < 1) {
            θ[b] = cut[b];
            one.reset(0);
            one.append(b);
            stages.put(b, Stages.NEXT, stages.dense(θ, one, steps), 0);
        }
        return true;
    }
}
