package dev.zstar.reports.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Verdicts on synthetic builds, whose true ratio is known. */
class JudgementTest {
    private static final double FLOOR = 0.03;

    /** Forks around a time, with noise of forks and of iterations; some iterations are much slower, as on a shared machine. */
    private static Forks forks(Random random, double time, int forks, int iterations, double forkNoise, double noise, double hiccups) {
        List<List<Double>> values = new ArrayList<>();
        for (int f = 0; f < forks; f++) {
            double own = time * Math.exp(forkNoise * random.nextGaussian());
            List<Double> fork = new ArrayList<>();
            for (int i = 0; i < iterations; i++) {
                fork.add(own * Math.exp(noise * random.nextGaussian()) * (random.nextDouble() < hiccups ? 1.3 : 1));
            }
            values.add(fork);
        }
        return Forks.of(values);
    }

    private static Map<Verdict, Integer> verdicts(int seeds, LongFunction<Judgement> trial) {
        Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
        for (long seed = 0; seed < seeds; seed++) {
            counts.merge(trial.apply(seed).verdict(), 1, Integer::sum);
        }
        return counts;
    }

    private static Map<Verdict, Integer> verdicts(
            int seeds, double slowdown, int forks, int iterations, double forkNoise, double noise, double hiccups) {
        return verdicts(seeds, seed -> {
            Random random = new Random(seed);
            Forks base = forks(random, 10, forks, iterations, forkNoise, noise, hiccups);
            Forks fresh = forks(random, 10 * slowdown, forks, iterations, forkNoise, noise, hiccups);
            return Judgement.of(new Bootstrap(seed).timeRatio(base, fresh), FLOOR);
        });
    }

    @Test
    void aSlowdownOfFivePercentIsFoundWithFiveForks() {
        assertThat(verdicts(100, 1.05, 5, 5, 0.007, 0.01, 0.05).getOrDefault(Verdict.SLOWER, 0)).isGreaterThanOrEqualTo(95);
        assertThat(verdicts(100, 1 / 1.05, 5, 5, 0.007, 0.01, 0.05).getOrDefault(Verdict.FASTER, 0)).isGreaterThanOrEqualTo(95);
    }

    @Test
    void aSlowdownOfFivePercentIsFoundThroughForksThatDifferByOne() {
        assertThat(verdicts(200, 1.05, 5, 5, 0.01, 0.01, 0.05).getOrDefault(Verdict.SLOWER, 0)).isGreaterThanOrEqualTo(180);
        assertThat(verdicts(200, 1.05, 5, 1, 0.01, 0.005, 0).getOrDefault(Verdict.SLOWER, 0)).isGreaterThanOrEqualTo(180);
    }

    @ParameterizedTest
    @CsvSource({"2, 5, 0.02, 0.01", "2, 1, 0.03, 0.03", "3, 5, 0.018, 0.008", "5, 5, 0.02, 0.01",
        "5, 1, 0.014, 0.014", "5, 10, 0.005, 0.02", "10, 3, 0.02, 0.02"})
    void equalBuildsAreHardlyEverCalledSlower(int forks, int iterations, double forkNoise, double noise) {
        Map<Verdict, Integer> counts = verdicts(1000, 1, forks, iterations, forkNoise, noise, 0);
        assertThat(counts.getOrDefault(Verdict.SLOWER, 0)).as("%s", counts).isLessThanOrEqualTo(forks == 2 ? 0 : 10);
        assertThat(counts.getOrDefault(Verdict.FASTER, 0)).as("%s", counts).isLessThanOrEqualTo(forks == 2 ? 0 : 10);
    }

