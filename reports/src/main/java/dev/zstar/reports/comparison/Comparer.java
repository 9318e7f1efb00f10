package dev.zstar.reports.comparison;

import dev.zstar.reports.results.BenchmarkResult;
import dev.zstar.reports.results.CaseKey;
import dev.zstar.reports.results.Direction;
import dev.zstar.reports.results.ResultFile;
import dev.zstar.reports.statistics.Bootstrap;
import dev.zstar.reports.statistics.Effect;
import dev.zstar.reports.statistics.Forks;
import dev.zstar.reports.statistics.Judgement;
import dev.zstar.reports.statistics.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Compares the benchmarks that two files share. */
public final class Comparer {
    /** The most benchmarks that two files may share: that many take some seconds. */
    static final int MOST = 30_000;

    private static final int GOOD_FORKS = 5;
    /** What needs attention comes first. */
    private static final List<Verdict> ORDER =
            List.of(Verdict.SLOWER, Verdict.MORE, Verdict.FASTER, Verdict.LESS, Verdict.UNCLEAR, Verdict.SAME);

    private final double floor;
    private final Optional<String> ruler;
    private final boolean force;

    /**
     * A comparer.
     *
     * @param floor the smallest relative difference that matters
     * @param ruler a benchmark that no change of the code can move: if it moved, the machine changed, and every verdict is open
     * @param force whether files of different machines are compared
     * @throws IllegalArgumentException if the floor is not a number from 0.001 to 1
     */
    public Comparer(double floor, Optional<String> ruler, boolean force) {
        if (!(floor >= 0.001 && floor <= 1)) {
            throw new IllegalArgumentException("--floor " + Figures.of(100 * floor) + "; expected a percentage from 0.1 to 100");
        }
        this.floor = floor;
        this.ruler = ruler;
        this.force = force;
    }

