package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.evidence.CaseEvidence;
import java.io.Serializable;
import java.util.List;

/**
 * Everything that a study measured.
 *
 * @param remarks sentences that a reader of the figures needs, such as what was left out and why
 * @param failures sentences about suites that failed, whose figures are left out
 * @param evidence what disturbed the cases
 */
public record Measurements(
        List<Ceiling> ceilings, List<StudyResult> results, List<Trace> traces, List<Trajectory> trajectories, List<String> remarks,
        List<String> failures, List<CaseEvidence> evidence)
        implements Serializable {
    /** Without trajectories and evidence. */
    public Measurements(
            List<Ceiling> ceilings, List<StudyResult> results, List<Trace> traces, List<String> remarks, List<String> failures) {
        this(ceilings, results, traces, List.of(), remarks, failures, List.of());
    }

    /** Nothing yet. */
    public static final Measurements NONE = new Measurements(List.of(), List.of(), List.of(), List.of(), List.of());
}
