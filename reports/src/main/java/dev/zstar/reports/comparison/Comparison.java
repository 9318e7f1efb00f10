package dev.zstar.reports.comparison;

import dev.zstar.reports.statistics.Verdict;
import java.util.List;

/**
 * Two files compared.
 *
 * @param floor the smallest relative difference that matters
 * @param notes sentences about the whole
 */
public record Comparison(String base, String fresh, double floor, List<CaseComparison> cases, List<String> notes) {
    /** Whether any benchmark takes longer or allocates more. */
    public boolean hasRegression() {
        return cases.stream().anyMatch(CaseComparison::isRegression);
    }

    long count(Verdict verdict) {
        return cases.stream().filter(one -> one.verdict() == verdict).count();
    }

    /** The last line: how many of each verdict. */
    String total() {
        long more = cases.stream().filter(one -> one.allocation().map(Allocation::isRegression).orElse(false)).count();
        return cases.size() + (cases.size() == 1 ? " benchmark: " : " benchmarks: ") + count(Verdict.SLOWER) + " slower, "
                + count(Verdict.FASTER) + " faster, " + count(Verdict.SAME) + " the same, " + count(Verdict.UNCLEAR) + " unclear"
                + (more == 0 ? "." : "; " + more + (more == 1 ? " allocates more." : " allocate more."));
    }
}
