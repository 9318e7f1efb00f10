package dev.zstar.reports.comparison;

import dev.zstar.reports.statistics.Verdict;
import java.util.List;

/**
 * Two files compared.
 *
 * @param floor the smallest relative difference that matters
 * @param cases the benchmarks, and those of the counted figures that changed
 * @param counted how many counted figures were compared
 * @param notes sentences about the whole
 */
public record Comparison(String base, String fresh, double floor, List<CaseComparison> cases, int counted, List<String> notes) {
    /** Whether there is any regression. */
    public boolean hasRegression() {
        return cases.stream().anyMatch(CaseComparison::isRegression);
    }

    long count(Verdict verdict) {
        return cases.stream().filter(one -> one.verdict() == verdict).count();
    }

    /** The last line: how many of each verdict. */
    String total() {
        long more = cases.stream().filter(one -> one.allocation().map(Allocation::isRegression).orElse(false)).count();
        long timed = cases.size() - count(Verdict.MORE) - count(Verdict.LESS);
        return timed + (timed == 1 ? " benchmark: " : " benchmarks: ") + count(Verdict.SLOWER) + " slower, "
                + count(Verdict.FASTER) + " faster, " + count(Verdict.SAME) + " the same, " + count(Verdict.UNCLEAR) + " unclear"
                + (more == 0 ? "." : "; " + more + (more == 1 ? " allocates more." : " allocate more."))
                + (counted == 0 ? "" : " Counted figures: " + count(Verdict.MORE) + " larger, " + count(Verdict.LESS) + " smaller, "
                        + (counted - count(Verdict.MORE) - count(Verdict.LESS)) + " the same.");
    }
}
