package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Loops that a team of its own threads, or one on a pool, shares; and its end. */
class TeamTest {
    private static final Executor REFUSING = _ -> {
        throw new RejectedExecutionException("no");
    };
    private static final Executor LOST = _ -> { };

    /** Pools that lend threads at once, late, never, not to be asked, or only the caller's. */
    private static List<Team> teams(ExecutorService pool) {
        List<Team> teams = new ArrayList<>();
        for (int threads : new int[] {1, 2, 3, 5}) {
            teams.add(Team.of(threads));
            for (Executor executor : List.of(pool, REFUSING, LOST, Runnable::run)) {
                teams.add(Team.on(executor, threads));
            }
        }
        return teams;
    }

    @Test
    void everyPieceRunsOnce() {
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            for (Team team : teams(pool)) {
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
                team.close();
            }
        }
    }

    /** All threads of the pool are busy with tasks that themselves run loops on it. */
    @Test
    void loopsInsideTheTasksOfTheirPoolEnd() throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int task = 0; task < 50; task++) {
                results.add(pool.submit(() -> {
                    AtomicInteger done = new AtomicInteger();
                    try (Team team = Team.on(pool, 3)) {
                        for (int loop = 0; loop < 20; loop++) {
                            team.run(7, (from, to) -> done.addAndGet(to - from));
                        }
                    }
                    return done.get();
                }));
            }
            for (Future<Integer> result : results) {
                assertThat(result.get(1, TimeUnit.MINUTES)).isEqualTo(140);
            }
        }
    }

    /** Tasks that a pool starts when their loop has ended, or during a later one. */
    @Test
    void lateTasksDoNoHarm() {
        List<Runnable> queue = Collections.synchronizedList(new ArrayList<>());
        try (Team team = Team.on(queue::add, 3)) {
            AtomicInteger done = new AtomicInteger();
            team.run(6, (from, to) -> done.addAndGet(to - from));
            assertThat(done).hasValue(6);
            team.run(6, (from, to) -> done.addAndGet(to - from));
            assertThat(queue).as("each task is queued once").hasSize(2);
            List.copyOf(queue).forEach(Runnable::run);
            assertThat(done).hasValue(12);
            team.run(6, (from, to) -> {
                if (from == 0) {
                    List.copyOf(queue).forEach(Runnable::run);
                }
                done.addAndGet(to - from);
            });
            assertThat(done).hasValue(18);
        }
    }

    /** What a pool throws comes out, but only when all ranges have ended. */
    @Test
    void anExceptionOfThePoolComesOutWhenTheLoopIsDone() {
        AtomicInteger done = new AtomicInteger();
        try (Team team = Team.on(_ -> {
            throw new IllegalStateException("pool");
        }, 3)) {
            assertThatThrownBy(() -> team.run(6, (from, to) -> done.addAndGet(to - from))).hasMessage("pool");
            assertThat(done).hasValue(6);
            // The pool is asked again.
            assertThatThrownBy(() -> team.run(6, (from, to) -> done.addAndGet(to - from))).hasMessage("pool");
            assertThat(done).hasValue(12);
        }
    }

    @Test
    void anExceptionComesOutWhenTheOthersAreDone() {
        try (ExecutorService pool = Executors.newFixedThreadPool(2); Team own = Team.of(3); Team lent = Team.on(pool, 3)) {
            for (Team team : List.of(own, lent)) {
                throwsInPieceOne(team);
            }
        }
    }

    private static void throwsInPieceOne(Team team) {
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

    /** A loop can hide that it throws a checked exception; it must not be lost. */
    @Test
    void aCheckedExceptionComesOutToo() {
        try (Team team = Team.of(3)) {
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
                Team team = Team.of(2, 0);
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
        Team team = Team.of(2);
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
