package dev.zstar.benchmarks.reasoner;

import dev.zstar.benchmarks.reasoner.Inference.Exit;
import dev.zstar.benchmarks.reasoner.Inference.Score;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Compares ways of inference with plain steps in lock-step, at equal accuracy: each way is compared with the smallest depth at which
 * lock-step solves as many of the test puzzles. Both are timed in turns, so that a machine that slows down slows both.
 */
public final class Comparison {
    private static final int ROUNDS = 3;

    private final Inference inference;
    private final List<Score> depths;

    /**
     * A way and its rival.
     *
     * @param way its name
     * @param score what it solved
     * @param perSecond puzzles per second, the median of the rounds
     * @param depth the smallest depth at which lock-step solves as many puzzles; if it never does, the depth at which it solves most
     * @param lockstep what lock-step solves at that depth
     * @param lockstepPerSecond its puzzles per second
     * @param ratio the median of the ratios of the rounds
     */
    public record Row(
            String way, Score score, double perSecond, int depth, Score lockstep, double lockstepPerSecond, double ratio) {}

    /** A comparison with the test puzzles of an inference. Measures the accuracy of lock-step at every depth. */
    public Comparison(Inference inference) {
        this.inference = inference;
        depths = inference.depths();
    }

    /** What lock-step solves after 1, 2, … steps. */
    public List<Score> depths() {
        return depths;
    }

    /** A stream that puzzles leave by this rule. */
    public Row stream(Exit exit, boolean anderson) {
        String name = "stream, " + exit.toString().toLowerCase(Locale.ROOT) + (anderson ? ", Anderson" : "");
        return row(name, () -> inference.stream(exit, anderson));
    }

    /** Batches in which each puzzle has several starts. */
    public Row starts(int count) {
        return row(count + " starts, certain", () -> inference.starts(count));
    }

    private Row row(String name, Supplier<Score> way) {
        // Not timed: the JIT compiles here what the way runs.
        Score score = way.get();
        int depth = depth(score.solved());
        double[] own = new double[ROUNDS];
        double[] rival = new double[ROUNDS];
        double[] ratio = new double[ROUNDS];
        Score lockstep = inference.lockstep(depth);
        for (int round = 0; round < ROUNDS; round++) {
            own[round] = perSecond(way, score);
            rival[round] = perSecond(() -> inference.lockstep(depth), lockstep);
            ratio[round] = own[round] / rival[round];
        }
        return new Row(name, score, median(own), depth, lockstep, median(rival), median(ratio));
    }

    private int depth(double solved) {
        int best = 1;
        for (int depth = 1; depth <= depths.size(); depth++) {
            double found = depths.get(depth - 1).solved();
            if (found >= solved) {
                return depth;
            }
            best = found > depths.get(best - 1).solved() ? depth : best;
        }
        return best;
    }

    private double perSecond(Supplier<Score> way, Score expected) {
        long start = System.nanoTime();
        Score score = way.get();
        double perSecond = inference.count() * 1e9 / (System.nanoTime() - start);
        if (!score.equals(expected)) {
            throw new IllegalStateException("comparison: a round scored " + score + ", expected " + expected + " as before");
        }
        return perSecond;
    }

    private static double median(double[] values) {
        return Arrays.stream(values).sorted().toArray()[values.length / 2];
    }
}
