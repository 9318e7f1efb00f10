package dev.zstar.benchmarks.study;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** When each evaluation of a solve ended. A solve that is repeated takes the same evaluations, so their times have medians. */
final class EvaluationClock {
    private static final int SOLVES = 25;

    private final long[] ends;
    private int count;

    /** A clock for at most this many evaluations. */
    EvaluationClock(int most) {
        ends = new long[most];
    }

    /** To be called at the end of each evaluation. */
    void tick() {
        if (count < ends.length) {
            ends[count++] = System.nanoTime();
        }
    }

    /** Microseconds from the start of a solve to the end of each evaluation. */
    List<Double> medians(Runnable solve) {
        double[][] micros = new double[SOLVES][];
        for (int i = 0; i < SOLVES; i++) {
            count = 0;
            long start = System.nanoTime();
            solve.run();
            micros[i] = Arrays.stream(ends, 0, count).mapToDouble(end -> (end - start) * 1e-3).toArray();
        }
        List<Double> medians = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            int evaluation = k;
            double[] sorted = Arrays.stream(micros).mapToDouble(one -> one[evaluation]).sorted().toArray();
            medians.add(Stopwatch.median(sorted));
        }
        return medians;
    }
}
