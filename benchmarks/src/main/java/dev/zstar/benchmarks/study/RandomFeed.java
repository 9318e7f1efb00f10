package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.fixedpoint.StreamHandler;
import java.util.Arrays;
import java.util.Random;

/** Problems for the slots of a stream, of which there are none now and then, and which may throw. */
final class RandomFeed implements StreamHandler {
    /** Hears of each result. */
    interface Results {
        void solved(int index, int slot, Block states, Outcome outcome);
    }

    private final Random random;
    private final RandomMap map;
    private final Block starts;
    private final Results results;
    /** The problem in each slot, or -1. */
    private final int[] problem;
    /** Calls until it throws. */
    private int calls;
    private int next;
    private int returned;
    private boolean orderly = true;

    /** As many problems as {@code starts} has rows. */
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
        strike();
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
        strike();
        orderly &= problem[b] >= 0;
        if (problem[b] >= 0) {
            returned++;
            results.solved(problem[b], b, states, outcome);
            problem[b] = -1;
        }
    }

    private void strike() {
        if (--calls == 0) {
            throw new RandomMap.Thrown();
        }
    }

    /** Whether every problem that was taken came back, once, from the slot that took it, before that took another. */
    boolean isComplete() {
        return orderly && returned == next;
    }
}
