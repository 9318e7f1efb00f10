package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Engines;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Suites that fail, and engines that are not there. */
class StudyTest {
    /** Hears the stages, and stops the second one. */
    private static final class Stopper implements Progress {
        private final List<String> stages = new ArrayList<>();

        @Override
        public void stage(String name, int steps) {
            stages.add(name);
            if (stages.size() == 2) {
                throw new StudyException("no more");
            }
        }

        @Override
        public void step(String detail) {}
    }

    @Test
    void aSuiteThatFailsLeavesWhatTheOthersMeasured() {
        Stopper stopper = new Stopper();
        Measurements measured = Study.run(new StudyOptions(true, List.of("depth", "training"), 1), stopper);
        assertThat(stopper.stages).containsExactly("depth", "training");
        assertThat(measured.results()).isNotEmpty().allMatch(result -> result.suite().equals("depth"));
        assertThat(measured.failures()).containsExactly("the suite training ended early, and its figures are left out: no more");
    }

    @Test
    void aStudyWithoutAFigureIsNone() {
        Progress refusing = new Progress() {
            @Override
            public void stage(String name, int steps) {
                throw new IllegalStateException("never");
            }

            @Override
            public void step(String detail) {}
        };
        assertThatThrownBy(() -> Study.run(new StudyOptions(true, List.of("depth"), 1), refusing))
                .isInstanceOf(StudyException.class)
                .hasMessage("the suite depth ended early, and its figures are left out: java.lang.IllegalStateException: never");
    }

    @Test
    void theOwnEngineIsTheFirstToCompareAndEveryoneThatIsMissingIsNamed() {
        assertThat(Study.engines().getFirst()).isEqualTo(Study.own());
        Engines.providers().forEach(provider -> assertThat(provider.unavailable().isEmpty() || !Study.engines().contains(provider.name())).isTrue());
        assertThat(KernelCase.all(true)).allMatch(shape -> !shape.first().isEmpty() && !shape.second().isEmpty());
    }
}
