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
 */
public record StudyOptions(boolean quick, List<String> suites, int threads, Path journal) {
    /** Options without a journal. */
    public StudyOptions(boolean quick, List<String> suites, int threads) {
        this(quick, suites, threads, null);
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
    }

    boolean wants(String suite) {
        return suites.isEmpty() || suites.contains(suite);
    }
}
