package dev.zstar.reports;

import dev.zstar.kernels.tuning.Rounds;
import java.util.List;

/**
 * What a part of {@code zstar tune} has found that no profile can hold.
 *
 * @param table lines with its figures; may be empty
 * @param sentences what to use, and why
 */
record TuneFinding(List<String> table, List<Advice.Sentence> sentences) {
    /** Measures a part. */
    @FunctionalInterface
    interface Part {
        /** @param rounds two comparisons of the same weight, or one of twice the weight */
        TuneFinding measure(Rounds rounds);
    }

    TuneFinding {
        table = List.copyOf(table);
        sentences = List.copyOf(sentences);
    }

    /** A finding of one sentence, without figures. */
    static TuneFinding of(String subject, String text) {
        return new TuneFinding(List.of(), List.of(new Advice.Sentence(subject, text)));
    }

    /** That there is no answer about this subject. */
    static TuneFinding unfinished(String subject) {
        return of(subject, "no answer, since fewer than three rounds were finished. Try again on an idle machine, or with a longer "
                + "--time-budget.");
    }
}
