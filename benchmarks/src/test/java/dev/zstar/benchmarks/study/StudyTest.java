package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Engines;
import java.io.Serializable;
import java.time.Duration;
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
        Measurements measured = Study.run(StudyOptions.of(List.of("streaming", "training"), 1), stopper, soFar::add);
        assertThat(soFar.getLast().results()).isEqualTo(measured.results());
        assertThat(stopper.stages).containsExactly("streaming", "training");
        assertThat(measured.results()).isNotEmpty().allMatch(result -> result.suite().equals("streaming"));
        assertThat(measured.evidence()).isNotEmpty()
                .allSatisfy(entry -> assertThat(entry.cases()).allMatch(name -> name.startsWith("streaming: ")));
        assertThat(measured.failures()).containsExactly("the training suite failed, and its figures are left out: no more");
    }

    @Test
    void noCaseBeginsAfterTheTimeBudget() {
        StudyOptions options = new StudyOptions(false, List.of("streaming", "depth", "training"), "", List.of(), 1, Duration.ofNanos(1),
                null, false);
        Measurements measured = Study.run(options, StudyProgress.NONE, _ -> {});
        assertThat(measured.failures()).isEmpty();
        assertThat(measured.results()).isEmpty();
        assertThat(measured.remarks()).anySatisfy(remark -> assertThat(remark).isEqualTo(
                "left out, since the time budget was spent: streaming; depth; training"));
    }

    @Test
    void aFilterKeepsTheCasesThatItIsFoundIn() {
        StudyOptions options = new StudyOptions(false, List.of("streaming"), "no such case", List.of(), 1, null, null, false);
        assertThatThrownBy(() -> Study.run(options, StudyProgress.NONE, _ -> {}))
                .hasMessage("--filter no such case: no case has a name in which it is found");
        assertThat(StudyOptions.wants("^gemm n=1", "gemm n=16 f32")).isTrue();
        assertThat(StudyOptions.wants("^gemm n=1", "gemv n=16 f32")).isFalse();
    }

    @Test
    void onlyTheEnginesThatWereAskedForAreCompared() {
        List<String> all = Contenders.all();
        try {
            Contenders.restrictTo(List.of("scalar"));
            assertThat(Contenders.all()).containsExactly("scalar");
            assertThat(Contenders.flag()).endsWith("=scalar");
            Contenders.restrictTo(List.of("simd"));
            assertThat(Contenders.all()).hasSize(1);
        } finally {
            Contenders.restrictTo(List.of());
        }
        assertThat(Contenders.all()).isEqualTo(all);
    }

    @Test
    void wrongOptionsAreNamed() {
        assertThatThrownBy(() -> new StudyOptions(false, List.of(), "(", List.of(), 0, null, null, false))
                .hasMessageStartingWith("--filter ( is not a regular expression: ");
        assertThatThrownBy(() -> new StudyOptions(false, List.of(), "", List.of("mkl"), 0, null, null, false))
                .hasMessageStartingWith("unknown engine 'mkl'; expected one of ").hasMessageContaining("scalar");
        assertThatThrownBy(() -> new StudyOptions(false, List.of(), "", List.of("scalar", "scalar"), 0, null, null, false))
                .hasMessage("--engine scalar,scalar: scalar is there 2 times; expected each engine once");
        assertThatThrownBy(() -> new StudyOptions(false, List.of(), "", List.of(), 0, Duration.ZERO, null, false))
                .hasMessage("--time-budget 0.0s; expected a time above 0");
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
        assertThatThrownBy(() -> Study.run(StudyOptions.of(List.of("depth"), 1), refusing, _ -> {}))
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
            engines.add("own: " + Contenders.own());
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
        assertThat(Contenders.all().getFirst()).isEqualTo(Contenders.own());
        Engines.providers().forEach(provider -> assertThat(provider.unavailable().isEmpty() || !Contenders.all().contains(provider.name()))
                .isTrue());
        assertThat(KernelCase.all(true)).allMatch(shape -> !shape.first().isEmpty() && !shape.second().isEmpty());
    }
}
