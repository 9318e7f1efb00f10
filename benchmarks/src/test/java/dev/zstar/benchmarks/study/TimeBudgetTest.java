package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens to cases that run when the time budget is spent. */
class TimeBudgetTest {
    @AfterEach
    void noBudget() {
        Fork.begin(null, null);
    }

    /** Waits until the budget is spent, or for longer than any test. */
    static final class Waiting implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            try {
                for (int i = 0; i < 600 && (argument.equals("for ever") || !Fork.isLate()); i++) {
                    Thread.sleep(100);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return "late: " + Fork.isLate();
        }

        @Override
        public boolean timed() {
            return false;
        }
    }

    @Test
    void aChildKnowsTheBudget() {
        assertThat(Fork.call(Waiting.class, String.class, "until the budget", "-Dzstar.deadline=0")).isEqualTo("late: true");
        Fork.begin(null, Duration.ofSeconds(4));
        assertThat(Fork.call(Waiting.class, String.class, "until the budget")).isEqualTo("late: true");
        assertThat(Fork.isLate()).isTrue();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void aChildThatGoesOnIsEnded() {
        Fork.begin(null, Duration.ofMillis(500));
        assertThatThrownBy(() -> Fork.call(Waiting.class, String.class, "for ever")).isInstanceOf(OutOfTime.class);
    }

    /** Finishes three cases, of which the last one takes for ever or until the budget is spent. */
    static final class Cases implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            Fork.keep("one");
            Fork.keep("one, two");
            new Waiting().run(argument);
            Fork.keep("one, two, three");
            return "all";
        }

        @Override
        public boolean timed() {
            return false;
        }
    }

    private static Fork.Measured<String> cases(String argument) {
        return Fork.measure(Cases.class, String.class, argument);
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void onlyTheCaseInProgressIsLost() {
        Fork.begin(null, Duration.ofSeconds(5));
        assertThat(cases("until the budget").value()).as("the child notices").isEqualTo("one, two, three");
        assertThat(Fork.wasCut()).isTrue();
        assertThat(Fork.wasCut()).as("said once").isFalse();
        Fork.begin(null, Duration.ofSeconds(5));
        assertThat(cases("for ever").value()).as("the child is ended").isEqualTo("one, two");
        assertThat(Fork.wasCut()).isTrue();
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aStudyThatIsStoppedKeepsFinishedCases(@TempDir Path folder) throws InterruptedException {
        Fork.begin(Journal.in(folder.resolve("cases")), null);
        Thread stop = new Thread(() -> {
            try {
                Thread.sleep(6000);
                Fork.stop();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        stop.start();
        assertThat(cases("for ever").value()).isEqualTo("one, two");
        assertThat(Fork.wasCut()).isTrue();
        assertThat(folder.resolve("cases")).as("a study that resumes measures the cases again").doesNotExist();
        stop.join();
        assertThatThrownBy(() -> cases("for ever")).as("no child starts").isInstanceOf(OutOfTime.class);
    }

    @Test
    void forksForWhichThereIsNoTimeAreLeftOut() {
        List<String> made = new ArrayList<>();
        Fork.repeat(3, () -> made.add("fork"));
        assertThat(made).hasSize(3);
        Fork.begin(null, Duration.ofNanos(1));
        Fork.repeat(3, () -> made.add("the first runs in any case"));
        assertThat(made).hasSize(4);
        assertThatThrownBy(() -> Fork.repeat(3, Fork::requireTime)).isInstanceOf(OutOfTime.class);
        Fork.begin(null, Duration.ofHours(1));
        Fork.repeat(3, () -> {
            made.add("a second one that does not come to its end");
            if (made.size() == 6) {
                throw new OutOfTime();
            }
        });
        assertThat(made).as("the figures of the first count").hasSize(7);
    }

    @Test
    void kernelsThatWereMeasuredInTimeAreKept(@TempDir Path folder) throws IOException {
        StudyOptions options = new StudyOptions(
                true, List.of("kernels"), "gemv n=", List.of("scalar"), 0, Duration.ofMillis(1500), folder.resolve("cases"), false);
        Measurements measured = Study.run(options, StudyProgress.NONE, _ -> {});
        assertThat(measured.failures()).isEmpty();
        assertThat(measured.results()).as("the case that ran").isNotEmpty();
        assertThat(measured.remarks()).contains(Study.LATE + "the last cases of kernels");
        assertThat(Files.exists(folder.resolve("cases"))).as("a part is not kept for a study that resumes").isFalse();
    }
}
