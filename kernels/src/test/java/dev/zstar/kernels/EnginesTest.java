package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Engines are found by name, or the best of those that run here. */
class EnginesTest {
    @Test
    void theBestEngineIsTheFirstThatRuns() {
        EngineProvider first = Reference.available().getFirst();
        try (Engine engine = Engines.best(2)) {
            assertThat(engine.name()).isEqualTo(first.name());
        }
        assertThat(Engines.providers()).extracting(EngineProvider::priority).isSortedAccordingTo((a, b) -> Integer.compare(b, a));
    }

    @Test
    void scalarRunsEverywhere() {
        try (Engine engine = Engines.named("scalar", 3)) {
            assertThat(engine.name()).isEqualTo("scalar");
            assertThat(engine.threads()).isOne();
        }
    }

    @Test
    void aNameThatNobodyHasIsAnsweredWithThoseThereAre() {
        assertThatThrownBy(() -> Engines.named("gpu", 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no engine is called 'gpu', expected one of: ").hasMessageContaining("scalar");
    }

    @Test
    void theWarningSaysWhatIsLost() {
        assertThat(Engines.substitution("scalar", true, "simd", "no.")).isEqualTo(
                "using the scalar engine, which can be a hundred times slower, because the simd engine cannot run here: no.");
        assertThat(Engines.substitution("openblas", false, "simd", "no.")).isEqualTo("using the openblas engine, whose results "
                + "depend on the"
                + " batch and on the number of threads, because the simd engine cannot run here: no.");
        assertThat(Engines.substitution("other", true, "simd", "no.")).isEqualTo(
                "using the other engine because the simd engine cannot run here: no.");
    }

    @Test
    void anEngineHasAThread() {
        assertThatThrownBy(() -> Engines.best(0)).hasMessage("Engines.best: 0 threads, expected at least 1");
        assertThatThrownBy(() -> Engines.named("scalar", -1)).hasMessage("Engines.named: -1 threads, expected at least 1");
        assertThat(Engines.processors()).isPositive();
    }
}
