package dev.zstar.kernels.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the search takes, with invented times. */
class TunerTest {
    private static final String INPUTS = "zstar.tile.inputs";
    private static final String PACK = "zstar.gemm.pack";

    private final List<Map<String, Long>> asked = new ArrayList<>();

    private Tuned tune(Duration budget, Tuner.Clock clock) {
        Map<String, List<Long>> grid = new LinkedHashMap<>();
        grid.put(INPUTS, List.of(512L, 1024L, 2048L));
        grid.put(PACK, List.of(16L, 32L));
        return new Tuner(grid, budget, (settings, values) -> {
            asked.add(values);
            return clock.time(settings, values);
        }).run((_, _) -> {}, _ -> {});
    }

    private Tuned tune(Tuner.Clock clock) {
        return tune(Duration.ofHours(1), clock);
    }

    @Test
    void theBestValueIsTakenAndTheNextSettingIsTriedOnTopOfIt() {
        Tuned tuned = tune((_, values) -> new double[] {
            (values.get(INPUTS) == 512 ? 0.95 : values.get(INPUTS) == 1024 ? 0.9 : 1) * (values.get(PACK) == 16 ? 0.99 : 1), 2
        });
        assertThat(tuned.taken()).containsExactly(Map.entry(INPUTS, 1024L));
        assertThat(tuned.confirmed()).isTrue();
        assertThat(tuned.gain()).isCloseTo(Math.sqrt(1 / 0.9), org.assertj.core.data.Offset.offset(1e-12));
        assertThat(tuned.trials()).extracting(Tuned.Trial::value, Tuned.Trial::taken).containsExactly(
                org.assertj.core.groups.Tuple.tuple(512L, false), org.assertj.core.groups.Tuple.tuple(1024L, true),
                org.assertj.core.groups.Tuple.tuple(16L, false), org.assertj.core.groups.Tuple.tuple(32L, false));
        assertThat(asked).filteredOn(values -> values.get(PACK) != 64).allMatch(values -> values.get(INPUTS) == 1024);
    }

    @Test
    void aGainThatOneRoundOrTheRepetitionDoesNotShowIsNone() {
        int[] calls = new int[1];
        assertThat(tune((_, values) -> new double[] {values.get(INPUTS) == 512 && calls[0]++ != 1 ? 0.5 : 1.1}).taken())
                .as("one round lost").isEmpty();
        calls[0] = 0;
        Tuned unconfirmed = tune((_, values) -> new double[] {values.get(PACK) == 16 && calls[0]++ < 5 ? 0.5 : 1});
        assertThat(unconfirmed.taken()).containsExactly(Map.entry(PACK, 16L));
        assertThat(unconfirmed.confirmed()).isFalse();
    }

    @Test
    void whatFoundNoSteadySpeedOrNoTimeIsNotTaken() {
        assertThat(tune((_, values) -> new double[] {values.get(PACK) == 16 ? 0.1 : 1, values.get(PACK) == 64 ? Double.NaN : 1}).taken())
                .isEmpty();
        asked.clear();
        assertThat(tune(Duration.ZERO, (_, _) -> new double[] {1}).trials()).hasSize(4)
                .allMatch(trial -> trial.rounds() == 0 && !trial.taken());
        assertThat(asked).isEmpty();
    }

    @Test
    void someSettingsAloneCanBeSearched() {
        assertThatThrownBy(() -> Tuner.of(true, List.of("zstar.tile.rows", "zstar.no.such"), (_, _) -> new double[] {1}))
                .hasMessage("the setting 'zstar.no.such' is not tuned with --quick, "
                        + "expected one of: zstar.tile.rows, zstar.tile.inputs");
        assertThat(Tuner.of(false, List.of("zstar.gemm.pack"), (_, _) -> new double[] {1})).isNotNull();
    }
}
