package dev.zstar.benchmarks.study;

/** A study that cannot go on, with one sentence for the person who started it. */
public final class StudyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With the sentence. */
    public StudyException(String message) {
        super(message);
    }
}
