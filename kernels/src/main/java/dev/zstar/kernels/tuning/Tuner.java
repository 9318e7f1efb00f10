package dev.zstar.kernels.tuning;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.simd.tuning.Profile;
import dev.zstar.kernels.simd.tuning.Setting;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

/**
 * Searches for better settings of the {@code simd} engine, one after the other. Each is compared with the best so far in fresh JVMs. The
 * gain of a round is the geometric mean over the setting's cases. A value is taken if its median gain over the rounds is above 2% and it
 * was faster in every round. So a value that was slower in a round is not tried again.
 *
 * <p>The best of many trials is partly luck, and what helps one shape may hurt another. So each setting that was taken is compared with the
 * defaults on other cases, which had no part in its choice, and so are all of them together. A setting is dropped if these cases show no
 * gain, or if one of them is slower by more than 2%.
 */
public final class Tuner {
    /** JVMs of a round that checks settings. */
    private static final int PAIR = 2;
    /** The held-out cases of all settings take as long as this many runs of one setting. */
    private static final int ALL_CASES = 3;

    /** Which cases are timed. */
    public enum Cases {
        /** Those by which values are chosen. */
        SEARCH,
        /** Others, of other shapes. */
        HELD_OUT
    }

    /** Times the cases of settings. */
    @FunctionalInterface
    public interface Clock {
        /**
         * Runs the cases once in a new JVM.
         *
         * @param cases which cases
         * @param settings the settings to run the cases of
         * @param values of every setting, by name
         * @return the time of each case, in a unit that is the same for all calls; NaN if no steady speed was found
         */
        double[] time(Cases cases, List<String> settings, Map<String, Long> values);
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
     * The search for this machine. A JVM takes two seconds, mostly for its warm-up.
     *
     * @param only the settings to tune; all if empty
     * @param limit the time that it may take; if empty, four minutes, or one if {@code quick}, and with {@code only} a share of that
     * @param clock runs the cases
     * @throws IllegalArgumentException if one of them is not tuned; the message lists those that are
     */
    public static Tuner of(boolean quick, List<String> only, Optional<Duration> limit, Clock clock) {
        Map<String, List<Long>> grid = new LinkedHashMap<>();
        grid.put(Setting.TILE_ROWS.property(), List.of(4L, 8L));
        grid.put(Setting.TILE_INPUTS.property(), quick ? List.of(2048L) : List.of(512L, 2048L, 4096L));
        if (!quick) {
            grid.put(Setting.TILE_PART.property(), List.of(128L, 256L, 1L << 20));
            grid.put(Setting.TILE_BATCH.property(), List.of(1L << 18, 1L << 20, 3L << 20));
            grid.put(Setting.GEMM_PACK.property(), List.of(16L, 32L, 128L));
            if (Engines.processors() > 1) {
                grid.put(Setting.TEAM_WORTH.property(), List.of(250_000L, 500_000L, 2_000_000L));
            }
        }
        Duration budget = Duration.ofSeconds(quick ? 62 : 240);
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
        return new Tuner(grid, limit.orElse(budget), clock);
    }

    /** The JVMs of one round of all settings, and of one round that checks all of them. */
    private static int runs(Map<String, List<Long>> grid) {
        return grid.values().stream().mapToInt(values -> values.size() + 1 + PAIR).sum() + PAIR * ALL_CASES;
    }

    /**
     * Runs the search, starting from the defaults.
     *
     * @param stage called when a stage begins, with its name and its largest number of steps
     * @param step called after each step, with what it measured
     * @throws UnsupportedOperationException if the engine cannot run here
     */
    public Tuned run(ObjIntConsumer<String> stage, Consumer<String> step) {
        requireEngine();
        Profile defaults = Tuning.defaults();
        Map<String, Long> standard = new LinkedHashMap<>();
        defaults.values().forEach((setting, value) -> standard.put(setting.property(), value));
        Rounds rounds = new Rounds(budget, runs(grid), stage, step);
        Map<String, Long> best = new LinkedHashMap<>(standard);
        List<Tuned.Trial> trials = search(rounds, best);
        Map<String, Long> taken = new LinkedHashMap<>(best);
        taken.entrySet().removeAll(standard.entrySet());
        List<Tuned.Check> checks = new ArrayList<>();
        Map<String, Long> kept = new LinkedHashMap<>();
        taken.forEach((setting, value) -> {
            Gains gains = compare(rounds, Cases.HELD_OUT, List.of(setting), standard, List.of(with(standard, setting, value)), PAIR)
                    .getFirst();
            checks.add(Tuned.Check.of(setting, value, gains));
            if (checks.getLast().kept()) {
                kept.put(setting, value);
            }
        });
        Gains together = together(rounds, standard, kept, checks);
        return new Tuned(defaults.cpu(), defaults.bits(), trials, checks, kept, together.median(), together.slowestCase());
    }

