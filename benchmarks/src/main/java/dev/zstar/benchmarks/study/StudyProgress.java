package dev.zstar.benchmarks.study;

/** Hears how far a study is. Called from one thread. */
public interface StudyProgress {
    /** A stage begins; {@code steps} calls of {@link #step} will follow. */
    void stage(String name, int steps);

    /** One step of the stage is done; {@code detail} says what it found, in a few words. */
    void step(String detail);

    /** Hears nothing. */
    StudyProgress NONE = new StudyProgress() {
        @Override
        public void stage(String name, int steps) {}

        @Override
        public void step(String detail) {}
    };
}
