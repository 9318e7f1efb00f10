package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import java.util.Arrays;

/** Tries a few steps {@code z ← z + β (f(z) - z)} from given states, before a {@link Diagnosis} recommends them. */
final class TrialSteps {
    static final int COUNT = 6;

    private TrialSteps() {}

    /**
     * The factor by which a step multiplied ‖r‖ of each row, on average. It is 0 if ‖r‖ was 0 at first and stayed so, and NaN if ‖r‖
     * became infinite or NaN, or grew from 0.
     */
    static double[] rates(Engine engine, FixedPointMap f, Block states, double β) {
        int batch = states.rows();
        double[] first = new double[batch];
        double[] last = new double[batch];
        Rows rows = new Rows(batch);
        try (Block z = engine.allocate(states.type(), batch, states.cols());
                Block r = engine.allocate(states.type(), batch, states.cols())) {
            z.copyFrom(states);
            for (int k = 0; k <= COUNT; k++) {
                f.apply(z, r, rows);
                engine.axpby(-1, z, 1, r);
                engine.norm(r, last);
                if (k == 0) {
                    System.arraycopy(last, 0, first, 0, batch);
                }
                engine.axpby(β, r, 1, z);
            }
        }
        double[] rates = new double[batch];
        Arrays.setAll(rates, b -> last[b] == 0 ? 0
                : last[b] < Double.POSITIVE_INFINITY && first[b] > 0 ? Math.pow(last[b] / first[b], 1.0 / COUNT)
                : Double.NaN);
        return rates;
    }
}
