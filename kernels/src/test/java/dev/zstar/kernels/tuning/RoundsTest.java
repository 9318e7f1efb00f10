package dev.zstar.kernels.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Comparisons, with invented times. */
class RoundsTest {
    private static Rounds rounds(Duration budget) {
        return new Rounds(budget, 1, (_, _) -> {}, _ -> {});
    }

    @Test
    void eachCaseOfAContestIsJudgedByItself() {
        List<Integer> order = new ArrayList<>();
        List<List<Gains>> gains = rounds(Duration.ofHours(1)).contenders("", 1, 2, 2, round -> {
            order.add(round);
            // The last contender is faster in the first case only, and in the second case once slower.
            return new double[][] {{1, 1.01, 0.5}, {1, 1, round == 3 ? 1.1 : 0.5}};
        });
        assertThat(order).containsExactly(0, 1, 2, 3, 4);
        assertThat(gains).extracting(one -> one.get(0).worthwhile()).containsExactly(false, false);
        assertThat(gains).extracting(one -> one.get(1).worthwhile()).containsExactly(true, false);
        assertThat(gains.get(1).get(1).median()).isEqualTo(2);
    }

    @Test
    void aTimeThatIsMissingCostsOnlyItsOwnComparison() {
        List<List<Gains>> gains = rounds(Duration.ofHours(1)).contenders("", 1, 1, 2,
                round -> new double[][] {{1, round < 3 ? Double.NaN : 0.5, 0.5}});
        assertThat(gains.getFirst()).extracting(Gains::rounds).containsExactly(2, 5);
        assertThat(gains.getFirst()).extracting(Gains::conclusive).containsExactly(false, true);
        assertThat(gains.getFirst().getFirst().objection()).isEqualTo("there was no time to check it");
    }

    @Test
    void candidatesRunForwardsAndThenBackwards() {
        List<Integer> order = new ArrayList<>();
        List<Gains> gains = rounds(Duration.ofHours(1)).candidates("", 1, 1, Gains::lost, run -> {
            order.add(run);
            return new double[] {run == 0 ? 1 : 0.8};
        });
        assertThat(order).startsWith(0, 1, 1, 0, 0, 1).hasSize(10);
        assertThat(gains.getFirst().median()).isEqualTo(1.25);
    }

    @Test
    void aCandidateThatCannotWinIsNotTriedAgain() {
        List<Integer> order = new ArrayList<>();
        List<Gains> gains = rounds(Duration.ofHours(1)).candidates("", 1, 3, Gains::lost, run -> {
            order.add(run);
            // The first candidate loses the first round and the second candidate the second one.
            return new double[] {run == 0 ? 1 : run == 1 || run == 2 && order.size() > 4 ? 1.01 : 0.9};
        });
        assertThat(order).containsExactly(0, 1, 2, 3, 3, 2, 0, 0, 3, 3, 0, 0, 3);
        assertThat(gains).extracting(Gains::rounds).containsExactly(1, 2, 5);
        assertThat(gains).extracting(Gains::worthwhile).containsExactly(false, false, true);
        order.clear();
        rounds(Duration.ofHours(1)).candidates("", 1, 1, Gains::lost, run -> {
            order.add(run);
            return new double[] {1};
        });
        assertThat(order).as("nobody is left to compare").containsExactly(0, 1);
    }

    @Test
    void withoutTimeNothingRuns() {
        assertThat(rounds(Duration.ZERO).contenders("", 1, 2, 3, _ -> {
            throw new AssertionError("no time");
        })).hasSize(2).allSatisfy(gains -> assertThat(gains).hasSize(3).noneMatch(Gains::conclusive));
    }
}
