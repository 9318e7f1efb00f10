package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Engines are found by name, or the best of those that run here. */
class EnginesTest {
    @Test
    void theBestEngineIsTheFirstThatRuns() {
        EngineProvider first = Reference.available().getFirst();
        try (Engine engine = Engines.best(2)) {
            assertThat(engine.name()).isEqualTo(first.name());
            assertThat(engine).hasToString(
                    engine.name() + " engine with " + engine.threads() + " thread" + (engine.threads() == 1 ? "" : "s"));
        }
        assertThat(Engines.providers()).extracting(EngineProvider::priority).isSortedAccordingTo((a, b) -> Integer.compare(b, a));
    }

    @Test
    void anEngineOnAPoolStartsNoThreadAndComputesTheSameBits() throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try (Block a = Block.allocate(Type.F32, 300, 300);
                Block own = Block.allocate(Type.F32, 300, 300);
                Block lent = Block.allocate(Type.F32, 300, 300)) {
            a.copyFrom(new Random(1).doubles(300 * 300, -1, 1).toArray());
            try (Engine engine = Engines.best(1)) {
                engine.gemm(1, a, false, a, true, 0, own);
            }
            long workers = workers();
            try (Engine engine = Engines.best(3, pool)) {
                assertThat(engine.threads()).isEqualTo(engine.name().equals("scalar") ? 1 : 3);
                for (int i = 0; i < 20; i++) {
                    lent.fill(Double.NaN);
                    engine.gemm(1, a, false, a, true, 0, lent);
                    assertThat(lent.toFloats()).isEqualTo(own.toFloats());
                }
                assertThat(workers()).isEqualTo(workers);
            }
            assertThat(pool.isShutdown()).as("the pool is the host's").isFalse();
        } finally {
            pool.shutdown();
            assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    private static long workers() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("zstar-worker")).count();
    }

    @Test
    void anEngineWithThreadsOfItsOwnRefusesAPool() {
        EngineProvider own = new EngineProvider() {
            @Override
            public String name() {
                return "own";
            }

            @Override
            public int priority() {
                return 1;
            }

            @Override
            public Optional<String> unavailable() {
                return Optional.empty();
            }

            @Override
            public String description() {
                return "for this test";
            }

            @Override
            public Engine create(int threads) {
                throw new AssertionError(threads);
            }
        };
        assertThat(own.usesPools()).isFalse();
        assertThatThrownBy(() -> own.create(2, Runnable::run)).isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("the own engine has threads of its own, expected an engine that uses pools");
        assertThatThrownBy(() -> Engines.best(2, null)).hasMessage("Engines.best: the pool is null");
        assertThatThrownBy(() -> Engines.best(0, Runnable::run)).hasMessage("Engines.best: 0 threads, expected at least 1");
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
