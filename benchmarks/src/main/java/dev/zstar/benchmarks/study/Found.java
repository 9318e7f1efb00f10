package dev.zstar.benchmarks.study;

import java.util.ArrayList;
import java.util.List;

/** What a part of a study has found so far. */
record Found(List<Ceiling> ceilings, List<StudyResult> results, List<Trace> traces, List<Trajectory> trajectories, List<String> remarks) {
    Found() {
        this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
}