    /**
     * Forks as on two cores of a cloud: they differ by 2%, one in ten is slower by up to 30% because of a neighbour, a fifth of the
     * iterations is slowed down, too, and the machine drifts by up to 3% while the builds take turns.
     */
    private static Forks[] cloud(Random random, double slowdown, int forks) {
        List<List<List<Double>>> builds = List.of(new ArrayList<>(), new ArrayList<>());
        double drift = 0.03 * random.nextGaussian();
        for (int i = 0; i < 2 * forks; i++) {
            int side = (i + 1) / 2 % 2;
            double own = (side == 0 ? 10 : 10 * slowdown) * (1 + drift * i / (2 * forks)) * Math.exp(0.02 * random.nextGaussian())
                    * (random.nextInt(10) == 0 ? 1 + 0.3 * random.nextDouble() : 1);
            List<Double> fork = new ArrayList<>();
            for (int k = 0; k < 5; k++) {
                fork.add(own * Math.exp(0.01 * random.nextGaussian()) * (random.nextInt(5) == 0 ? 1.1 : 1));
            }
            builds.get(side).add(fork);
        }
        return new Forks[] {Forks.of(builds.get(0)), Forks.of(builds.get(1))};
    }

    private static Map<Verdict, Integer> cloudVerdicts(int seeds, double slowdown) {
        return verdicts(seeds, seed -> {
            Forks[] builds = cloud(new Random(seed), slowdown, 5);
            return Judgement.of(new Bootstrap(seed).timeRatio(builds[0], builds[1]), FLOOR);
        });
    }

    @Test
    void oneBuildThatIsMeasuredTwiceOnACloudMachineIsNotCalledSlower() {
        assertThat(cloudVerdicts(20, 1)).doesNotContainKeys(Verdict.SLOWER, Verdict.FASTER);
        Map<Verdict, Integer> many = cloudVerdicts(1000, 1);
        assertThat(many.getOrDefault(Verdict.SLOWER, 0)).as("%s", many).isLessThanOrEqualTo(10);
        assertThat(cloudVerdicts(100, 1.3).getOrDefault(Verdict.SLOWER, 0)).as("a large slowdown").isGreaterThanOrEqualTo(75);
    }

    @Test
    void twoForksDecideOnlyOnAHugeDifference() {
        Judgement moderate = Judgement.of(new Effect(1.2, new Interval(1.15, 1.26), 2), FLOOR);
        assertThat(moderate).isEqualTo(new Judgement(Verdict.UNCLEAR, OptionalInt.of(1)));
        assertThat(Judgement.of(new Effect(1.2, new Interval(1.15, 1.26), 3), FLOOR).verdict()).isEqualTo(Verdict.SLOWER);
        assertThat(Judgement.of(new Effect(1.3, new Interval(1.2, 1.4), 2), FLOOR).verdict()).isEqualTo(Verdict.SLOWER);
        assertThat(Judgement.of(new Effect(1 / 1.3, new Interval(0.7, 0.8), 2), FLOOR).verdict()).isEqualTo(Verdict.FASTER);
        assertThat(Judgement.of(new Effect(1.001, new Interval(0.99, 1.01), 2), FLOOR))
                .isEqualTo(new Judgement(Verdict.UNCLEAR, OptionalInt.of(1)));
    }

    @Test
    void runsBecomeForks() {
        Forks runs = Forks.ofRuns(List.of(Forks.of(List.of(List.of(3.0), List.of(1.0, 2.0))), Forks.of(List.of()),
                Forks.of(List.of(List.of(7.0)))));
        assertThat(runs.count()).isEqualTo(2);
        assertThat(runs.median()).isEqualTo(4.5);
        assertThat(runs.smallest()).isEqualTo(1);
    }

    @Test
    void equalBuildsWithLittleNoiseAreTheSame() {
        assertThat(verdicts(100, 1, 5, 5, 0.004, 0.01, 0).getOrDefault(Verdict.SAME, 0)).isGreaterThanOrEqualTo(90);
    }

