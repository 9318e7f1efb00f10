package dev.zstar.reports.results;

import dev.zstar.reports.statistics.Forks;
import java.util.List;

/**
 * A figure that was counted, such as evaluations or bytes, of which less is better. It has no noise, so it needs no statistics.
 *
 * @param unit what was counted, in words
 * @param values of each fork; more than one value if the forks differ
 */
public record CountedFigure(CaseKey key, String unit, Forks values) {
    /** The figures of several runs as one, in which each run is a fork. */
    static CountedFigure ofRuns(List<CountedFigure> runs) {
        CountedFigure first = runs.getFirst();
        return new CountedFigure(first.key, first.unit, Forks.ofRuns(runs.stream().map(CountedFigure::values).toList()));
    }
}
