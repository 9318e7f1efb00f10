package dev.zstar.reports.comparison;

import dev.zstar.reports.results.CaseKey;
import dev.zstar.reports.statistics.Effect;
import dev.zstar.reports.statistics.Judgement;
import dev.zstar.reports.statistics.Verdict;
import java.util.Optional;

/**
 * One benchmark in both builds.
 *
 * @param label the name, without its package where that is clear
 * @param figures both medians with their unit; empty if one is missing
 * @param effect empty if the values allow none
 * @param sentence what was found, and for an open verdict what is missing
 * @param allocation empty if one of the files does not have it
 */
public record CaseComparison(
        CaseKey key, String label, String figures, Optional<Effect> effect, Judgement judgement, String sentence,
        Optional<Allocation> allocation) {
    public Verdict verdict() {
        return judgement.verdict();
    }

    /** Whether the new build takes longer, allocates more, or has more of what was counted. */
    public boolean isRegression() {
        return verdict() == Verdict.SLOWER || verdict() == Verdict.MORE || allocation.map(Allocation::isRegression).orElse(false);
    }

    /** The interval of the ratio, or nothing. */
    String interval() {
        return effect.map(e -> Figures.interval(e.interval())).orElse("");
    }

    /** What was found of time and of allocation. */
    public String sentences() {
        String allocated = allocation.map(Allocation::sentence).orElse("");
        return sentence + (allocated.isEmpty() ? "" : " " + allocated);
    }
}
