package dev.zstar.reports.results;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A result file that was read.
 *
 * @param label the name of the file, as the user wrote it
 * @param measured when it was measured; empty if the file does not say
 * @param counts figures that were counted; none in files of JMH
 */
public record ResultFile(
        String label, String kind, String measured, Environment environment, List<BenchmarkResult> results, List<CountedFigure> counts) {
    /**
     * Several files of one build as one, in which each file is a fork.
     *
     * @param label of the result
     * @param runs at least one
     */
    public static ResultFile ofRuns(String label, List<ResultFile> runs) {
        ResultFile first = runs.getFirst();
        Map<CaseKey, List<BenchmarkResult>> results = new LinkedHashMap<>();
        Map<CaseKey, List<CountedFigure>> counts = new LinkedHashMap<>();
        for (ResultFile run : runs) {
            run.results.forEach(result -> results.computeIfAbsent(result.key(), _ -> new ArrayList<>()).add(result));
            run.counts.forEach(count -> counts.computeIfAbsent(count.key(), _ -> new ArrayList<>()).add(count));
        }
        return new ResultFile(label, first.kind, first.measured, first.environment,
                results.values().stream().map(BenchmarkResult::ofRuns).toList(),
                counts.values().stream().map(CountedFigure::ofRuns).toList());
    }
}
