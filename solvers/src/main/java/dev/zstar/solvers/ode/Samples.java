package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;

/** States at given times, from the dense output of the steps that contain them. */
final class Samples implements StepListener {
    private double[] times = {};
    private Block[] states = {};
    /** By row of the batch: the next time, and where it is in the step. */
    private final int[] next;
    private final double[] θ;
    private final Rows due;

    Samples(int batch) {
        next = new int[batch];
        θ = new double[batch];
        due = new Rows(batch);
    }

    /** A solve with these options starts. Throws if a block does not fit, or if a row does not go through a time. */
    void use(OdeOptions options, Block z, double[] from, double[] to) {
        for (int i = 0; i < options.states().length; i++) {
            Block block = options.states()[i];
            block.requireShape("solve", "a block of states", z.type(), z.rows(), z.cols());
            Arguments.disjoint("solve", "a block of states", block, "z", z);
            for (int j = 0; j < i; j++) {
                Arguments.disjoint("solve", "a block of states", block, "another one", options.states()[j]);
            }
            double t = options.times()[i];
            for (int b = 0; b < z.rows(); b++) {
                boolean inside = t >= Math.min(from[b], to[b]) && t <= Math.max(from[b], to[b]);
                if (!inside || i > 0 && (t - options.times()[i - 1]) * (to[b] - from[b]) < 0) {
                    throw new IllegalArgumentException("solve: time " + i + " of the states is " + t + ", expected times in the direction "
                            + "of the solve, from " + from[b] + " to " + to[b] + ", the interval of row " + b);
                }
            }
        }
        times = options.times();
        states = options.states();
    }

    /** Row b starts, maybe with nothing to integrate. */
    void start(int b, double from, Block z) {
        next[b] = 0;
        if (times.length > 0 && times[0] == from) {
            states[0].copyRow(z, b, b);
            next[b] = 1;
        }
    }

    @Override
    public void begin(Stages stages, StepSizes steps, Rows rows) {}

    @Override
    public void accepted(Stages stages, StepSizes steps, Rows rows) {
        while (true) {
            due.reset(0);
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                if (next[b] < times.length && isPassed(times[next[b]], steps, b)) {
                    double t = times[next[b]];
                    θ[b] = t == steps.end(b) ? 1 : (t - steps.t(b)) / steps.h(b);
                    due.append(b);
                }
            }
            if (due.count() == 0) {
                return;
            }
            Block at = stages.dense(θ, due, steps);
            for (int p = 0; p < due.count(); p++) {
                int b = due.index(p);
                if (θ[b] == 1) {
                    // Exactly the state of the solve, not its sum in another order.
                    stages.copy(b, Stages.NEXT, states[next[b]++], b);
                } else {
                    states[next[b]++].copyRow(at, p, b);
                }
            }
        }
    }

    private static boolean isPassed(double t, StepSizes steps, int b) {
        return steps.h(b) > 0 ? t <= steps.reached(b) : t >= steps.reached(b);
    }
}
