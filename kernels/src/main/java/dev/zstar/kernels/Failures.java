package dev.zstar.kernels;

import java.util.Arrays;

/** The systems of a batch that could not be solved or factored. Each call of {@link SmallMatrices} with this object overwrites it. */
public final class Failures {
    /** The number of systems per word. Engines split batches at multiples of it, so that no two threads write to the same word. */
    private static final int WORD = Long.SIZE;

    private final long[] words;
    private final int capacity;

    /** Room for batches of at most {@code capacity} systems. */
    public Failures(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("failures of a batch of " + capacity + " systems, expected at least 0");
        }
        this.capacity = capacity;
        words = new long[capacity / WORD + (capacity % WORD == 0 ? 0 : 1)];
    }

    /** The largest batch. */
    public int capacity() {
        return capacity;
    }

    /** The number of systems that failed. */
    public int count() {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return count;
    }

    /** The first system at or after {@code system} that failed; -1 if there is none. {@code next(0)} is the first of all. */
    public int next(int system) {
        if (system < 0) {
            throw new IndexOutOfBoundsException("next: system " + system + ", expected at least 0");
        }
        for (int w = system / WORD; w < words.length; w++) {
            long word = w == system / WORD ? words[w] & -1L << system : words[w];
            if (word != 0) {
                return w * WORD + Long.numberOfTrailingZeros(word);
            }
        }
        return -1;
    }

    /** Whether this system failed. */
    public boolean failed(int system) {
        if (system < 0 || system >= capacity) {
            throw new IndexOutOfBoundsException(
                    "failed: system " + system + ", expected " + (capacity == 0 ? "none" : "0 to " + (capacity - 1)));
        }
        return (words[system / WORD] >>> system & 1) != 0;
    }

    /** For authors of engines: forgets all failures. */
    public void clear() {
        Arrays.fill(words, 0);
    }

    /** For authors of engines: system {@code first + i} failed if bit {@code i} is set; all these systems share one word of 64. */
    public void mark(int first, long lanes) {
        if (first < 0 || first >= capacity) {
            throw new IndexOutOfBoundsException(
                    "mark: system " + first + ", expected " + (capacity == 0 ? "none" : "0 to " + (capacity - 1)));
        }
        words[first / WORD] |= lanes << first;
    }
}
