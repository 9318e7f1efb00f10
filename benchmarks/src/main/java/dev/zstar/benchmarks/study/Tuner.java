package dev.zstar.benchmarks.study;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.simd.Profile;
import dev.zstar.kernels.simd.Setting;
import dev.zstar.kernels.simd.Tuning;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks for better settings of the engine {@code simd}: one after the other, each against the best so far, in fresh JVMs. The gain in a
 * round is the geometric mean over the setting's cases; a value is taken if the median over the rounds is above 2% and no round lost.
 */
public final class Tuner {
    /** Less is noise: two JVMs with the same settings differ by as much. */
    private static final double WORTHWHILE = 1.02;

    /** Every setting's cases at once. */
    static final String ALL = "all";

    /** Times the cases of a setting. */
    @FunctionalInterface
    public interface Clock {
        /**
         * Runs them once in a new JVM.
         *
         * @param setting whose cases; {@code all}: those of all settings
         * @param values of every setting, by name
         * @return the time of each case, in any unit that is the same from call to call
         */
        double[] time(String setting, Map<String, Long> values);
    }

    private final Map<String, List<Long>> grid;
    private final int rounds;
    private final Clock clock;

    /**
     * A search.
     *
     * @param grid the values to try, by the name of the setting, in the order to try them
     * @param rounds how often each is measured
     */
    public Tuner(Map<String, List<Long>> grid, int rounds, Clock clock) {
        this.grid = new LinkedHashMap<>(grid);
        this.rounds = rounds;
        this.clock = clock;
    }

    /** The search for this machine: under three minutes, or {@code quick}, under 40 seconds. */
    public static Tuner of(boolean quick) {
        Map<String, List<Long>> grid = new LinkedHashMap<>();
        grid.put(Setting.TILE_ROWS.property(), List.of(4L, 8L));
        grid.put(Setting.TILE_INPUTS.property(), quick ? List.of(1024L, 4096L) : List.of(512L, 1024L, 4096L));
        grid.put(Setting.TILE_BATCH.property(), quick ? List.of(1L << 18) : List.of(1L << 17, 1L << 18, 1L << 20));
        grid.put(Setting.GEMM_PACK.property(), quick ? List.of(32L) : List.of(16L, 32L, 128L));
        if (Engines.processors() > 1) {
            grid.put(Setting.TEAM_WORTH.property(), quick ? List.of(500_000L) : List.of(250_000L, 500_000L, 2_000_000L));
        }
        return new Tuner(grid, quick ? 3 : 5, TunerChild.clock(quick));
    }

    /**
     * Runs the search, from the defaults.
     *
     * @throws StudyException if the engine cannot run here
     */
    public Tuned run(Progress progress) {
        Optional<String> reason = Engines.providers().stream()
                .filter(provider -> provider.name().equals("simd"))
                .findFirst()
                .flatMap(EngineProvider::unavailable);
        if (reason.isPresent()) {
            throw new StudyException("there is nothing to tune, the engine simd cannot run here: " + reason.get());
        }
        Profile defaults = Tuning.defaults();
        Map<String, Long> standard = new LinkedHashMap<>();
        defaults.values().forEach((setting, value) -> standard.put(setting.property(), value));
        Map<String, Long> best = new LinkedHashMap<>(standard);
        List<Tuned.Trial> trials = new ArrayList<>();
        grid.forEach((setting, values) -> {
            List<Long> others = values.stream().filter(value -> !value.equals(best.get(setting))).toList();
            List<Map<String, Long>> candidates = others.stream().map(value -> with(best, setting, value)).toList();
            double[][] gains = gains(setting, best, candidates, progress);
            int winner = winner(gains);
            for (int c = 0; c < others.size(); c++) {
                trials.add(new Tuned.Trial(setting, best.get(setting), others.get(c), median(gains[c]), gains[c][0], c == winner));
            }
            if (winner >= 0) {
                best.put(setting, others.get(winner));
            }
        });
        Map<String, Long> changed = new LinkedHashMap<>(best);
        changed.entrySet().removeAll(standard.entrySet());
        double[] together = changed.isEmpty() ? new double[] {1} : gains(ALL, standard, List.of(best), progress)[0];
        boolean kept = worthwhile(together);
        return new Tuned(defaults.cpu(), defaults.bits(), rounds, trials, kept ? changed : Map.of(), changed, median(together), together[0]);
    }

    private static Map<String, Long> with(Map<String, Long> values, String setting, long value) {
        Map<String, Long> other = new LinkedHashMap<>(values);
        other.put(setting, value);
        return other;
    }

    /** How many times as fast as the baseline each candidate is: by candidate the rounds, sorted. */
    private double[][] gains(String setting, Map<String, Long> baseline, List<Map<String, Long>> candidates, Progress progress) {
        progress.stage(setting, rounds * (candidates.size() + 1));
        List<Map<String, Long>> runs = new ArrayList<>(candidates);
        runs.addFirst(baseline);
        double[][] gains = new double[candidates.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            double[][] times = new double[runs.size()][];
            // There and back, so that a machine that slows down favours nobody.
            for (int i = 0; i < times.length; i++) {
                int run = round % 2 == 0 ? i : times.length - 1 - i;
                times[run] = clock.time(setting, runs.get(run));
                progress.step(runs.get(run).equals(baseline) ? "baseline" : setting.equals(ALL) ? "candidate" : String.valueOf(runs.get(run).get(setting)));
            }
            for (int c = 0; c < gains.length; c++) {
                gains[c][round] = ratio(times[0], times[c + 1]);
            }
        }
        for (double[] gain : gains) {
            Arrays.sort(gain);
        }
        return gains;
    }

    /** The geometric mean over the cases. */
    private static double ratio(double[] baseline, double[] candidate) {
        double sum = 0;
        for (int i = 0; i < baseline.length; i++) {
            sum += Math.log(baseline[i] / candidate[i]);
        }
        return Math.exp(sum / baseline.length);
    }

    private static int winner(double[][] gains) {
        int winner = -1;
        for (int c = 0; c < gains.length; c++) {
            if (worthwhile(gains[c]) && (winner < 0 || median(gains[c]) > median(gains[winner]))) {
                winner = c;
            }
        }
        return winner;
    }

    private static boolean worthwhile(double[] gains) {
        return median(gains) > WORTHWHILE && gains[0] > 1;
    }

    private static double median(double[] sorted) {
        return Stopwatch.quantile(sorted, 0.5);
    }
}
