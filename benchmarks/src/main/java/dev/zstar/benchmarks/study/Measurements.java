package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.List;

/** Everything one study measured. */
public record Measurements(List<Ceiling> ceilings, List<Result> results, List<Trace> traces) implements Serializable {}
