package dev.zstar.reports.comparison;

import dev.zstar.reports.results.CaseKey;
import dev.zstar.reports.results.CountedFigure;
import dev.zstar.reports.results.ResultFile;
import dev.zstar.reports.statistics.Forks;
import dev.zstar.reports.statistics.Judgement;
import dev.zstar.reports.statistics.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Counted figures of two builds. There is neither floor nor interval: one evaluation more is more. If the forks of a build differ, every
 * value of one build must be above every value of the other.
 *
 * @param compared how many figures both files have
 * @param changed those that are not the same
 */
record Counts(int compared, List<CaseComparison> changed) {
    static Counts of(ResultFile base, ResultFile fresh) {
        Map<CaseKey, CountedFigure> before = new LinkedHashMap<>();
        base.counts().forEach(figure -> before.put(figure.key(), figure));
        Map<CaseKey, String> labels = Labels.of(before.keySet());
        int compared = 0;
        List<CaseComparison> changed = new ArrayList<>();
        for (CountedFigure figure : fresh.counts()) {
            CountedFigure old = before.get(figure.key());
            if (old != null) {
                compared++;
                change(old.values(), figure.values()).ifPresent(
                        verdict -> changed.add(described(verdict, labels.get(old.key()), old, figure.values())));
            }
        }
        return new Counts(compared, changed);
    }

    private static Optional<Verdict> change(Forks before, Forks after) {
        return after.smallest() > before.largest() ? Optional.of(Verdict.MORE)
                : after.largest() < before.smallest() ? Optional.of(Verdict.LESS) : Optional.empty();
    }

    private static CaseComparison described(Verdict verdict, String label, CountedFigure before, Forks after) {
        String figures = exact(before.values().median()) + " → " + exact(after.median()) + " " + before.unit();
        String sentence = "It has " + (verdict == Verdict.MORE ? "more " : "less ") + "of what was counted: " + figures + ".";
        return new CaseComparison(before.key(), label, figures, Optional.empty(), new Judgement(verdict, OptionalInt.empty()), sentence,
                Optional.empty());
    }

    /** A count with all of its digits. */
    private static String exact(double value) {
        return value == Math.rint(value) && Math.abs(value) < 0x1p53 ? Long.toString((long) value) : Double.toString(value);
    }
}
