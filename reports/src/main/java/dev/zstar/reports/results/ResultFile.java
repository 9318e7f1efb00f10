package dev.zstar.reports.results;

import java.util.List;

/**
 * A result file that was read.
 *
 * @param label the name of the file, as the user wrote it
 * @param measured when it was measured; empty if the file does not say
 */
public record ResultFile(String label, String kind, String measured, Environment environment, List<BenchmarkResult> results) {}
