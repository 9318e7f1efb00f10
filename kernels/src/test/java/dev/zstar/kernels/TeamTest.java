package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Loops that a team shares, and its end. */
class TeamTest {
    @Test
    void everyPieceRunsOnce() {
        for (int threads : new int[] {1, 2, 3, 5}) {
            try (Team team = new Team(threads)) {
                for (int pieces = 0; pieces < 40; pieces++) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(pieces);
                    team.run(pieces, (from, to) -> {
                        for (int i = from; i < to; i++) {
                            runs.incrementAndGet(i);
                        }
                    });
                    for (int i = 0; i < pieces; i++) {
                        assertThat(runs.get(i)).isEqualTo(1);
                    }
                }
            }
        }
    }

    @Test
    void anExceptionComesOutWhenTheOthersAreDone() {
        try (Team team = new Team(3)) {
            AtomicInteger done = new AtomicInteger();
            assertThatThrownBy(() -> team.run(3, (from, to) -> {
                if (from == 1) {
                    throw new IllegalStateException("piece 1");
                }
                done.incrementAndGet();
            })).hasMessage("piece 1");
            assertThat(done).hasValue(2);
            team.run(3, (from, to) -> done.addAndGet(to - from));
            assertThat(done).hasValue(5);
        }
    }

    /** A loop can hide that it throws a checked exception; it must not be lost. */
    @Test
    void aCheckedExceptionComesOutToo() {
        try (Team team = new Team(3)) {
            for (int thrower = 0; thrower < 3; thrower++) {
                int piece = thrower;
                Exception checked = new Exception("piece " + piece);
                assertThatThrownBy(() -> team.run(3, (from, to) -> {
                    if (from == piece) {
                        throw TeamTest.<RuntimeException>hidden(checked);
                    }
                })).isSameAs(checked);
            }
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E hidden(Throwable e) throws E {
        throw (E) e;
    }

    /** A worker that left while a loop counted on it was waited for, for ever: 5 of 17,000 times. */
    @Test
    void closingDuringALoopNeitherHangsNorLosesAPiece() {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(5), () -> {
            for (int trial = 0; trial < 20_000; trial++) {
                Team team = new Team(2, 0);
                AtomicInteger done = new AtomicInteger();
                Thread closer = Thread.ofVirtual().start(team::close);
                for (int loop = 0; loop < 3; loop++) {
                    team.run(2, (from, to) -> done.addAndGet(to - from));
                }
                assertThat(done).hasValue(6);
                closer.join();
            }
        });
    }

    @Test
    void aPieceMayCloseItsTeam() {
        Team team = new Team(2);
        AtomicInteger done = new AtomicInteger();
        team.run(2, (from, to) -> {
            team.close();
            done.addAndGet(to - from);
        });
        team.run(2, (from, to) -> done.addAndGet(to - from));
        assertThat(done).hasValue(4);
        assertThat(team.threads()).isEqualTo(2);
    }
}
