package dev.zstar.benchmarks.study;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What to measure.
 *
 * @param full all sizes, forks and epochs, which takes half an hour; otherwise the short form, which takes five minutes
 * @param suites names from {@link Study#SUITES}; empty means all
 * @param filter a regular expression: only cases in whose name it is found are kept; empty means all. The suites kernels and depth then
 *     measure no others
 * @param engines the engines to compare: {@code simd} or {@code scalar} for zstar's own kernels, and others to compare them with; empty
 *     means all that can run
 * @param threads threads for training; 0 means all processors. Comparisons of engines run on one thread
 * @param budget no case begins after this time; null for no limit
 * @param journal the folder that keeps the result of each case, so that a study that was stopped resumes; null for none
 * @param pin whether the threads that measure stay on the first processors; only where the system can do so
 */
public record StudyOptions(boolean full, List<String> suites, String filter, List<String> engines, int threads, Duration budget,
        Path journal, boolean pin) {
    /** The short form of some suites, without limits. */
    public static StudyOptions of(List<String> suites, int threads) {
        return new StudyOptions(false, suites, "", List.of(), threads, null, null, false);
    }

    /** Checks the names and numbers. */
    public StudyOptions {
        suites = List.copyOf(suites);
        for (String suite : suites) {
            if (!Study.SUITES.contains(suite)) {
                throw new IllegalArgumentException("unknown suite '" + suite + "'; expected one of " + String.join(", ", Study.SUITES));
            }
        }
        try {
            Pattern.compile(filter);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("--filter " + filter + " is not a regular expression: " + e.getDescription(), e);
        }
        engines = List.copyOf(engines);
        Contenders.check(engines);
        if (threads < 0) {
            throw new IllegalArgumentException("--threads " + threads + "; expected at least 1, or 0 for all processors");
        }
        if (budget != null && !budget.isPositive()) {
            throw new IllegalArgumentException("--time-budget " + budget.toMillis() * 1e-3 + "s; expected a time above 0");
        }
        if (pin && Pinning.unavailable().isPresent()) {
            throw new IllegalArgumentException("--pin cannot keep threads on processors here: " + Pinning.unavailable().get());
        }
    }

    boolean quick() {
        return !full;
    }

    boolean wants(String suite) {
        return suites.isEmpty() || suites.contains(suite);
    }

    boolean wantsCase(String name) {
        return wants(filter, name);
    }

    static boolean wants(String filter, String name) {
        return filter.isEmpty() || Pattern.compile(filter).matcher(name).find();
    }
}
