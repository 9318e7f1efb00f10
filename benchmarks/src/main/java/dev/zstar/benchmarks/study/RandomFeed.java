package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.fixedpoint.StreamHandler;
import java.util.Arrays;
import java.util.Random;

/** Feeds random problems to the slots of a stream. Now and then it has no problem, or throws. */
final class RandomFeed implements StreamHandler {
    /** Receives each result. */
    interface Results {
        void solved(int index, int slot, Block states, Outcome outcome);
    }

    private final Random random;
    private final RandomMap map;
    private final Block starts;
    private final Results results;
    /** The problem in each slot, or -1. */
    private final int[] problem;
    /** Calls until the feed throws. */
    private int calls;
    private int next;
    private int returned;
    private boolean orderly = true;

    /** A feed with one problem for each row of {@code starts}. */
    RandomFeed(Random random, RandomMap map, Block starts, int slots, Results results) {
        this.random = random;
        this.map = map;
        this.starts = starts;
        this.results = results;
        problem = new int[slots];
        Arrays.fill(problem, -1);
        calls = random.nextInt(30) == 0 ? 1 + random.nextInt(20) : Integer.MAX_VALUE;
    }

    @Override
    public boolean load(int b, Block states) {
        throwAtRandomCall();
        if (next == starts.rows() || random.nextInt(4) == 0) {
            return false;
        }
        orderly &= problem[b] < 0;
        problem[b] = next;
        map.assign(b, next);
        states.copyRow(starts, next++, b);
        return true;
    }

    @Override
    public void done(int b, Block states, Outcome outcome) {
        throwAtRandomCall();
        orderly &= problem[b] >= 0;
        if (problem[b] >= 0) {
            returned++;
            results.solved(problem[b], b, states, outcome);
            problem[b] = -1;
        }
    }

    private void throwAtRandomCall() {
        if (--calls == 0) {
            throw new RandomMap.Thrown();
        }
    }

    /** Whether each problem came back exactly once, from its own slot, before the slot took another. */
    boolean isComplete() {
        return orderly && returned == next;
    }
}
