package dev.zstar.reports.statistics;

import java.util.Arrays;
import java.util.List;

/**
 * What a benchmark measured, by fork and iteration. A fork is a fresh JVM, and the unit of replication: the iterations of one fork share
 * its compiled code and its memory layout, so more of them say nothing about another start of the program.
 */
public final class Forks {
    private final double[][] iterations;

    private Forks(double[][] iterations) {
        this.iterations = iterations;
    }

    /**
     * The iterations of each fork. Values that are not finite are left out, and so are forks without any value.
     *
     * @param iterations a list for each fork
     */
    public static Forks of(List<List<Double>> iterations) {
        return new Forks(iterations.stream()
                .map(fork -> fork.stream().mapToDouble(Double::doubleValue).filter(Double::isFinite).sorted().toArray())
                .filter(fork -> fork.length > 0)
                .toArray(double[][]::new));
    }

    /** Several runs as forks: the values of each run become those of one fork. */
    public static Forks ofRuns(List<Forks> runs) {
        return new Forks(runs.stream()
                .map(run -> Arrays.stream(run.iterations).flatMapToDouble(Arrays::stream).sorted().toArray())
                .filter(fork -> fork.length > 0)
                .toArray(double[][]::new));
    }

    /** The number of forks. */
    public int count() {
        return iterations.length;
    }

    /** Whether every value is above 0, which a ratio needs. */
    public boolean arePositive() {
        return smallest() > 0;
    }

    /** The smallest value of all; infinite without forks. */
    public double smallest() {
        return Arrays.stream(iterations).mapToDouble(fork -> fork[0]).min().orElse(Double.POSITIVE_INFINITY);
    }

    /** The largest value of all; infinite without forks. */
    public double largest() {
        return Arrays.stream(iterations).mapToDouble(fork -> fork[fork.length - 1]).max().orElse(Double.NEGATIVE_INFINITY);
    }

    /** The values of all forks, fork after fork, each ascending. */
    public double[] all() {
        return Arrays.stream(iterations).flatMapToDouble(Arrays::stream).toArray();
    }

    /** The same values in another unit. */
    public Forks times(double factor) {
        return new Forks(Arrays.stream(iterations).map(fork -> Arrays.stream(fork).map(value -> factor * value).toArray())
                .toArray(double[][]::new));
    }

    /** The median over the forks of the median over their iterations; NaN without forks. */
    public double median() {
        return median(Arrays.stream(iterations).mapToDouble(Forks::median).toArray());
    }

    /** The iterations of a fork, ascending. Not a copy: callers do not change it. */
    double[] fork(int index) {
        return iterations[index];
    }

    /** The middle value, or the mean of the two in the middle. Sorts the argument. */
    static double median(double[] values) {
        Arrays.sort(values);
        return middle(values);
    }

    /** The middle one of ascending values, or the mean of the two in the middle; NaN without values. */
    static double middle(double[] ascending) {
        int n = ascending.length;
        if (n == 0) {
            return Double.NaN;
        }
        // Halved before the sum, which could overflow.
        return n % 2 == 1 ? ascending[n / 2] : ascending[n / 2 - 1] / 2 + ascending[n / 2] / 2;
    }
}
