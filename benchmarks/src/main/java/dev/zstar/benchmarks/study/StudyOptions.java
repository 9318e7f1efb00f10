package dev.zstar.benchmarks.study;

import java.nio.file.Path;
import java.util.List;

/**
 * What to measure.
 *
 * @param quick fewer sizes, forks and epochs
 * @param suites names from {@link Study#SUITES}; empty means all
 * @param threads threads for training; 0 means all processors. Comparisons of engines run on one thread
 * @param journal the folder that keeps the result of each case, so that a study that was stopped resumes; null for none
 * @param pin whether the threads that measure stay on the first processors; only where the system can do so
 */
public record StudyOptions(boolean quick, List<String> suites, int threads, Path journal, boolean pin) {
    /** Options without a journal and without pinned threads. */
    public StudyOptions(boolean quick, List<String> suites, int threads) {
        this(quick, suites, threads, null, false);
    }

    /** Checks the names. */
    public StudyOptions {
        suites = List.copyOf(suites);
        for (String suite : suites) {
            if (!Study.SUITES.contains(suite)) {
                throw new IllegalArgumentException("unknown suite '" + suite + "'; expected one of " + String.join(", ", Study.SUITES));
            }
        }
        if (threads < 0) {
            throw new IllegalArgumentException("--threads " + threads + "; expected at least 1, or 0 for all processors");
        }
        if (pin && Pinning.unavailable().isPresent()) {
            throw new IllegalArgumentException("--pin cannot keep threads on processors here: " + Pinning.unavailable().get());
        }
    }

    boolean wants(String suite) {
        return suites.isEmpty() || suites.contains(suite);
    }
}
