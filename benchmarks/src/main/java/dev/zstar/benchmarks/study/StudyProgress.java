package dev.zstar.benchmarks.study;

import java.util.Map;

/** Receives the progress of a study. It is called from one thread. */
public interface StudyProgress {
    /** The stages to come, each with about how many seconds it takes on some machine: their shares say how far the study is. */
    default void plan(Map<String, Double> seconds) {}

    /** A stage begins; {@code steps} calls of {@link #step} will follow. */
    void stage(String name, int steps);

    /** One step of the stage is done; {@code detail} says in a few words what it found. */
    void step(String detail);

    /** Ignores all progress. */
    StudyProgress NONE = new StudyProgress() {
        @Override
        public void stage(String name, int steps) {}

        @Override
        public void step(String detail) {}
    };
}
