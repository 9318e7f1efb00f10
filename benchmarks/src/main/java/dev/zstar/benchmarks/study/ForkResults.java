package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.ArrayList;

/** What a forked JVM measured. */
record ForkResults(ArrayList<StudyResult> results, ArrayList<Trace> traces) implements Serializable {
    ForkResults(ArrayList<StudyResult> results) {
        this(results, new ArrayList<>());
    }
}
