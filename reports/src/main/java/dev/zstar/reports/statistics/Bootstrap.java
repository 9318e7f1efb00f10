package dev.zstar.reports.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Hierarchical bootstrap: forks are drawn with replacement, and within each the iterations (T. Kalibera and R. Jones, <i>Rigorous
 * Benchmarking in Reasonable Time</i>, ISMM 2013). The same seed gives the same interval.
 *
 * <p>A bootstrap of few forks is too narrow: by √((n − 1)/n) since it divides by n, and since it takes a normal quantile for one of
 * Student's t. Both factors are put back (T. Hesterberg, <i>What Teachers Should Know About the Bootstrap</i>, The American Statistician
 * 69, 2015, section 5.3). They stretch the interval around the estimate, on a logarithmic scale, by 3.0 for two forks, 1.3 for five and 1.1
 * for ten. Without them, builds that are equal are called different in 8% of the comparisons with two forks and a noise of 2%.
 */
public final class Bootstrap {
    /** The fewest forks of which an interval can be computed. */
    public static final int LEAST_FORKS = 2;

    private static final int RESAMPLES = 4000;
    /** So few values are sorted by insertion. */
    private static final int FEW = 16;
    /** The quantile of the normal distribution for a two-sided 95%. */
    private static final double Z = 1.959964;
    /** The same quantile of Student's t for 1 to 10 degrees of freedom. */
    private static final double[] STUDENT = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};

    private final SplittableRandom random;

    /** A bootstrap whose draws follow from the seed. */
    public Bootstrap(long seed) {
        random = new SplittableRandom(seed);
    }

    /**
     * The effect of a change on times, of which less is better.
     *
     * @param base the times of the base, at least two forks, all positive
     * @param fresh the times of the new build, likewise
     */
    public Effect timeRatio(Forks base, Forks fresh) {
        double estimate = fresh.median() / base.median();
        double[] ratios = resampled(fresh);
        double[] below = resampled(base);
        Arrays.setAll(ratios, i -> ratios[i] / below[i]);
        int forks = Math.min(base.count(), fresh.count());
        return new Effect(estimate, interval(estimate, ratios, forks, base.count() + fresh.count() - 2), forks);
    }

    /** The effect of a change on rates, of which more is better, as a ratio of times. */
    public Effect rateRatio(Forks base, Forks fresh) {
        return timeRatio(base, fresh).inverse();
    }

    /** The 95% interval of the median of at least two forks with positive values. */
    public Interval median(Forks forks) {
        return interval(forks.median(), resampled(forks), forks.count(), forks.count() - 1);
    }

    /** The medians of forks that are drawn with replacement. */
    private double[] resampled(Forks forks) {
        int n = forks.count();
        DrawnMedians[] tables = new DrawnMedians[n];
        Arrays.setAll(tables, f -> DrawnMedians.of(forks.fork(f).length));
        double[] drawn = new double[n];
        double[] medians = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            for (int j = 0; j < n; j++) {
                // The upper half of the bits chooses the fork, the lower half the iterations.
                long bits = random.nextLong();
                int fork = (int) ((bits >>> 32) * n >>> 32);
                drawn[j] = tables[fork].of(forks.fork(fork), (int) bits);
            }
            sort(drawn);
            medians[i] = Forks.middle(drawn);
        }
        return medians;
    }

    /** Sorts. {@link Arrays#sort(double[])} first looks for NaN and zeros, which takes longer than the sorting of a few values. */
    private static void sort(double[] values) {
        if (values.length > FEW) {
            Arrays.sort(values);
            return;
        }
        for (int i = 1; i < values.length; i++) {
            double value = values[i];
            int at = i;
            for (; at > 0 && values[at - 1] > value; at--) {
                values[at] = values[at - 1];
            }
            values[at] = value;
        }
    }

    private static Interval interval(double estimate, double[] resampled, int forks, int freedom) {
        Arrays.sort(resampled);
        double stretch = student(freedom) / Z * Math.sqrt(forks / (forks - 1.0));
        double low = resampled[(int) (0.025 * RESAMPLES)];
        double high = resampled[RESAMPLES - 1 - (int) (0.025 * RESAMPLES)];
        return new Interval(
                estimate * Math.pow(Math.min(1, low / estimate), stretch), estimate * Math.pow(Math.max(1, high / estimate), stretch));
    }

    /** The quantile of Student's t for a two-sided 95%: a table, then the expansion in 1/ν (Abramowitz and Stegun, 26.7.5). */
    static double student(int freedom) {
        if (freedom <= STUDENT.length) {
            return STUDENT[freedom - 1];
        }
        double nu = freedom;
        return Z + (Math.pow(Z, 3) + Z) / (4 * nu) + (5 * Math.pow(Z, 5) + 16 * Math.pow(Z, 3) + 3 * Z) / (96 * nu * nu);
    }
}
