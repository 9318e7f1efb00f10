package dev.zstar.kernels.tuning;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.simd.tuning.Profile;
import dev.zstar.kernels.simd.tuning.Setting;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

/**
 * Searches for better settings of the {@code simd} engine, one after the other. Each is compared with the best so far in fresh JVMs. The
 * gain of a round is the geometric mean over the setting's cases. A value is taken if its median gain over the rounds is above 2% and it
 * was faster in every round. All values that were taken are then measured again, together, against the defaults, because the best of many
 * trials is partly luck.
 */
public final class Tuner {
    /** A smaller gain is noise: two JVMs with the same settings differ by as much. */
    private static final double WORTHWHILE = 1.02;
    /** Fewer rounds are not conclusive. */
    static final int LEAST = 3;
    private static final int MOST = 5;
    /** The time that is reserved for the final comparison, as a number of JVM runs per round. */
    private static final int AGAIN = 3;

    /** Times the cases of settings. */
    @FunctionalInterface
    public interface Clock {
        /**
         * Runs the cases once in a new JVM.
         *
         * @param settings the settings to run the cases of
         * @param values of every setting, by name
         * @return the time of each case, in a unit that is the same for all calls; NaN if no steady speed was found
         */
        double[] time(List<String> settings, Map<String, Long> values);
    }

    private final Map<String, List<Long>> grid;
    private final Duration budget;
    private final Clock clock;

    /**
     * A search.
     *
     * @param grid the values to try, by the name of the setting, in the order to try them
     * @param budget the time that it may take; a slow machine gets fewer rounds, and a value without enough rounds is not taken
     */
    public Tuner(Map<String, List<Long>> grid, Duration budget, Clock clock) {
        this.grid = new LinkedHashMap<>(grid);
        this.budget = budget;
        this.clock = clock;
    }

    /**
     * The search for this machine, within three minutes, or within 40 seconds if {@code quick}. A JVM takes two seconds, mostly for its
     * warm-up.
     *
     * @param only the settings to tune, in their share of that time; all if empty
     * @param clock runs the cases
     * @throws IllegalArgumentException if one of them is not tuned; the message lists those that are
     */
    public static Tuner of(boolean quick, List<String> only, Clock clock) {
        Map<String, List<Long>> grid = new LinkedHashMap<>();
        grid.put(Setting.TILE_ROWS.property(), List.of(4L, 8L));
        grid.put(Setting.TILE_INPUTS.property(), quick ? List.of(1024L) : List.of(512L, 1024L, 4096L));
        if (!quick) {
            grid.put(Setting.TILE_BATCH.property(), List.of(1L << 18, 1L << 20, 3L << 20));
            grid.put(Setting.GEMM_PACK.property(), List.of(16L, 32L, 128L));
            if (Engines.processors() > 1) {
                grid.put(Setting.TEAM_WORTH.property(), List.of(250_000L, 500_000L, 2_000_000L));
            }
        }
        Duration budget = Duration.ofSeconds(quick ? 37 : 172);
        if (!only.isEmpty()) {
            for (String setting : only) {
                if (!grid.containsKey(setting)) {
                    throw new IllegalArgumentException("the setting '" + setting + "' is not tuned" + (quick ? " with --quick" : "")
                            + ", expected one of: " + String.join(", ", grid.keySet()));
                }
            }
            int all = runs(grid);
            grid.keySet().retainAll(only);
            budget = budget.multipliedBy(runs(grid)).dividedBy(all);
        }
        return new Tuner(grid, budget, clock);
    }

    /** The JVMs of one round of all settings. */
    private static int runs(Map<String, List<Long>> grid) {
        return grid.values().stream().mapToInt(values -> values.size() + 1).sum() + AGAIN;
    }

