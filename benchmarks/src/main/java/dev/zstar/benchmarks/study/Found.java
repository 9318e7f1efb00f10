package dev.zstar.benchmarks.study;

import java.util.ArrayList;
import java.util.List;

/** What a part of a study has found so far. */
record Found(List<Ceiling> ceilings, List<StudyResult> results, List<Trace> traces, List<Trajectory> trajectories, List<String> remarks) {
    Found() {
        this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    /** This and what another part has found, of which only cases count that the options want. */
    Found and(Found other, StudyOptions options) {
        Found both = new Found();
        both.addAll(this);
        both.addAll(other);
        both.results.removeIf(result -> !options.wantsCase(result.caseName()));
        if (!options.filter().isEmpty()) {
            both.traces.clear();
            both.trajectories.clear();
        }
        return both;
    }

    private void addAll(Found other) {
        ceilings.addAll(other.ceilings);
        results.addAll(other.results);
        traces.addAll(other.traces);
        trajectories.addAll(other.trajectories);
        remarks.addAll(other.remarks);
    }
}
