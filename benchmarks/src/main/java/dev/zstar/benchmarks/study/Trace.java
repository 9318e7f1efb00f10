package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.List;

/**
 * The relative residual after each evaluation of the map in a solve, the largest of the rows.
 *
 * @param name for example {@code anderson(5)} or {@code picard}
 * @param caseName the problem that was solved
 */
public record Trace(String name, String caseName, List<Double> residuals) implements Serializable {}
