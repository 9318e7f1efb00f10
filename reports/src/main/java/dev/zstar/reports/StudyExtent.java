package dev.zstar.reports;

import dev.zstar.benchmarks.study.Study;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How much of the machine a study has measured.
 *
 * @param kind {@code FULL} has all sizes, {@code SHORT} some of them, {@code PARTIAL} lacks suites or cases of its form, and
 *     {@code UNKNOWN} is a whole study of an older version, whose file does not say its form
 * @param notes sentences about what is missing; none for a full study
 */
record StudyExtent(Kind kind, List<String> notes) {
    /** The options of a study that leave out cases. */
    private static final Set<String> LEAVE_OUT = Set.of("--filter", "--engine");

    /** See {@link StudyExtent#kind}. */
    enum Kind {
        FULL, SHORT, PARTIAL, UNKNOWN
    }

    static StudyExtent of(StudyFile file) {
        List<String> missing = new ArrayList<>();
        Set<String> suites = file.results().stream().map(StudyFile.Row::suite).collect(Collectors.toSet());
        List<String> absent = Study.SUITES.stream().filter(suite -> !suites.contains(suite)).toList();
        if (!absent.isEmpty()) {
            missing.add("it has no figures of " + String.join(", ", absent));
        }
        List<String> words = file.command() == null ? List.of() : ShellWords.split(file.command());
        for (int i = 0; i < words.size(); i++) {
            String option = words.get(i).split("=", 2)[0];
            if (LEAVE_OUT.contains(option)) {
                missing.add("it has only cases of " + (option.equals(words.get(i)) && i + 1 < words.size()
                        ? option + " " + words.get(i + 1) : words.get(i)));
            }
        }
        file.remarks().stream().filter(remark -> remark.startsWith(Study.LATE)).forEach(missing::add);
        missing.addAll(file.failures());
        if (!missing.isEmpty()) {
            return new StudyExtent(Kind.PARTIAL, missing.stream().map(what -> "the study is partial: " + what).toList());
        }
        if (words.contains("--full")) {
            return new StudyExtent(Kind.FULL, List.of());
        }
        return words.isEmpty() ? new StudyExtent(Kind.UNKNOWN, List.of("the file does not say whether the study is short"))
                : new StudyExtent(Kind.SHORT, List.of("the study is short; zstar study --full measures all sizes"));
    }

    /** For a table. */
    String word() {
        return switch (kind) {
            case FULL -> "full";
            case SHORT -> "short";
            case PARTIAL -> "partial";
            case UNKNOWN -> "–";
        };
    }
}
