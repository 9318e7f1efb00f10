package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Engines;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Suites that fail, and engines that are not there. */
class StudyTest {
    /** Hears the stages, and stops the second one. */
    private static final class Stopper implements StudyProgress {
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
        List<Measurements> soFar = new ArrayList<>();
        Measurements measured = Study.run(new StudyOptions(true, List.of("streaming", "training"), 1), stopper, soFar::add);
        assertThat(soFar).hasSize(1);
        assertThat(soFar.getFirst().results()).isEqualTo(measured.results());
        assertThat(stopper.stages).containsExactly("streaming", "training");
        assertThat(measured.results()).isNotEmpty().allMatch(result -> result.suite().equals("streaming"));
        assertThat(measured.evidence()).isNotEmpty()
                .allSatisfy(entry -> assertThat(entry.cases()).allMatch(name -> name.startsWith("streaming: ")));
        assertThat(measured.failures()).containsExactly("the training suite failed, and its figures are left out: no more");
    }

    @Test
    void theMedianOfTwoIsBetweenThem() {
        assertThat(Stopwatch.median(new double[] {1, 4})).isEqualTo(2.5);
        assertThat(Stopwatch.median(new double[] {1, 2, 9})).isEqualTo(2);
        assertThat(Stopwatch.median(new double[] {3})).isEqualTo(3);
    }

    @Test
    void aStudyWithoutAFigureIsNone() {
        StudyProgress refusing = new StudyProgress() {
            @Override
            public void stage(String name, int steps) {
                throw new IllegalStateException("never");
            }

            @Override
            public void step(String detail) {}
        };
        assertThatThrownBy(() -> Study.run(new StudyOptions(true, List.of("depth"), 1), refusing, _ -> {}))
                .isInstanceOf(StudyException.class)
                .hasMessage("the depth suite failed, and its figures are left out: java.lang.IllegalStateException: never");
    }

    /** Runs the small kernels once; returns the engines' names. */
    static final class Kernels implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            TreeSet<String> engines = new TreeSet<>();
            for (KernelCase shape : KernelCase.all(true)) {
                if (shape.work() <= 1e6) {
                    Deque<AutoCloseable> held = new ArrayDeque<>();
                    shape.contenders(held).forEach((name, body) -> {
                        body.run();
                        engines.add(name);
                    });
                    held.forEach(KernelSuite::close);
                }
            }
            engines.add("own: " + Study.own());
            return String.join(", ", engines);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
    void withoutAvx2PlainLoopsTakeTheirPlace() {
        assertThat(Fork.call(Kernels.class, String.class, "", "-XX:UseAVX=1")).contains("own: scalar", "joml").doesNotContain("simd");
    }

    @Test
    void theOwnEngineIsTheFirstToCompareAndEveryoneThatIsMissingIsNamed() {
        assertThat(Study.engines().getFirst()).isEqualTo(Study.own());
        Engines.providers().forEach(provider -> assertThat(provider.unavailable().isEmpty() || !Study.engines().contains(provider.name()))
                .isTrue());
        assertThat(KernelCase.all(true)).allMatch(shape -> !shape.first().isEmpty() && !shape.second().isEmpty());
    }
}
