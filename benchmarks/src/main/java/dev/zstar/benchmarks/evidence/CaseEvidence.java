package dev.zstar.benchmarks.evidence;

import java.io.Serializable;
import java.util.List;

/**
 * The evidence of one process, or of one case in it.
 *
 * @param cases the results that it covers, by suite and name: {@code kernels: gemm n=512}
 * @param again whether the process ran a second time, since the machine was disturbed; this is the calmer of both
 */
public record CaseEvidence(List<String> cases, boolean again, Evidence evidence) implements Serializable {
    /** Copies the list. */
    public CaseEvidence {
        cases = List.copyOf(cases);
    }
}
