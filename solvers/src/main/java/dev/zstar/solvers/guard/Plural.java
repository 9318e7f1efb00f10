package dev.zstar.solvers.guard;

/** Counts with their nouns, for messages. */
public final class Plural {
    private Plural() {}

    /** {@code 1 row}, {@code 2 rows}. */
    public static String of(int count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}
