package dev.zstar.kernels.tuning;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Comparisons in rounds of JVMs. Each comparison ends after five rounds, when it is settled, or when its share of the time is spent.
 */
public final class Rounds {
    /** Fewer rounds are not conclusive. */
    static final int LEAST = 3;
    private static final int MOST = 5;

    private final Pace pace;
    private final ObjIntConsumer<String> stage;
    private final Consumer<String> step;

    /**
     * Comparisons that share a time.
     *
     * @param budget the time; the first rounds of a comparison may use the share of later ones
     * @param weights the sum of the weights of all comparisons
     * @param stage called when a comparison begins, with its name and its largest number of steps
     * @param step called after each JVM, with what it measured
     */
    public Rounds(Duration budget, int weights, ObjIntConsumer<String> stage, Consumer<String> step) {
        pace = new Pace(budget, weights);
        this.stage = stage;
        this.step = step;
    }

    /**
     * Compares candidates with a baseline, each in its own JVM. The order alternates between forwards and backwards, so that a machine that
     * slows down favours none.
     *
     * @param weight the part of the time that the comparison may take
     * @param settled what needs no more rounds, such as a candidate that lost one if only those that win all of them count
     * @param clock the time of each case, of the baseline for 0 and of a candidate for a number from 1 on
     */
    public List<Gains> candidates(String name, int weight, int candidates, Predicate<Gains> settled, IntFunction<double[]> clock) {
        List<Gains> gains = fresh(candidates);
        List<Integer> runs = new ArrayList<>(IntStream.rangeClosed(0, candidates).boxed().toList());
        stage.accept(name, MOST * runs.size());
        pace.stage(weight);
        for (int round = 0; round < MOST && runs.size() > 1 && pace.allows(runs.size(), round < LEAST); round++) {
            double[][] times = new double[candidates + 1][];
            for (int run : round % 2 == 0 ? runs : runs.reversed()) {
                if (!pace.allows(1, true)) {
                    return gains;
                }
                times[run] = clock.apply(run);
                pace.ran();
                step.accept(run == 0 ? "baseline" : "candidate " + run);
            }
            runs.subList(1, runs.size()).forEach(run -> gains.get(run - 1).add(times[0], times[run]));
            runs.removeIf(run -> run > 0 && settled.test(gains.get(run - 1)));
        }
        return gains;
    }

    /**
     * Compares contenders that one JVM times in turns, in several cases. Each case is judged by itself.
     *
     * @param weight the part of the time that the comparison may take
     * @param contenders how many are compared with the first one
     * @param clock runs a JVM and returns its times: for each case that of the first contender, then those of the others. It gets the
     *     number of the round, which should decide about the order
     * @return for each case the gains of each contender but the first
     */
    public List<List<Gains>> contenders(String name, int weight, int cases, int contenders, IntFunction<double[][]> clock) {
        List<List<Gains>> gains = Stream.generate(() -> fresh(contenders)).limit(cases).toList();
        stage.accept(name, MOST);
        pace.stage(weight);
        for (int round = 0; round < MOST && pace.allows(1, round < LEAST); round++) {
            double[][] times = clock.apply(round);
            pace.ran();
            step.accept("");
            for (int i = 0; i < cases; i++) {
                for (int c = 0; c < contenders; c++) {
                    gains.get(i).get(c).add(new double[] {times[i][0]}, new double[] {times[i][c + 1]});
                }
            }
        }
        return gains;
    }

    private static List<Gains> fresh(int count) {
        return new ArrayList<>(Stream.generate(Gains::new).limit(count).toList());
    }
}
