package dev.zstar.reports;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the machine of a study should use, in words that follow from its figures alone: engine, precision, threads, solver, gradient, and
 * memory. A subject that was not measured has no sentence.
 */
final class Advice {
    /** Differences below this are noise of a study with few runs. */
    private static final double EFFECT = 1.05;
    /** A gain for which it is worth to change an option. */
    private static final double WORTH = 1.2;
    /** Of a gradient that is as good as the exact one for training. */
    private static final double COSINE = 0.999;
    /** Between the method and the shape in the name of a case. */
    private static final String OF = " of ";

    private final StudyFile file;
    private final List<Sentence> sentences = new ArrayList<>();

    /** Such as {@code engine}, and what to do about it. */
    record Sentence(String subject, String text) {}

    private Advice(StudyFile file) {
        this.file = file;
    }

    static List<Sentence> of(StudyFile file) {
        Advice advice = new Advice(file);
        advice.engine();
        advice.precision();
        advice.threads();
        advice.solver();
        advice.gradient();
        advice.memory();
        advice.caution();
        return List.copyOf(advice.sentences);
    }

    private void say(String subject, String text) {
        sentences.add(new Sentence(subject, text));
    }

    private void engine() {
        List<StudyFile.Row> products = rows("kernels", "ratio").filter(row -> row.engine().equals("simd/openblas")).toList();
        if (products.isEmpty()) {
            return;
        }
        List<StudyFile.Row> lost = products.stream().filter(row -> row.value() < 1 / EFFECT).toList();
        long won = products.stream().filter(row -> row.value() > EFFECT).count();
        if (lost.isEmpty()) {
            say("engine",
                    String.format(Locale.ROOT,
                            "simd, the default: of %d products it was faster than OpenBLAS in %d, and as fast in the others.",
                    products.size(), won));
            return;
        }
        StudyFile.Row worst = lost.stream().min(Comparator.comparingDouble(StudyFile.Row::value)).orElseThrow();
        say("engine",
                String.format(Locale.ROOT,
                        "simd, the default: of %d products it was faster than OpenBLAS in %d. OpenBLAS was faster in %d, %s the most "
                + "(%.2f ×): where such products decide, try the engine openblas.", products.size(), won, lost.size(), worst.name(),
                1 / worst.value()));
    }

    private void precision() {
        rows("forward", "ratio").filter(row -> row.name().startsWith("mixed")).max(Comparator.comparingDouble(StudyFile.Row::value))
                .ifPresent(best -> {
                    if (best.value() >= WORTH) {
                        say("precision",
                                String.format(Locale.ROOT,
                                        "narrow weights where a solve has one row: %s took 1/%.2f of the time in f32, to the same "
                                + "tolerance.", best.name(), best.value()));
                    } else {
                        say("precision",
                                String.format(Locale.ROOT,
                                        "f32: the best solve with narrow weights, %s, was %.2f × as fast.", best.name(), best.value()));
                    }
                });
    }

    /** Before all other sentences, if other work disturbed most of the measurements. */
    private void caution() {
        if (sentences.isEmpty() || file.evidence() == null) {
            return;
        }
        int seen = file.evidence().seen().size();
        long disturbed = seen - file.evidence().calm();
        if (2 * disturbed > seen) {
            sentences.addFirst(new Sentence("caution", String.format(Locale.ROOT, "%d of %d measurements lost more than 1%% of their time, "
                    + "so the times below may mislead. Measure again on a quiet machine.", disturbed, seen)));
        }
    }

