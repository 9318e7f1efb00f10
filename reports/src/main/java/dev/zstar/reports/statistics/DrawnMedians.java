package dev.zstar.reports.statistics;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Medians of values that are drawn with replacement, as ranks: which ranks are drawn depends on the number of values alone. A table of
 * {@value #DRAWS} medians stands for their distribution. A fork then costs one random number in each resample, instead of one for each
 * of its iterations.
 */
final class DrawnMedians {
    /** A power of two. The table says each probability to within 1 in 100. */
    static final int DRAWS = 1 << 12;
    /** Tables that are kept, of 32 KiB each: the benchmarks of a file have few different numbers of iterations. */
    private static final int MOST_KEPT = 256;

    private static final Map<Integer, DrawnMedians> KEPT = new ConcurrentHashMap<>();

    /** The ranks of the two values in the middle, which are the same for an odd number. */
    private final int[] lower = new int[DRAWS];

    private final int[] upper = new int[DRAWS];

    private DrawnMedians(int count) {
        SplittableRandom random = new SplittableRandom(count);
        int[] times = new int[count];
        for (int draw = 0; draw < DRAWS; draw++) {
            for (int i = 0; i < count; i++) {
                times[random.nextInt(count)]++;
            }
            lower[draw] = rank(times, (count - 1) / 2);
            upper[draw] = rank(times, count / 2);
            Arrays.fill(times, 0);
        }
    }

    /** The table for this many values. The same number always gives the same table. */
    static DrawnMedians of(int count) {
        DrawnMedians kept = KEPT.get(count);
        if (kept == null) {
            kept = new DrawnMedians(count);
            if (KEPT.size() < MOST_KEPT) {
                KEPT.put(count, kept);
            }
        }
        return kept;
    }

    /** The rank of the drawn value that has this many others before it. */
    private static int rank(int[] times, int before) {
        int rank = 0;
        for (int seen = times[0]; seen <= before; seen += times[rank]) {
            rank++;
        }
        return rank;
    }

    /**
     * A drawn median.
     *
     * @param ascending as many values as the table is for
     * @param random its lowest bits choose the draw
     */
    double of(double[] ascending, int random) {
        int draw = random & (DRAWS - 1);
        double low = ascending[lower[draw]];
        // Halved before the sum, which could overflow.
        return lower[draw] == upper[draw] ? low : low / 2 + ascending[upper[draw]] / 2;
    }
}
