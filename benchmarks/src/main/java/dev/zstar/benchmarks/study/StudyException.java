package dev.zstar.benchmarks.study;

/** Thrown when a study cannot go on. The message is one sentence for the person who started it. */
public final class StudyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** An exception with this sentence. */
    public StudyException(String message) {
        super(message);
    }
}
