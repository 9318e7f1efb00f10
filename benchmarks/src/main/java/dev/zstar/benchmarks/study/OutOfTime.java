package dev.zstar.benchmarks.study;

/** The time budget of a study is spent: no further case begins. */
final class OutOfTime extends RuntimeException {
    private static final long serialVersionUID = 1;

    OutOfTime() {
        super("the time budget is spent");
    }
}
