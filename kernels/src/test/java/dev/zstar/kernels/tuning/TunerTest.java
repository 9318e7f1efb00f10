package dev.zstar.kernels.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.tuple;

import dev.zstar.kernels.simd.tuning.Setting;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What the search takes, with invented times. */
class TunerTest {
    private static final String INPUTS = "zstar.tile.inputs";
    /** The default, which a search does not try again. */
    private static final long INPUTS_HERE = Tuning.defaults().values().get(Setting.TILE_INPUTS);
    private static final String PACK = "zstar.gemm.pack";

    private final List<Map<String, Long>> asked = new ArrayList<>();

    private Tuned tune(Duration budget, Tuner.Clock clock) {
        Map<String, List<Long>> grid = new LinkedHashMap<>();
        grid.put(INPUTS, List.of(500L, 1000L, INPUTS_HERE));
        grid.put(PACK, List.of(16L, 32L));
        return new Tuner(grid, budget, (cases, settings, values) -> {
            asked.add(values);
            return clock.time(cases, settings, values);
        }).run((_, _) -> {}, _ -> {});
    }

    private Tuned tune(Tuner.Clock clock) {
        return tune(Duration.ofHours(1), clock);
    }

    /** The same times for both lists of cases. */
    private Tuned tune(Function<Map<String, Long>, double[]> times) {
        return tune((_, _, values) -> times.apply(values));
    }

    @Test
    void theBestValueIsTakenAndTheNextSettingIsTriedOnTopOfIt() {
        Tuned tuned = tune(values -> new double[] {
            (values.get(INPUTS) == 500 ? 0.95 : values.get(INPUTS) == 1000 ? 0.9 : 1) * (values.get(PACK) == 16 ? 0.99 : 1), 2
        });
        assertThat(tuned.kept()).containsExactly(Map.entry(INPUTS, 1000L));
        assertThat(tuned.gain()).isCloseTo(Math.sqrt(1 / 0.9), offset(1e-12));
        assertThat(tuned.slowest()).isEqualTo(1);
        assertThat(tuned.trials()).extracting(Tuned.Trial::value, Tuned.Trial::taken)
                .containsExactly(tuple(500L, false), tuple(1000L, true), tuple(16L, false), tuple(32L, false));
        assertThat(asked).filteredOn(values -> values.get(PACK) != 64).allMatch(values -> values.get(INPUTS) == 1000);
    }

    @Test
    void aGainThatOneRoundDoesNotShowIsNone() {
        int[] calls = new int[1];
        assertThat(tune(values -> new double[] {values.get(INPUTS) == 500 && calls[0]++ != 1 ? 0.5 : 1.1}).checks()).isEmpty();
    }

    /** Times on held-out cases of the values that the search takes; others take 1. */
    private Tuned heldOut(double inputs, double[] pack, double[] both) {
        return tune((cases, settings, values) -> {
            boolean in = values.get(INPUTS) == 500;
            boolean packed = values.get(PACK) == 16;
            if (cases == Tuner.Cases.SEARCH) {
                return new double[] {(in ? 0.8 : 1) * (packed ? 0.9 : 1), 1};
            }
            return settings.size() == 2 && in && packed ? both : packed ? pack : new double[] {in ? inputs : 1, 1};
        });
    }

    @Test
    void whatHelpsOnHeldOutCasesIsKept() {
        Tuned tuned = heldOut(0.8, new double[] {0.9, 1}, new double[] {0.7, 1.01});
        assertThat(tuned.kept()).containsExactly(Map.entry(INPUTS, 500L), Map.entry(PACK, 16L));
        assertThat(tuned.checks()).allMatch(Tuned.Check::kept).allMatch(check -> check.rounds() == 5);
        assertThat(tuned.slowest()).isCloseTo(1 / 1.01, offset(1e-12));
    }

    @Test
    void whatHurtsAHeldOutCaseIsDropped() {
        Tuned tuned = heldOut(0.8, new double[] {0.5, 1.03}, new double[] {0.4, 1});
        assertThat(tuned.kept()).containsExactly(Map.entry(INPUTS, 500L));
        assertThat(tuned.checks()).extracting(Tuned.Check::setting, Tuned.Check::objection)
                .containsExactly(tuple(INPUTS, ""), tuple(PACK, "a held-out case ran at 0.97×"));
        assertThat(tuned.checks().getLast().gain()).as("in spite of a large gain elsewhere").isGreaterThan(1.3);
        assertThat(heldOut(0.8, new double[] {0.5, 1.02}, new double[] {0.4, 1}).kept()).as("within two percent").hasSize(2);
    }

    @Test
    void whatHasNoGainOnHeldOutCasesIsDropped() {
        assertThat(heldOut(1.01, new double[] {1, 1}, new double[] {1, 1}).checks()).extracting(Tuned.Check::objection)
                .containsExactly("the held-out cases ran at 1.00×", "the held-out cases ran at 1.00×");
    }

    @Test
    void settingsThatHurtTogetherLoseTheOneWithTheSmallestGain() {
        Tuned tuned = heldOut(0.8, new double[] {0.9, 1}, new double[] {0.7, 1.1});
        assertThat(tuned.kept()).containsExactly(Map.entry(INPUTS, 500L));
        assertThat(tuned.checks()).extracting(Tuned.Check::objection).containsExactly("", "a held-out case ran at 0.91× in combination");
        assertThat(tuned.gain()).as("of what is left").isCloseTo(Math.sqrt(1 / 0.8), offset(1e-12));
    }

    @Test
    void aMachineThatSlowsDownFavoursNoValue() {
        // Each JVM is slower than the one before by a tenth of a percent, so the second of each pair always loses.
        double[] drift = {1};
        Tuned tuned = tune(values -> new double[] {(drift[0] *= 1.001) * (values.get(PACK) == 16 ? 0.9 : 1)});
        assertThat(tuned.kept()).containsExactly(Map.entry(PACK, 16L));
        assertThat(tuned.checks().getFirst().gain()).isCloseTo(1 / 0.9, offset(2e-3));
    }

    @Test
    void whatFoundNoSteadySpeedOrNoTimeIsNotTaken() {
        assertThat(tune(values -> new double[] {values.get(PACK) == 16 ? 0.1 : 1, values.get(PACK) == 64 ? Double.NaN : 1}).checks())
                .isEmpty();
        Tuned unchecked = tune((cases, _, values) -> new double[] {
            cases == Tuner.Cases.HELD_OUT ? Double.NaN : values.get(PACK) == 16 ? 0.5 : 1});
        assertThat(unchecked.kept()).isEmpty();
        assertThat(unchecked.conclusive()).isFalse();
        assertThat(unchecked.checks()).extracting(Tuned.Check::objection).containsExactly("there was no time to check it");
        asked.clear();
        assertThat(tune(Duration.ZERO, (_, _, _) -> new double[] {1}).trials()).hasSize(4)
                .allMatch(trial -> trial.rounds() == 0 && !trial.taken());
        assertThat(asked).isEmpty();
    }

    @Test
    void someSettingsAloneCanBeSearched() {
        assertThatThrownBy(() -> Tuner.of(true, List.of("zstar.tile.rows", "zstar.no.such"), Optional.empty(), (_, _, _) -> new double[1]))
                .hasMessage("the setting 'zstar.no.such' is not tuned with --quick, "
                        + "expected one of: zstar.tile.rows, zstar.tile.inputs");
        assertThat(Tuner.of(false, List.of("zstar.gemm.pack"), Optional.empty(), (_, _, _) -> new double[] {1})).isNotNull();
    }
}
