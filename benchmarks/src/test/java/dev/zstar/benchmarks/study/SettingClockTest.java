package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.simd.tuning.Setting;
import dev.zstar.kernels.tuning.Tuner;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JVMs that time the cases of a setting. */
class SettingClockTest {
    /** Says what the engine runs with. */
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
        assertThat(SettingClock.time(true, Tuner.Cases.SEARCH, List.of("zstar.team.spinNanos"), values))
                .as("a setting without cases, so a short run").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyCaseRuns(boolean search) {
        Arrays.stream(Setting.values()).map(Setting::property).forEach(name -> TunerChild.runOnce(name, search));
        TunerChild.runOnce(TunerChild.PAGES, search);
    }

    @Test
    void aChildTimesTheCasesOfItsSetting() {
        double[] times = SettingClock.time(true, Tuner.Cases.SEARCH, List.of("zstar.tile.rows"), Map.of("zstar.tile.rows", 8L));
        assertThat(times).as("one of each case; NaN where the machine is too busy").hasSize(2).doesNotContain(0);
        double[] others = SettingClock.time(true, Tuner.Cases.HELD_OUT, List.of("zstar.tile.rows", "zstar.team.spinNanos"),
                Map.of("zstar.tile.rows", 8L));
        assertThat(others).hasSize(2).doesNotContain(0).doesNotContain(times);
    }
}
