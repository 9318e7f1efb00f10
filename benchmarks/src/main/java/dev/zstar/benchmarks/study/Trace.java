package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.List;

/**
 * How a solve went: the relative residual after each evaluation of the map (largest over the rows).
 *
 * @param name for example {@code anderson(5)} or {@code picard}
 * @param caseName the problem it solved
 */
public record Trace(String name, String caseName, List<Double> residuals) implements Serializable {}
