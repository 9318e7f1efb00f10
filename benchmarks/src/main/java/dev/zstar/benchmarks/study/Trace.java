package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.List;

/**
 * The relative residual after each evaluation of the map in a solve, the largest of the rows.
 *
 * @param suite {@code forward} or {@code backward}
 * @param name for example {@code anderson(5)} or {@code picard}
 * @param caseName the problem that was solved
 * @param micros the median time from the start of a solve to the end of each evaluation, over several solves; empty if it was not measured
 */
public record Trace(String suite, String name, String caseName, List<Double> residuals, List<Double> micros) implements Serializable {}