    @Test
    void theIntervalHoldsTheTruth() {
        int held = 0;
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Interval interval = new Bootstrap(seed).timeRatio(
                    forks(random, 10, 5, 5, 0.02, 0.01, 0), forks(random, 12, 5, 5, 0.02, 0.01, 0)).interval();
            held += interval.low() <= 1.2 && 1.2 <= interval.high() ? 1 : 0;
        }
        // 95% of 300 are 285; three standard deviations below are 274.
        assertThat(held).isGreaterThanOrEqualTo(274);
    }

    @Test
    void aSlowForkIsNotTakenForTheRule() {
        Forks base = Forks.of(List.of(List.of(10.0), List.of(10.01), List.of(10.02), List.of(9.99), List.of(10.0)));
        Forks fresh = Forks.of(List.of(List.of(10.0), List.of(10.01), List.of(30.0), List.of(9.99), List.of(10.0)));
        Effect effect = new Bootstrap(1).timeRatio(base, fresh);
        assertThat(effect.ratio()).isCloseTo(1, within(0.002));
        assertThat(Judgement.of(effect, FLOOR).verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void ratesAreTimesTurnedOver() {
        Forks slow = Forks.of(List.of(List.of(50.0), List.of(50.1), List.of(49.9)));
        Forks fast = Forks.of(List.of(List.of(100.0), List.of(100.1), List.of(99.9)));
        assertThat(new Bootstrap(1).rateRatio(slow, fast).ratio()).isCloseTo(0.5, within(1e-12));
        assertThat(Judgement.of(new Bootstrap(1).rateRatio(slow, fast), FLOOR).verdict()).isEqualTo(Verdict.FASTER);
        assertThat(Judgement.of(new Bootstrap(1).rateRatio(fast, slow), FLOOR).verdict()).isEqualTo(Verdict.SLOWER);
    }

    @Test
    void theSameSeedGivesTheSameInterval() {
        Forks base = forks(new Random(1), 10, 5, 5, 0.02, 0.01, 0);
        Forks fresh = forks(new Random(2), 11, 5, 5, 0.02, 0.01, 0);
        assertThat(new Bootstrap(7).timeRatio(base, fresh)).isEqualTo(new Bootstrap(7).timeRatio(base, fresh));
        assertThat(new Bootstrap(8).timeRatio(base, fresh).ratio()).isEqualTo(new Bootstrap(7).timeRatio(base, fresh).ratio());
    }

    /** As many more forks as suggested shrink the interval, by the root law, to the distance that decides. */
    @Test
    void theForksThatAreMissingFollowFromTheWidth() {
        Interval wide = new Interval(0.96, 1.1);
        Judgement judgement = Judgement.of(new Effect(1.05, wide, 5), FLOOR);
        double half = Math.log(1.05 / 0.96);
        int more = judgement.moreForks().orElseThrow();
        assertThat(half * Math.sqrt(5.0 / (5 + more))).isLessThanOrEqualTo(Math.log(1.05));
        assertThat(half * Math.sqrt(5.0 / (5 + more - 1))).isGreaterThan(Math.log(1.05));
        assertThat(Judgement.of(new Effect(1.0299, wide, 5), FLOOR)).as("too near the floor").extracting(Judgement::moreForks)
                .isEqualTo(OptionalInt.empty());
    }

    @Test
    void theQuantilesOfStudentAreThoseOfTables() {
        assertThat(Bootstrap.student(1)).isEqualTo(12.706);
        assertThat(Bootstrap.student(11)).isCloseTo(2.201, within(0.003));
        assertThat(Bootstrap.student(30)).isCloseTo(2.042, within(0.001));
        assertThat(Bootstrap.student(100_000)).isCloseTo(1.960, within(0.001));
    }

    @Test
    void valuesThatAreNotFiniteAreLeftOut() {
        Forks forks = Forks.of(List.of(List.of(1.0, Double.NaN, 3.0), List.of(Double.NaN), List.of(),
                List.of(Double.POSITIVE_INFINITY, 5.0)));
        assertThat(forks.count()).isEqualTo(2);
        assertThat(forks.median()).isEqualTo(3.5);
        assertThat(Forks.of(List.of()).median()).isNaN();
    }
}
