package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.List;

/**
 * Everything one study measured.
 *
 * @param remarks sentences that a reader of the figures needs: what was left out, and why
 * @param failures sentences about suites that ended early; their figures are not here
 */
public record Measurements(List<Ceiling> ceilings, List<StudyResult> results, List<Trace> traces, List<String> remarks, List<String> failures)
        implements Serializable {}
