package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.evidence.CaseEvidence;
import dev.zstar.benchmarks.evidence.Evidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What disturbed the cases of a study, in the order of measuring. One study runs at a time. */
final class EvidenceLog {
    private static final List<CaseEvidence> ENTRIES = new ArrayList<>();

    private EvidenceLog() {}

    /** The name of a case among those of all suites. */
    static String name(String suite, String caseName) {
        return suite + ": " + caseName;
    }

    static synchronized void clear() {
        ENTRIES.clear();
    }

    /** Adds the evidence of a process that measured these cases. */
    static void add(List<String> cases, Fork.Measured<?> measured) {
        if (measured.evidence() != null) {
            add(cases, measured.again(), measured.evidence());
        }
    }

    static synchronized void add(List<String> cases, boolean again, Evidence evidence) {
        ENTRIES.add(new CaseEvidence(cases, again, evidence));
    }

    /** The entries for these results. The evidence of suites that failed is left out, as their results are. */
    static synchronized List<CaseEvidence> of(List<StudyResult> results) {
        Set<String> names = results.stream().map(one -> name(one.suite(), one.caseName())).collect(Collectors.toSet());
        return ENTRIES.stream().filter(entry -> entry.cases().stream().anyMatch(names::contains)).toList();
    }
}
