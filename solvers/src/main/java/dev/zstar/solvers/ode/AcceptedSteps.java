package dev.zstar.solvers.ode;

import java.util.Arrays;

/** The times of the accepted steps of each row, and where their states are kept. Grows as needed, and keeps its memory. */
final class AcceptedSteps {
    private final double[][] t;
    private final double[][] h;
    private final int[][] slot;
    private final int[] count;

    AcceptedSteps(int batch) {
        t = new double[batch][];
        h = new double[batch][];
        slot = new int[batch][];
        count = new int[batch];
        for (int b = 0; b < batch; b++) {
            t[b] = new double[16];
            h[b] = new double[16];
            slot[b] = new int[16];
        }
    }

    /** Forgets all steps. */
    void clear() {
        Arrays.fill(count, 0);
    }

    /** Adds a point at time t. The step from it is not known yet. */
    void append(int b, double t, int slot) {
        if (count[b] == this.t[b].length) {
            int more = 2 * count[b];
            this.t[b] = Arrays.copyOf(this.t[b], more);
            h[b] = Arrays.copyOf(h[b], more);
            this.slot[b] = Arrays.copyOf(this.slot[b], more);
        }
        this.t[b][count[b]] = t;
        this.slot[b][count[b]++] = slot;
    }

    /** Sets the step from the last point. */
    void step(int b, double h) {
        this.h[b][count[b] - 1] = h;
    }

    /** The number of points: one more than there are steps, or 0 for a row that did not take part. */
    int points(int b) {
        return count[b];
    }

    /** The number of steps. */
    int steps(int b) {
        return Math.max(0, count[b] - 1);
    }

    double t(int b, int i) {
        return t[b][i];
    }

    double h(int b, int i) {
        return h[b][i];
    }

    int slot(int b, int i) {
        return slot[b][i];
    }

    void slot(int b, int i, int slot) {
        this.slot[b][i] = slot;
    }
}