    private void threads() {
        rows("kernels", "ratio").filter(row -> row.engine().equals("team/alone")).findFirst().ifPresent(team -> {
            if (team.value() > WORTH * team.threads()) {
                say("threads",
                        String.format(Locale.ROOT,
                                "unclear: %s was %.2f × as fast as on one, which %d threads cannot reach. Other programs may have "
                        + "held the processors.", team.name(), team.value(), team.threads()));
            } else if (team.value() >= WORTH) {
                say("threads",
                        String.format(Locale.ROOT,
                                "%d for large products: %s was %.2f × as fast as on one. Solves of few rows stay on one.", team.threads(),
                        team.name(), team.value()));
            } else {
                say("threads",
                        String.format(Locale.ROOT,
                                "one: %s was %.2f × as fast as on one thread. Other programs may have held the processors.", team.name(),
                        team.value()));
            }
        });
    }

    /** For each shape the fastest method, by the ratios to Anderson(5) in the same run. */
    private void solver() {
        List<StudyFile.Row> methods = rows("forward", "methodRatio").filter(row -> row.name().contains(OF)).toList();
        for (String shape : methods.stream().map(Advice::shape).distinct().toList()) {
            List<StudyFile.Row> own = methods.stream().filter(row -> shape(row).equals(shape)).toList();
            StudyFile.Row best = own.stream().min(Comparator.comparingDouble(StudyFile.Row::value)).orElseThrow();
            Optional<StudyFile.Row> usual = own.stream().filter(row -> method(row).equals("default")).findFirst();
            if (usual.isEmpty() || usual.get().value() <= EFFECT * best.value()) {
                say("solver", String.format(Locale.ROOT, "%s for %s.", usual.isEmpty() ? method(best) : "the default method", shape));
            } else {
                say("solver", String.format(Locale.ROOT, "%s for %s: the default method took %.2f × its time.", method(best), shape,
                        usual.get().value() / best.value()));
            }
        }
    }

    private static String method(StudyFile.Row row) {
        return row.name().substring(0, row.name().indexOf(OF));
    }

    private static String shape(StudyFile.Row row) {
        return row.name().substring(row.name().indexOf(OF) + OF.length());
    }

    private void gradient() {
        rows("backward", "backwardRatio").filter(row -> cosine(row) >= COSINE).min(Comparator.comparingDouble(StudyFile.Row::value))
                .ifPresent(best -> {
                    String mode = best.name().replaceAll(" n=.*", "");
                    if (best.value() >= 1 / WORTH) {
                        say("gradient",
                                String.format(Locale.ROOT,
                                        "exact to 10⁻³, the default: no mode with a cosine above %s was much faster.", COSINE));
                    } else {
                        say("gradient",
                                String.format(Locale.ROOT,
                                        "exact to 10⁻³ is the default; %s took %.2f × its time, with a cosine of %.4f with the exact "
                                + "gradient.", mode, best.value(), cosine(best)));
                    }
                });
    }

    private double cosine(StudyFile.Row like) {
        return rows("backward", "cosine").filter(row -> row.name().equals(like.name())).mapToDouble(StudyFile.Row::value).findFirst()
                .orElse(Double.NaN);
    }

    /** The fewest blocks that cost no more than a tenth of the time. */
    private void memory() {
        rows("backward", "passRatio").filter(row -> row.value() <= 1.1)
                .filter(row -> row.params().keySet().containsAll(List.of("blocks", "n", "batch")))
                .min(Comparator.comparingDouble(row -> row.params().get("blocks")))
                .ifPresent(row -> {
                    double blocks = row.params().get("blocks");
                    if (blocks < 27) {
                        say("memory",
                                String.format(Locale.ROOT,
                                        "a layer of n=%.0f B=%.0f fits %.0f blocks instead of 27 in %.2f × the time.",
                                        row.params().get("n"),
                                row.params().get("batch"), blocks, row.value()));
                    } else {
                        say("memory", "the default of 27 blocks: fewer took more than 1.1 × the time.");
                    }
                });
    }

    /** A figure that is no positive number, such as the ratio of times that could not be measured, says nothing. */
    private Stream<StudyFile.Row> rows(String suite, String metric) {
        return file.results().stream().filter(row -> row.suite().equals(suite) && row.metric().equals(metric)
                && Double.isFinite(row.value()) && row.value() > 0);
    }
}
