package dev.zstar.kernels.tuning;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The speed of one candidate relative to the baseline: in each round, and in each round for each case. */
public final class Gains {
    /** A smaller gain is noise: two JVMs with the same settings differ by as much. */
    private static final double WORTHWHILE = 1.02;
    /** No case may run at less than this part of the speed of the defaults. */
    static final double TOLERATED = 0.98;

    private final List<Double> sorted = new ArrayList<>();
    /** For each round the ratio of each case. */
    private final List<double[]> cases = new ArrayList<>();

    /** Adds the geometric mean over the cases, or nothing if one of them had no steady speed. */
    void add(double[] baseline, double[] candidate) {
        double sum = 0;
        double[] ratios = new double[baseline.length];
        for (int i = 0; i < baseline.length; i++) {
            ratios[i] = baseline[i] / candidate[i];
            sum += Math.log(ratios[i]);
        }
        if (Double.isFinite(sum)) {
            cases.add(ratios);
            sorted.add(Math.exp(sum / baseline.length));
            sorted.sort(null);
        }
    }

    /** How often the two were compared. */
    public int rounds() {
        return sorted.size();
    }

    /** The median over the rounds; the lower one if there are two. NaN without rounds. */
    public double median() {
        return sorted.isEmpty() ? Double.NaN : sorted.get((sorted.size() - 1) / 2);
    }

    /** The worst round; NaN without rounds. */
    public double worst() {
        return sorted.isEmpty() ? Double.NaN : sorted.getFirst();
    }

    /** The speed of the slowest case, by the lower median over its rounds; NaN without rounds. */
    public double slowestCase() {
        double slowest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < (cases.isEmpty() ? 0 : cases.getFirst().length); i++) {
            int index = i;
            double[] rounds = cases.stream().mapToDouble(ratios -> ratios[index]).sorted().toArray();
            slowest = Math.min(slowest, rounds[(rounds.length - 1) / 2]);
        }
        return cases.isEmpty() ? Double.NaN : slowest;
    }

    /** Whether there are enough rounds for an answer. */
    public boolean conclusive() {
        return rounds() >= Rounds.LEAST;
    }

    /** Whether the candidate was not faster in some round. More rounds cannot make it worthwhile. */
    public boolean lost() {
        return worst() <= 1;
    }

    /** Whether the candidate is better: by more than noise in the median, and in every round. */
    public boolean worthwhile() {
        return conclusive() && median() > WORTHWHILE && !lost();
    }

    /** Why cases that did not choose the candidate speak against it, as the end of a sentence; empty if they do not. */
    public String objection() {
        if (!conclusive()) {
            return "there was no time to check it";
        }
        if (slowestCase() < TOLERATED) {
            return String.format(Locale.ROOT, "a held-out case ran at %.2f×", slowestCase());
        }
        return median() > 1 ? "" : String.format(Locale.ROOT, "the held-out cases ran at %.2f×", median());
    }
}
