package dev.zstar.reports.results;

import dev.zstar.reports.statistics.Forks;
import dev.zstar.reports.statistics.Interval;
import java.util.List;
import java.util.Optional;

/**
 * One benchmark as one file measured it.
 *
 * @param key what identifies the benchmark
 * @param group benchmarks of a group are drawn in one chart
 * @param score the figure that the file quotes; NaN if it has none
 * @param quoted the interval that the file quotes; empty if it has none
 * @param forks the values of each fork, in this unit; none if the file has none
 * @param percentiles the 50th, 90th, 99th and 99.9th percentile of single calls, and the longest call, in this unit; empty if unknown
 * @param singleShot whether each value is one call
 * @param allocation bytes of heap in each operation, by fork; none if the file has none
 */
public record BenchmarkResult(
        CaseKey key, String group, Unit unit, Direction direction, double score, Optional<Interval> quoted, Forks forks,
        List<Double> percentiles, boolean singleShot, Forks allocation) {
    /** The results of several runs as one, in which each run is a fork. A run without the values of forks has its score as the only one. */
    static BenchmarkResult ofRuns(List<BenchmarkResult> runs) {
        BenchmarkResult first = runs.getFirst();
        Forks forks = Forks.ofRuns(runs.stream()
                .map(run -> run.forks.count() > 0 ? run.forks : Forks.of(List.of(List.of(run.score)))).toList());
        return new BenchmarkResult(first.key, first.group, first.unit, first.direction, forks.median(), Optional.empty(), forks,
                List.of(), first.singleShot, Forks.ofRuns(runs.stream().map(BenchmarkResult::allocation).toList()));
    }
}
