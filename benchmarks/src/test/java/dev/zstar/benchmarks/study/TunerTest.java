package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.io.Serializable;
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
        }).run(StudyProgress.NONE);
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
        Tuned lost = tune((_, values) -> new double[] {values.get(INPUTS) == 512 && calls[0]++ != 1 ? 0.5 : 1.1});
        assertThat(lost.taken()).as("one round lost").isEmpty();
        calls[0] = 0;
        Tuned unconfirmed = tune((_, values) -> new double[] {values.get(PACK) == 16 && calls[0]++ < 5 ? 0.5 : 1});
        assertThat(unconfirmed.taken()).containsExactly(Map.entry(PACK, 16L));
        assertThat(unconfirmed.confirmed()).isFalse();
    }

    @Test
    void whatFoundNoSteadySpeedOrNoTimeIsNotTaken() {
        Tuned unsteady =
                tune((_, values) -> new double[] {values.get(PACK) == 16 ? 0.1 : 1, values.get(PACK) == 64 ? Double.NaN : 1});
        assertThat(unsteady.taken()).isEmpty();
        asked.clear();
        assertThat(tune(Duration.ZERO, (_, _) -> new double[] {1}).trials()).hasSize(4)
                .allMatch(trial -> trial.rounds() == 0 && !trial.taken());
        assertThat(asked).isEmpty();
    }

    /** Returns the settings of the engine in a child. */
    static final class Describe implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            return String.join("; ", Engines.providers().stream().filter(provider -> provider.name().equals("simd"))
                    .map(EngineProvider::description).toList());
        }
    }

    @Test
    void aChildRunsWithTheValuesItWasGiven() {
        assertThat(Fork.call(Describe.class, String.class, "", "-Dzstar.profile=none", "-Dzstar.tile.rows=4", "-Dzstar.gemm.pack=7"))
                .endsWith(", zstar.tile.rows=4 (property), zstar.gemm.pack=7 (property)");
        Map<String, Long> values = Map.of("zstar.tile.rows", 4L);
        assertThat(TunerChild.clock(true).time(List.of("zstar.team.spinNanos"), values)).as("a setting without cases, so a short run")
                .isEmpty();
    }

    @Test
    void aChildTimesTheCasesOfItsSetting() {
        double[] times = TunerChild.clock(true).time(List.of("zstar.tile.rows"), Map.of("zstar.tile.rows", 8L));
        assertThat(times).as("one of each case; NaN where the machine is too busy").hasSize(2).doesNotContain(0);
    }

    @Test
    void someSettingsAloneCanBeSearched() {
        assertThatThrownBy(() -> Tuner.of(true, List.of("zstar.tile.rows", "zstar.no.such")))
                .hasMessage("the setting 'zstar.no.such' is not searched here with --quick; "
                        + "expected one of: zstar.tile.rows, zstar.tile.inputs");
        assertThat(Tuner.of(false, List.of("zstar.gemm.pack"))).isNotNull();
    }
}