    /**
     * Compares a new build with its base.
     *
     * @throws IllegalArgumentException if the files are of different machines, share no benchmark or too many, or lack the ruler
     */
    public Comparison compare(ResultFile base, ResultFile fresh) {
        List<String> notes = new ArrayList<>();
        compareMachines(base, fresh, notes);
        Map<CaseKey, BenchmarkResult> before = byKey(base);
        Map<CaseKey, BenchmarkResult> after = byKey(fresh);
        List<CaseKey> both = before.keySet().stream().filter(after::containsKey).toList();
        if (both.size() > MOST) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, "the files share %,d benchmarks, expected at most %,d; "
                    + "have JMH measure a part of them for each file", both.size(), MOST));
        }
        Map<CaseKey, String> labels = Labels.of(before.keySet());
        List<CaseComparison> cases = both.parallelStream().map(key -> compare(before.get(key), after.get(key), labels.get(key))).toList();
        Counts counts = Counts.of(base, fresh);
        if (cases.isEmpty() && counts.compared() == 0) {
            throw new IllegalArgumentException(base.label() + " and " + fresh.label() + " share no benchmark with the same "
                    + "parameters, mode and threads; expected two results of the same benchmarks");
        }
        alone(base.label(), before, after, notes);
        alone(fresh.label(), after, before, notes);
        List<CaseComparison> judged = ruler.map(name -> measured(name, cases, notes)).orElse(cases);
        // Counts do not depend on the machine's speed, so the ruler does not concern them.
        List<CaseComparison> sorted = Stream.concat(judged.stream(), counts.changed().stream())
                .sorted(Comparator.comparingInt(one -> ORDER.indexOf(one.verdict()))).toList();
        return new Comparison(base.label(), fresh.label(), floor, sorted, counts.compared(), List.copyOf(notes));
    }

    private void compareMachines(ResultFile base, ResultFile fresh, List<String> notes) {
        String one = base.environment().machine();
        String other = fresh.environment().machine();
        if (one.isEmpty() || other.isEmpty()) {
            notes.add("JMH's files do not name their machine; the comparison holds only if both are from the same.");
        } else if (!one.equals(other)) {
            String sentence = base.label() + " is from " + one + ", and " + fresh.label() + " from " + other;
            if (!force) {
                throw new IllegalArgumentException(sentence + "; expected the same machine, or --force");
            }
            notes.add(sentence + "; the ratios are also those of the machines.");
        }
        if (!base.environment().java().equals(fresh.environment().java())) {
            notes.add("The virtual machines differ: " + named(base.environment().java()) + " and " + named(fresh.environment().java())
                    + ".");
        }
    }

    private static String named(String java) {
        return java.isEmpty() ? "unknown" : java;
    }

    private static Map<CaseKey, BenchmarkResult> byKey(ResultFile file) {
        Map<CaseKey, BenchmarkResult> results = new LinkedHashMap<>();
        file.results().forEach(result -> results.put(result.key(), result));
        return results;
    }

    private static void alone(
            String label, Map<CaseKey, BenchmarkResult> some, Map<CaseKey, BenchmarkResult> others, List<String> notes) {
        List<CaseKey> keys = some.keySet().stream().filter(key -> !others.containsKey(key)).toList();
        if (!keys.isEmpty()) {
            notes.add("Only in " + label + ": " + keys.getFirst() + (keys.size() == 1 ? "." : ", and " + (keys.size() - 1) + " more."));
        }
    }

    private CaseComparison compare(BenchmarkResult base, BenchmarkResult fresh, String label) {
        Optional<Allocation> allocation = Allocation.of(base.allocation(), fresh.allocation());
        OptionalDouble factor = fresh.unit().in(base.unit());
        String unit = base.unit().name();
        if (factor.isEmpty()) {
            return open(base.key(), label, "", allocation, "The unit " + unit + " cannot be compared with " + fresh.unit().name() + ".");
        }
        double before = base.forks().count() > 0 ? base.forks().median() : base.score();
        double after = factor.getAsDouble() * (fresh.forks().count() > 0 ? fresh.forks().median() : fresh.score());
        String figures = Figures.of(before) + " → " + Figures.of(after) + " " + unit;
        Forks own = base.forks();
        Forks other = fresh.forks().times(factor.getAsDouble());
        Optional<String> obstacle = obstacle(base, own, other);
        if (obstacle.isPresent()) {
            return open(base.key(), label, figures, allocation, obstacle.get() + ": " + figures + ".");
        }
        // Each benchmark has its own seed, which is the same in every run.
        Bootstrap bootstrap = new Bootstrap(base.key().hashCode());
        Effect effect =
                base.direction() == Direction.LESS_IS_BETTER ? bootstrap.timeRatio(own, other) : bootstrap.rateRatio(own, other);
        Judgement judgement = Judgement.of(effect, floor);
        String forks = own.count() == other.count() ? own.count() + " forks each" : own.count() + " and " + other.count() + " forks";
        String sentence = "It takes " + Figures.ratio(effect.ratio()) + " times as long (" + interval(effect) + "), " + figures + ", "
                + forks + meaning(judgement) + ".";
        return new CaseComparison(base.key(), label, figures, Optional.of(effect), judgement, sentence, allocation);
    }

    private static String interval(Effect effect) {
        return effect.interval().isVague()
                ? "with an interval " + Figures.interval(effect.interval()) + ": the forks are too few, or differ too much"
                : Figures.interval(effect.interval());
    }

    private String meaning(Judgement judgement) {
        return switch (judgement.verdict()) {
            case SAME -> ", which is within " + Figures.of(100 * floor) + "%";
            case UNCLEAR -> judgement.moreForks().isPresent()
                    ? "; about " + judgement.moreForks().getAsInt() + " more forks of each build would decide"
                    : "; more than 100 more forks of each build would be needed to decide";
            default -> "";
        };
    }

    /** Why no ratio can be computed. */
    private static Optional<String> obstacle(BenchmarkResult base, Forks own, Forks other) {
        int least = Math.min(own.count(), other.count());
        if (base.direction() == Direction.UNKNOWN) {
            return Optional.of("Neither the mode nor the unit says whether more is better");
        }
        if (least == 0) {
            return Optional.of("The values of single forks are missing");
        }
        if (!own.arePositive() || !other.arePositive()) {
            return Optional.of("Some values are not above 0");
        }
        return least >= Bootstrap.LEAST_FORKS
                ? Optional.empty()
                : Optional.of("One fork says nothing about the next; " + (GOOD_FORKS - least) + " more forks of each build may decide");
    }

    private static CaseComparison open(CaseKey key, String label, String figures, Optional<Allocation> allocation, String sentence) {
        return new CaseComparison(
                key, label, figures, Optional.empty(), new Judgement(Verdict.UNCLEAR, OptionalInt.empty()), sentence, allocation);
    }

    /** The comparisons as they are if the ruler stood still, else with open verdicts. */
    private List<CaseComparison> measured(String name, List<CaseComparison> cases, List<String> notes) {
        List<CaseComparison> rulers = cases.stream().filter(one -> Labels.isNamed(one.key(), name)).toList();
        if (rulers.isEmpty()) {
            throw new IllegalArgumentException("--ruler " + name + " is in none or only one of the files; expected a benchmark of both, "
                    + "such as " + cases.stream().findFirst().map(CaseComparison::label).orElse("one of a suite that measures times"));
        }
        Optional<CaseComparison> moved = rulers.stream()
                .filter(one -> one.effect().isEmpty() || Math.abs(Math.log(one.effect().get().ratio())) >= Math.log1p(floor))
                .findFirst();
        if (moved.isEmpty()) {
            return cases;
        }
        CaseComparison ruler = moved.get();
        String why = ruler.effect().isPresent()
                ? "takes " + Figures.ratio(ruler.effect().get().ratio()) + " times as long, so the machine changed"
                : "could not be compared";
        notes.add("The ruler " + ruler.label() + " " + why + "; all verdicts are unclear.");
        return cases.stream().map(one -> new CaseComparison(one.key(), one.label(), one.figures(), one.effect(),
                new Judgement(Verdict.UNCLEAR, OptionalInt.empty()), "The ruler moved: " + one.figures() + ".", one.allocation())).toList();
    }
}
