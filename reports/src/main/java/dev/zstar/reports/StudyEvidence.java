package dev.zstar.reports;

import dev.zstar.benchmarks.evidence.CaseEvidence;
import dev.zstar.benchmarks.evidence.Conditions;
import dev.zstar.benchmarks.evidence.Evidence;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The part of {@code study.json} that says how quiet the machine was.
 *
 * @param pageBytes bytes of an ordinary page of memory; null if hidden
 * @param hugePages when Linux uses huge pages by itself: {@code always}, {@code madvise} or {@code never}; null if hidden
 * @param counters which events of the processor could be counted, and why others could not
 * @param cases one for each measurement: a process, or a case in it
 */
record StudyEvidence(Long pageBytes, String hugePages, String counters, List<Case> cases) {
    /** The fraction of lost time above which a measurement is disturbed. */
    private static final double THRESHOLD = 0.01;

    StudyEvidence {
        cases = cases == null ? List.of() : cases;
    }

    /**
     * One measurement. Times are seconds; null is what the system hides.
     *
     * @param cases the results that it covers, as {@code suite: case}
     * @param again whether its process ran a second time, since the first was disturbed
     * @param seconds how long it took
     * @param disturbed the fraction of this time that was stolen, waited or throttled; null if the system hides all three
     * @param stolen time that the host of a virtual machine gave to others
     * @param waited time that a computing thread was ready and had no processor
     * @param throttled time for which a limit stopped the process
     * @param throttles how often it did
     * @param pressure time for which any process of the machine waited for a processor
     * @param switches how often a computing thread lost its processor against its will
     * @param clockBefore GHz
     * @param clockAfter GHz
     * @param processors that the threads could use: {@code 0-3,8}
     */
    record Case(
            List<String> cases, boolean again, double seconds, Double disturbed, Double stolen, Double waited, Double throttled,
            Long throttles, Double pressure, Long switches, Double clockBefore, Double clockAfter, String processors) {
        static Case of(CaseEvidence entry) {
            Evidence e = entry.evidence();
            return new Case(entry.cases(), entry.again(), rounded(e.seconds()), e.visible() ? rounded(e.disturbed()) : null,
                    rounded(e.stolen()), rounded(e.waited()), rounded(e.throttled()), e.throttles(), rounded(e.pressure()), e.switches(),
                    rounded(e.clockBefore()), rounded(e.clockAfter()), e.processors());
        }

        /** To a millionth, which is a microsecond. */
        private static Double rounded(Double value) {
            return value == null ? null : Math.round(1e6 * value) / 1e6;
        }
    }

    static StudyEvidence of(List<CaseEvidence> entries) {
        Conditions conditions = Conditions.read();
        return new StudyEvidence(conditions.pageBytes(), conditions.hugePages(), conditions.counters(),
                entries.stream().map(Case::of).toList());
    }

    /** The measurements of which the system shows what disturbed them. */
    List<Case> seen() {
        return cases.stream().filter(one -> one.disturbed() != null).toList();
    }

    /** How many of them lost no more than a hundredth of their time. */
    long calm() {
        return seen().stream().filter(one -> one.disturbed() <= THRESHOLD).count();
    }

    /** How many of them lost more. */
    long disturbed() {
        return seen().size() - calm();
    }

    /** How quiet the machine was, in one sentence; empty if nothing was measured. */
    Optional<String> sentence() {
        if (cases.isEmpty()) {
            return Optional.empty();
        }
        List<Case> seen = seen();
        if (seen.isEmpty()) {
            return Optional.of("unknown: this system does not show what disturbs a process");
        }
        long calm = calm();
        String hidden = seen.size() == cases.size() ? "" : ", " + (cases.size() - seen.size()) + " more not visible";
        Case worst = seen.stream().max(Comparator.comparingDouble(Case::disturbed)).orElseThrow();
        String most = calm == seen.size() || worst.cases().isEmpty() ? "" : String.format(
                Locale.ROOT, "; worst %.0f%%: %s", 100 * worst.disturbed(), worst.cases().getFirst());
        return Optional.of(calm + " of " + seen.size() + " measurements lost at most 1% of their time" + hidden + most);
    }
}
