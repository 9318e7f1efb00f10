package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/**
 * The first step of each row: the rule of Hairer, Nørsett and Wanner I, page 169. A step of Euler's method estimates the second derivative
 * of the solution, and the first step makes its fifth-order error about a hundredth of the tolerance.
 */
final class FirstSteps {
    private final Stages stages;
    private final StepSizes steps;
    private final double[] first;

    FirstSteps(Stages stages, StepSizes steps, int batch) {
        this.stages = stages;
        this.steps = steps;
        first = new double[batch];
    }

    /** Chooses the steps of these rows, whose k₁ is known. Spends one evaluation of each. */
    void choose(OdeFunction f, Rows rows, double[] relative, double[] absolute, double maxStep) {
        Block vectors = stages.vectors();
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double d0 = size(vectors, b, Stages.Z, relative, absolute);
            double d1 = size(vectors, b, 1, relative, absolute);
            double h = 0.01 * d0 / d1;
            if (d0 < 1e-5 || d1 < 1e-5 || !(h > 0 && h < Double.POSITIVE_INFINITY)) {
                h = 1e-6;
            }
            double span = steps.goal(b) - steps.t(b);
            first[b] = Math.min(Math.min(h, maxStep), Math.abs(span));
            // With these numbers stage 2 is the step of Euler's method: its state is z + h k₁ / 5.
            double step = Math.copySign(first[b], span) / Tableau.C[2];
            steps.repeat(b, steps.t(b), step, steps.t(b) + step);
        }
        stages.attempt(f, 2, rows, steps);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            double d1 = size(vectors, b, 1, relative, absolute);
            double d2 = change(vectors, b, relative[b], absolute[b]) / first[b];
            double largest = Math.max(d1, d2);
            double h = largest <= 1e-15 ? Math.max(1e-6, 1e-3 * first[b]) : StepSizes.power(0.01 / largest, 0.2);
            h = Math.min(100 * first[b], h);
            steps.next(b, Math.copySign(h > 0 ? h : first[b], steps.goal(b) - steps.t(b)));
        }
    }

    private double size(Block vectors, int b, int slot, double[] relative, double[] absolute) {
        int z = stages.at(b, Stages.Z);
        return ErrorNorm.of(vectors, stages.at(b, slot), vectors, z, z, relative[b], absolute[b]);
    }

    /** The norm of k₂ - k₁. */
    private double change(Block vectors, int b, double relative, double absolute) {
        int n = vectors.cols();
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double difference = vectors.get(stages.at(b, 2), i) - vectors.get(stages.at(b, 1), i);
            if (difference != 0) {
                double ratio = difference / (absolute + relative * Math.abs(vectors.get(stages.at(b, Stages.Z), i)));
                sum += ratio * ratio;
            }
        }
        return Math.sqrt(sum / n);
    }
}
