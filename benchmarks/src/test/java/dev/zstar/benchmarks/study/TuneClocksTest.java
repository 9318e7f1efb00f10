package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.tuning.Tuner;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** JVMs that time pages, products and solvers. */
class TuneClocksTest {
    /** Says what a variable is. */
    static final class Variable implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            return System.getenv(argument);
        }

        @Override
        public boolean timed() {
            return false;
        }
    }

    @Test
    void aChildHasTheVariablesThatItWasGiven() {
        assertThat(Fork.measure(Variable.class, String.class, "ZSTAR_TRY", Map.of("ZSTAR_TRY", "a b")).value()).isEqualTo("a b");
        assertThat(Fork.measure(Variable.class, String.class, "ZSTAR_TRY").value()).isNull();
    }

    @Test
    void whereHugePagesCannotBeComparedTheReasonIsGiven() {
        assertThat(PageClock.unavailable(null, null)).contains("this system has no /sys/kernel/mm/transparent_hugepage/enabled");
        assertThat(PageClock.unavailable("always", null).orElseThrow())
                .endsWith("is always, so large blocks lie in huge pages by themselves");
        assertThat(PageClock.unavailable("never", null).orElseThrow())
                .endsWith("is never, so no memory can lie in huge pages; expected madvise");
        assertThat(PageClock.unavailable("madvise", "glibc.malloc.hugetlb=2")).contains("GLIBC_TUNABLES sets glibc.malloc.hugetlb already");
        assertThat(PageClock.unavailable("madvise", "glibc.malloc.check=0")).isEmpty();
    }

    @Test
    void theProbeCountsHugePagesOrSaysThatThereAreNone() {
        PageClock.unavailable().ifPresent(reason -> assertThat(reason).matches(
                "GLIBC_TUNABLES=glibc.malloc.hugetlb=1 had no effect: \\d+ MiB of a block of 64 MiB .*"
                        + "|this system .*|/sys/.*|GLIBC.* already"));
        assertThat(new PageClock.PageProbe().run("")).asInstanceOf(InstanceOfAssertFactories.LONG).isNotNegative();
    }

    @Test
    void aChildTimesProductsInPages() {
        assertThat(PageClock.time(true, Tuner.Cases.SEARCH, false)).as("NaN where the machine is too busy").hasSize(2).doesNotContain(0);
    }

    @Test
    void everyContenderOfAProductIsTimed() {
        List<ProductClock.Shape> shapes = List.of(new ProductClock.Shape(1, 64), new ProductClock.Shape(5, 33));
        for (int round = 0; round < 2; round++) {
            double[][] times = ProductClock.time(shapes, round);
            assertThat(times).hasNumberOfRows(2);
            assertThat(times[0]).hasSize(ProductClock.contenders().size()).doesNotContain(0);
        }
        assertThat(new ProductClock.Shape(16, 512).heldOut()).isEqualTo(new ProductClock.Shape(20, 448));
        assertThat(ProductClock.shapes(false)).doesNotContainAnyElementsOf(
                ProductClock.shapes(false).stream().map(ProductClock.Shape::heldOut).toList());
    }

    @Test
    void theOrderOfTimesIsThatOfTheBodiesInBothDirections() {
        for (boolean reversed : new boolean[] {false, true}) {
            double[][] sinks = new double[2][];
            List<Runnable> bodies = List.of(() -> {}, () -> sinks[0] = new double[16]);
            double[] nanos = {Double.NaN, 0};
            // On a busy machine the JIT may still be at work, which looks like a body that allocates.
            for (int attempt = 0; attempt < 20 && Double.isNaN(nanos[0]); attempt++) {
                nanos = ProductClock.inTurns(new ArrayList<>(bodies), 1_000_000, 7, reversed);
            }
            assertThat(nanos[0]).isNotNaN();
            assertThat(nanos[1]).as("it allocates").isNaN();
        }
    }

    @Test
    void everyMethodIsTimed() {
        double[][] times = SolverClock.time(List.of(new SolverClock.Problem(16, 2, 0.4)), 1);
        assertThat(times).hasNumberOfRows(1);
        assertThat(times[0]).hasSize(SolverClock.METHODS.size()).doesNotContain(0);
        assertThat(SolverClock.problems(true)).hasSize(2);
        assertThat(SolverClock.problems(false)).hasSize(6);
    }
}
