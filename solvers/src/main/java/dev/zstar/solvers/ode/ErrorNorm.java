package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;

/** The norm in which errors are compared with the tolerances: {@code √(1/n Σ (e_i / (absolute + relative max(|z_i|, |z'_i|)))²)}. */
final class ErrorNorm {
    private ErrorNorm() {}

    /** The norm of row p of a block e. NaN if an element of e or of z' is not finite. An element without an error counts 0. */
    static double of(Block e, int p, Block states, int z, int next, double relative, double absolute) {
        int n = e.cols();
        double sum = 0;
        boolean finite = true;
        for (int i = 0; i < n; i++) {
            double error = e.get(p, i);
            double after = states.get(next, i);
            finite &= Math.abs(error) < Double.POSITIVE_INFINITY && Math.abs(after) < Double.POSITIVE_INFINITY;
            if (error != 0) {
                double ratio = error / (absolute + relative * Math.max(Math.abs(states.get(z, i)), Math.abs(after)));
                sum += ratio * ratio;
            }
        }
        return finite ? Math.sqrt(sum / n) : Double.NaN;
    }
}
