package dev.zstar.benchmarks.study;

/** Hears how far a study is. Called from one thread. */
public interface Progress {
    /** A stage begins; {@code steps} calls of {@link #step} will follow. */
    void stage(String name, int steps);

    /** One step of the stage is done; {@code detail} says what it found, in a few words. */
    void step(String detail);

    /** Hears nothing. */
    Progress NONE = new Progress() {
        @Override
        public void stage(String name, int steps) {}

        @Override
        public void step(String detail) {}
    };
}