    /** @throws UnsupportedOperationException if the engine cannot run here */
    public static void requireEngine() {
        Engines.providers().stream()
                .filter(provider -> provider.name().equals("simd"))
                .findFirst()
                .flatMap(EngineProvider::unavailable)
                .ifPresent(reason -> {
                    throw new UnsupportedOperationException(
                            "there is nothing to tune, because the simd engine cannot run here: " + reason);
                });
    }

    /** Tries the values of each setting, and puts the best ones into the map. */
    private List<Tuned.Trial> search(Rounds rounds, Map<String, Long> best) {
        List<Tuned.Trial> trials = new ArrayList<>();
        grid.forEach((setting, values) -> {
            List<Long> others = values.stream().filter(value -> !value.equals(best.get(setting))).toList();
            List<Map<String, Long>> candidates = others.stream().map(value -> with(best, setting, value)).toList();
            List<Gains> gains = compare(rounds, Cases.SEARCH, List.of(setting), best, candidates, candidates.size() + 1);
            int winner = winner(gains);
            for (int c = 0; c < others.size(); c++) {
                trials.add(new Tuned.Trial(setting, best.get(setting), others.get(c), gains.get(c).rounds(),
                        gains.get(c).median(), gains.get(c).worst(), c == winner));
            }
            if (winner >= 0) {
                best.put(setting, others.get(winner));
            }
        });
        return trials;
    }

    /**
     * Compares all settings that are kept with the defaults, on the held-out cases of every setting. While these object, the setting with
     * the smallest gain is dropped.
     */
    private Gains together(Rounds rounds, Map<String, Long> standard, Map<String, Long> kept, List<Tuned.Check> checks) {
        List<String> all = List.copyOf(grid.keySet());
        while (!kept.isEmpty()) {
            Map<String, Long> values = new LinkedHashMap<>(standard);
            values.putAll(kept);
            Gains gains = compare(rounds, Cases.HELD_OUT, all, standard, List.of(values), PAIR * ALL_CASES).getFirst();
            String objection = gains.objection();
            if (objection.isEmpty()) {
                return gains;
            }
            Tuned.Check least = checks.stream().filter(Tuned.Check::kept).min(Comparator.comparingDouble(Tuned.Check::gain)).orElseThrow();
            String where = kept.size() == 1 ? " among those of all settings" : " in combination";
            checks.set(checks.indexOf(least), least.dropped(objection + where));
            kept.remove(least.setting());
        }
        return new Gains();
    }

    private static Map<String, Long> with(Map<String, Long> values, String setting, long value) {
        Map<String, Long> other = new LinkedHashMap<>(values);
        other.put(setting, value);
        return other;
    }

    /** Compares the speed of each candidate with that of the baseline. */
    private List<Gains> compare(Rounds rounds, Cases cases, List<String> settings, Map<String, Long> baseline,
            List<Map<String, Long>> candidates, int weight) {
        String name = (cases == Cases.SEARCH ? "" : "check of ") + (settings.size() > 2 ? "all settings" : String.join(", ", settings));
        return rounds.candidates(name, weight, candidates.size(), gains -> cases == Cases.SEARCH && gains.lost(),
                run -> clock.time(cases, settings, run == 0 ? baseline : candidates.get(run - 1)));
    }

    private static int winner(List<Gains> gains) {
        int winner = -1;
        for (int c = 0; c < gains.size(); c++) {
            if (gains.get(c).worthwhile() && (winner < 0 || gains.get(c).median() > gains.get(winner).median())) {
                winner = c;
            }
        }
        return winner;
    }
}
