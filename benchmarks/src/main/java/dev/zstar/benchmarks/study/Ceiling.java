package dev.zstar.benchmarks.study;

import java.io.Serializable;

/**
 * What the machine can do at most, measured from Java in the process of the kernels that are compared with it.
 *
 * @param name for example {@code fma.f32.1t}, {@code read.L2.1t}, {@code triad.2t}
 * @param unit {@code GFLOP/s} or {@code GB/s}
 */
public record Ceiling(String name, double value, String unit) implements Serializable {}
