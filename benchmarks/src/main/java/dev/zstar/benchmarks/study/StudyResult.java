package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * A measured figure.
 *
 * @param suite {@code kernels}, {@code cells}, {@code forward}, {@code backward}, {@code streaming}, {@code depth} or {@code training}
 * @param caseName what was measured, in words: {@code gemv n=1024}
 * @param engine the engine that ran
 * @param threads threads used
 * @param params the numbers behind the case name ({@code n}, {@code batch}, {@code window}, …), for charts
 * @param metric {@code gflops}, {@code gbps}, {@code us}, {@code ratio} of speeds, {@code timeRatio}, {@code nfev}, {@code bytes},
 *     {@code accuracy}, …
 * @param value the figure to quote: the median of the runs unless the name of the metric says otherwise
 * @param min the smallest run
 * @param median the middle run
 * @param p90 the run that nine in ten do not exceed
 * @param runs the number of runs
 * @param limit the ceiling that applies, in the unit of the metric; null if none applies
 * @param samples for each fork the values that it measured, ascending; the unit of replication is the fork
 */
public record StudyResult(
        String suite,
        String caseName,
        String engine,
        int threads,
        SortedMap<String, Double> params,
        String metric,
        double value,
        double min,
        double median,
        double p90,
        int runs,
        Double limit,
        List<List<Double>> samples)
        implements Serializable {
    /**
     * The figure of one or more forks with one value each.
     *
     * @param sorted the values of the forks, ascending
     */
    static StudyResult of(
            String suite, String caseName, String engine, int threads, SortedMap<String, Double> params, String metric, Double limit,
            double... sorted) {
        List<List<Double>> samples = Arrays.stream(sorted).mapToObj(List::of).toList();
        return of(suite, caseName, engine, threads, params, metric, limit, sorted, samples);
    }

    /**
     * The figure of several runs in one fork.
     *
     * @param sorted the values of the runs, ascending
     */
    static StudyResult ofOneFork(
            String suite, String caseName, String engine, int threads, SortedMap<String, Double> params, String metric, double... sorted) {
        return of(suite, caseName, engine, threads, params, metric, null, sorted, List.of(Arrays.stream(sorted).boxed().toList()));
    }

    private static StudyResult of(
            String suite, String caseName, String engine, int threads, SortedMap<String, Double> params, String metric, Double limit,
            double[] sorted, List<List<Double>> samples) {
        double median = Stopwatch.median(sorted);
        double p90 = Stopwatch.quantile(sorted, 0.9);
        return new StudyResult(
                suite, caseName, engine, threads, params, metric, median, sorted[0], median, p90, sorted.length, limit, samples);
    }

    /** The fraction of the limit that was reached; null without a limit. */
    public Double ofLimit() {
        return limit == null ? null : value / limit;
    }
}
