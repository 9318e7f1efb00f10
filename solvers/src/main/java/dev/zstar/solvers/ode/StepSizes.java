package dev.zstar.solvers.ode;

import dev.zstar.kernels.Rows;

/**
 * The time and the step of each row. The next step follows from the estimated error by a proportional-integral controller (Gustafsson 1991;
 * Hairer, Nørsett and Wanner I, section II.4, and their code dopri5):
 * <pre>
 * h' = h · min(5, max(1/5, 0.9 err⁻⁰·¹⁷ err_old⁰·⁰⁴))  after an accepted step
 * h' = h · max(1/5, 0.9 err⁻⁰·¹⁷)                      after a rejected one</pre>
 * With a fixed number of steps there is no controller.
 */
final class StepSizes {
    private static final double SAFETY = 0.9;
    private static final double BETA = 0.04;
    private static final double ALPHA = 0.2 - 0.75 * BETA;
    private static final double LEAST = 0.2;
    private static final double MOST = 5;
    /** Attempts in a row with NaN or infinity. */
    private static final int PATIENCE = 20;

    private final StepControl control;
    private final double[] from;
    private final double[] to;
    private final double[] t;
    private final double[] h;
    /** Where the step ends, and where the row has got to: earlier if an event ended it. */
    private final double[] end;
    private final double[] reached;
    private final double[] next;
    private final double[] old;
    private final boolean[] last;
    private final boolean[] rejected;
    private final int[] nonfinite;
    private final int[] done;

    StepSizes(StepControl control, int batch) {
        this.control = control;
        from = new double[batch];
        to = new double[batch];
        t = new double[batch];
        h = new double[batch];
        end = new double[batch];
        reached = new double[batch];
        next = new double[batch];
        old = new double[batch];
        last = new boolean[batch];
        rejected = new boolean[batch];
        nonfinite = new int[batch];
        done = new int[batch];
    }

    /** Row b starts. */
    void begin(int b, double from, double to) {
        this.from[b] = from;
        this.to[b] = to;
        t[b] = from;
        end[b] = from;
        reached[b] = from;
        h[b] = 0;
        next[b] = Math.copySign(control.firstStep(), to - from);
        old[b] = 1e-4;
        last[b] = false;
        rejected[b] = false;
        nonfinite[b] = 0;
        done[b] = 0;
    }

    /** Sets the step of row b, with its sign, which {@link #propose} may shorten. */
    void next(int b, double step) {
        next[b] = step;
    }

    /** Repeats a step of an earlier solve. */
    void repeat(int b, double t, double h, double end) {
        this.t[b] = t;
        this.h[b] = h;
        this.end[b] = end;
    }

    /** Chooses the step of row b. Returns false if it is too short to change the time. */
    boolean propose(int b) {
        if (control.isFixed()) {
            last[b] = done[b] + 1 == control.steps();
            end[b] = last[b] ? to[b] : from[b] + (to[b] - from[b]) * ((done[b] + 1.0) / control.steps());
            h[b] = end[b] - t[b];
            reached[b] = end[b];
            return last[b] || h[b] != 0;
        }
        double left = to[b] - t[b];
        double step = Math.copySign(Math.min(Math.abs(next[b]), control.maxStep()), left);
        // A step that nearly reaches the end is stretched, as in dopri5, rather than followed by a tiny one.
        last[b] = 1.01 * Math.abs(step) >= Math.abs(left) && Math.abs(left) <= control.maxStep();
        h[b] = last[b] ? left : step;
        end[b] = last[b] ? to[b] : t[b] + step;
        reached[b] = end[b];
        return last[b] || t[b] + 0.1 * step != t[b] && Math.abs(step) >= Double.MIN_NORMAL;
    }

    /** The step of row b had this error, at most 1. */
    void accept(int b, double error) {
        double factor = SAFETY * power(old[b], BETA) / power(error, ALPHA);
        // At once after a rejection a longer step would be rejected too.
        factor = Math.max(LEAST, Math.min(rejected[b] ? 1 : MOST, factor));
        next[b] = h[b] * factor;
        old[b] = Math.max(error, 1e-4);
        rejected[b] = false;
        nonfinite[b] = 0;
    }

    /** The step of row b had this error, above 1. */
    void reject(int b, double error) {
        next[b] = h[b] * Math.max(LEAST, SAFETY / power(error, ALPHA));
        rejected[b] = true;
        nonfinite[b] = 0;
    }

    /** The step of row b met NaN or infinity. Returns whether to try a shorter one. */
    boolean retreat(int b) {
        next[b] = 0.1 * h[b];
        rejected[b] = true;
        return !control.isFixed() && ++nonfinite[b] < PATIENCE;
    }

    /** An event ended row b within its step. */
    void cut(int b, double t) {
        reached[b] = t;
    }

    /** The step of row b is done. */
    void advance(int b) {
        t[b] = reached[b];
        done[b]++;
    }

    /**
     * {@code x^a} for x ≥ 0. It has the same bits in the interpreter, in compiled code and on every processor; Math.pow need not. It
     * allocates nothing; StrictMath.pow allocates.
     */
    static double power(double x, double a) {
        return StrictMath.exp(a * StrictMath.log(x));
    }

    /** Whether the last attempt of row b met NaN or infinity. */
    boolean isNonfinite(int b) {
        return nonfinite[b] > 0;
    }

    double t(int b) {
        return t[b];
    }

    double h(int b) {
        return h[b];
    }

    /** Where the interval of row b ends. */
    double goal(int b) {
        return to[b];
    }

    /** Where the step of row b ends. */
    double end(int b) {
        return end[b];
    }

    /** Where row b is after its step: at its end, or at the event that ended the row. */
    double reached(int b) {
        return reached[b];
    }

    /** Whether the step of row b is its last one. */
    boolean isLast(int b) {
        return last[b];
    }

    /** The time at a fraction of the step of row b. */
    double at(int b, double θ) {
        return θ == 1 ? end[b] : t[b] + θ * h[b];
    }

    /** The times of stage j, by position. */
    double[] times(int j, Rows rows, double[] out) {
        for (int p = 0; p < rows.count(); p++) {
            out[p] = at(rows.index(p), Tableau.C[j]);
        }
        return out;
    }
}
