package dev.zstar.bridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class AffinityTest {
    @Test
    void aPinnedThreadAndThoseThatItStartsStayThere() throws InterruptedException {
        Assumptions.assumeTrue(Affinity.unavailable().isEmpty());
        List<Integer> before = Affinity.allowed();
        int last = before.getLast();
        AtomicReference<List<Integer>> own = new AtomicReference<>();
        AtomicReference<List<Integer>> started = new AtomicReference<>();
        Thread pinned = new Thread(() -> {
            Affinity.pin(List.of(last));
            own.set(Affinity.allowed());
            Thread child = new Thread(() -> started.set(Affinity.allowed()));
            child.start();
            try {
                child.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        pinned.start();
        pinned.join();
        assertThat(own.get()).containsExactly(last);
        assertThat(started.get()).containsExactly(last);
        assertThat(Affinity.allowed()).as("the thread that did not ask").isEqualTo(before);
    }

    @Test
    void wrongProcessorsAreNamed() {
        Assumptions.assumeTrue(Affinity.unavailable().isEmpty());
        assertThatThrownBy(() -> Affinity.pin(null)).hasMessage("Affinity.pin: processors is null");
        assertThatThrownBy(() -> Affinity.pin(List.of())).hasMessage("Affinity.pin: processors is empty, expected at least one");
        assertThatThrownBy(() -> Affinity.pin(List.of(-1))).hasMessage("Affinity.pin: a processor is -1, expected 0 to 8191");
        assertThatThrownBy(() -> Affinity.pin(List.of(8192))).hasMessage("Affinity.pin: a processor is 8192, expected 0 to 8191");
        assertThatThrownBy(() -> Affinity.pin(List.of(8191))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Affinity.pin: processors is [8191], expected some of those that this process may use");
    }

    @Test
    void aListOfProcessorsIsRead() {
        assertThat(Affinity.parse("\t0-3,8\n")).containsExactly(0, 1, 2, 3, 8);
        assertThat(Affinity.parse("5")).containsExactly(5);
        for (String odd : List.of("", "all", "1,", "-1", "0-", "1-2-3", "99999", "0x3")) {
            assertThat(Affinity.parse(odd)).as(odd).isEmpty();
        }
    }

    @Test
    void everyCoreComesBeforeItsSecondThread() {
        List<Integer> allowed = List.of(0, 1, 2, 3);
        assertThat(Affinity.first(3, allowed, cpu -> cpu < 2 ? List.of(0, 1) : List.of(2, 3))).containsExactly(0, 2, 1);
        assertThat(Affinity.first(2, allowed, cpu -> List.of(cpu % 2, cpu % 2 + 2))).containsExactly(0, 1);
        assertThat(Affinity.first(9, allowed, _ -> List.of())).containsExactly(0, 1, 2, 3);
        assertThat(Affinity.first(2, List.of(3), _ -> List.of(2, 3))).containsExactly(3);
        assertThat(Affinity.first(1, List.of(), _ -> List.of())).isEmpty();
    }
}