    /**
     * Runs the search, starting from the defaults.
     *
     * @param stage called when a stage begins, with its name and its largest number of steps
     * @param step called after each step, with what it measured
     * @throws UnsupportedOperationException if the engine cannot run here
     */
    public Tuned run(ObjIntConsumer<String> stage, Consumer<String> step) {
        Optional<String> reason = Engines.providers().stream()
                .filter(provider -> provider.name().equals("simd"))
                .findFirst()
                .flatMap(EngineProvider::unavailable);
        if (reason.isPresent()) {
            throw new UnsupportedOperationException("there is nothing to tune, because the simd engine cannot run here: " + reason.get());
        }
        Profile defaults = Tuning.defaults();
        Map<String, Long> standard = new LinkedHashMap<>();
        defaults.values().forEach((setting, value) -> standard.put(setting.property(), value));
        Map<String, Long> best = new LinkedHashMap<>(standard);
        List<Tuned.Trial> trials = new ArrayList<>();
        Pace pace = new Pace(budget, runs(grid));
        grid.forEach((setting, values) -> {
            List<Long> others = values.stream().filter(value -> !value.equals(best.get(setting))).toList();
            Gains[] gains =
                    compare(List.of(setting), best, others.stream().map(value -> with(best, setting, value)).toList(), pace, stage, step);
            int winner = winner(gains);
            for (int c = 0; c < others.size(); c++) {
                trials.add(new Tuned.Trial(setting, best.get(setting), others.get(c), gains[c].rounds(), gains[c].median(),
                        gains[c].worst(), c == winner));
            }
            if (winner >= 0) {
                best.put(setting, others.get(winner));
            }
        });
        Map<String, Long> taken = new LinkedHashMap<>(best);
        taken.entrySet().removeAll(standard.entrySet());
        Gains together = taken.isEmpty() ? new Gains()
                : compare(List.copyOf(taken.keySet()), standard, List.of(best), pace, stage, step)[0];
        return new Tuned(defaults.cpu(), defaults.bits(), trials, taken, together.median(), together.worst(), together.worthwhile());
    }

    private static Map<String, Long> with(Map<String, Long> values, String setting, long value) {
        Map<String, Long> other = new LinkedHashMap<>(values);
        other.put(setting, value);
        return other;
    }

    /** Compares the speed of each candidate with that of the baseline. */
    private Gains[] compare(
            List<String> settings, Map<String, Long> baseline, List<Map<String, Long>> candidates, Pace pace,
            ObjIntConsumer<String> stage, Consumer<String> step) {
        Gains[] gains = new Gains[candidates.size()];
        Arrays.setAll(gains, _ -> new Gains());
        List<Map<String, Long>> runs = new ArrayList<>(candidates);
        runs.addFirst(baseline);
        stage.accept(String.join(", ", settings), MOST * runs.size());
        pace.stage(runs.size() * settings.size());
        for (int round = 0; round < MOST && pace.allows(runs.size(), round < LEAST); round++) {
            double[][] times = new double[runs.size()][];
            // The order alternates between forwards and backwards, so that a machine that slows down favours no value.
            for (int i = 0; i < times.length; i++) {
                int run = round % 2 == 0 ? i : times.length - 1 - i;
                if (!pace.allows(1, true)) {
                    return gains;
                }
                times[run] = clock.time(settings, runs.get(run));
                pace.ran();
                step.accept(run == 0 ? "baseline" : "candidate " + run);
            }
            for (int c = 0; c < gains.length; c++) {
                gains[c].add(times[0], times[c + 1]);
            }
        }
        return gains;
    }

    private static int winner(Gains[] gains) {
        int winner = -1;
        for (int c = 0; c < gains.length; c++) {
            if (gains[c].worthwhile() && (winner < 0 || gains[c].median() > gains[winner].median())) {
                winner = c;
            }
        }
        return winner;
    }

    /** The speed of one candidate relative to the baseline in each round. */
    private static final class Gains {
        private final List<Double> sorted = new ArrayList<>();

        /** Adds the geometric mean over the cases, or nothing if one of them had no steady speed. */
        void add(double[] baseline, double[] candidate) {
            double sum = 0;
            for (int i = 0; i < baseline.length; i++) {
                sum += Math.log(baseline[i] / candidate[i]);
            }
            if (Double.isFinite(sum)) {
                sorted.add(Math.exp(sum / baseline.length));
                sorted.sort(null);
            }
        }

        int rounds() {
            return sorted.size();
        }

        /** The median; the lower one if there are two. */
        double median() {
            return sorted.isEmpty() ? Double.NaN : sorted.get((sorted.size() - 1) / 2);
        }

        double worst() {
            return sorted.isEmpty() ? Double.NaN : sorted.getFirst();
        }

        boolean worthwhile() {
            return sorted.size() >= LEAST && median() > WORTHWHILE && worst() > 1;
        }
    }

    /** Divides the remaining time among the remaining stages, by weight. */
    private static final class Pace {
        private final long end;
        private int weights;
        private long stageEnd;
        private long last;
        /** The longest run so far. Later ones may be as long. */
        private long longest;

        Pace(Duration budget, int weights) {
            last = System.nanoTime();
            end = last + budget.toNanos();
            this.weights = weights;
        }

        void stage(int weight) {
            last = System.nanoTime();
            stageEnd = last + (end - last) / Math.max(weights, weight) * weight;
            weights -= weight;
        }

        /** A run has ended. */
        void ran() {
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
        }

        /** Whether this many more runs end in the time of the stage, or at least of the search. */
        boolean allows(int runs, boolean atLeast) {
            return System.nanoTime() + runs * longest < (atLeast ? end : stageEnd);
        }
    }
}
