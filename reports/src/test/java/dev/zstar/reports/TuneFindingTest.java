package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.ProductClock.Shape;
import dev.zstar.benchmarks.study.SolverClock;
import dev.zstar.kernels.tuning.Rounds;
import dev.zstar.kernels.tuning.Tuner;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code zstar tune} says about pages, engines and solvers, for invented times. */
class TuneFindingTest {
    private static final List<Shape> SHAPES = List.of(new Shape(1, 512), new Shape(16, 512), new Shape(256, 512),
            new Shape(1, 2048), new Shape(16, 2048), new Shape(256, 2048));
    private static final List<String> CONTENDERS = List.of("simd", "openblas", "bf16", "int8");

    private static Rounds rounds(Duration budget) {
        return new Rounds(budget, 2, (_, _) -> {}, _ -> {});
    }

    private static Rounds rounds() {
        return rounds(Duration.ofHours(1));
    }

    private static String said(TuneFinding finding) {
        assertThat(finding.table()).allMatch(line -> line.length() <= 100);
        return finding.sentences().stream().map(one -> one.subject() + ": " + one.text()).collect(Collectors.joining("\n"));
    }

    private static String pages(double search, double heldOut) {
        return said(TunePages.measure(rounds(), Optional::empty, (cases, huge) ->
                new double[] {1, huge ? 1 / (cases == Tuner.Cases.SEARCH ? search * search : heldOut * heldOut) : 1}));
    }

    @Test
    void pagesAreAcceptedLikeSettings() {
        assertThat(pages(1.08, 1.05)).isEqualTo("pages: set the variable GLIBC_TUNABLES=glibc.malloc.hugetlb=1 where you start Java, so "
                + "that blocks lie in pages of 2 MiB: products were 1.080 times as fast in the median of 5 rounds, and "
                + "1.050 times on held-out "
                + "cases. A profile cannot set it.");
        assertThat(pages(1.01, 1.05)).isEqualTo("pages: keep ordinary ones: in pages of 2 MiB products were 1.010 times as fast in "
                + "the median of 5 rounds, and 1.010 times in the slowest.");
        assertThat(pages(1.08, 0.9)).isEqualTo("pages: keep ordinary ones: in pages of 2 MiB products were 1.080 times as fast in "
                + "the median of 5 rounds, but a held-out case ran at 0.81×.");
        assertThat(said(TunePages.measure(rounds(), () -> Optional.of("there are none"), (_, _) -> new double[0])))
                .isEqualTo("pages: pages of 2 MiB were not tried: there are none.");
        assertThat(said(TunePages.measure(rounds(Duration.ZERO), Optional::empty, (_, _) -> new double[0])))
                .startsWith("pages: no answer, since fewer than three rounds were finished.");
    }

    /** Times of one, except for the contender where {@code faster} says so. */
    private static TuneFinding products(TuneProducts.Clock clock) {
        return TuneProducts.measure(rounds(), SHAPES, CONTENDERS, Optional.empty(), clock);
    }

    @Test
    void whatIsFasterIsSaidWithItsShapes() {
        TuneFinding finding = products((shapes, _) -> shapes.stream().map(shape -> new double[] {
            1, shape.rows() >= 256 && shape.n() > 1024 ? 1 / 1.08 : 1.01, shape.rows() < 256 && shape.n() > 1024 ? 1 / 1.5 : 1,
            shape.rows() == 16 || shape.rows() == 20 ? 1.1 : 1 / (shape.n() > 1024 ? 3.0 : 1.2)
        }).toArray(double[][]::new));
        assertThat(said(finding)).isEqualTo("engine: openblas is faster than simd with 256 rows at n = 2048 (1.08 times).\n"
                + "weights: bf16 is faster than f32 with 1 to 16 rows at n = 2048 (1.50 times). It rounds the weights (guide, page 11).\n"
                + "weights: int8 is faster than f32 with 1 and 256 rows at n = 512 (1.20 times), and with 1 and 256 rows at n = 2048 "
                + "(3.00 times). It rounds the weights (guide, page 11).");
        assertThat(finding.table()).contains("   512     16     0.990     1.000     0.909  simd",
                "  2048     16     0.990     1.500     0.909  bf16",
                "  2048    256     1.080     1.000     3.000  int8");
    }

    @Test
    void aGainThatAShapeNearbyDoesNotShowIsNone() {
        TuneFinding finding = products((shapes, _) -> shapes.stream().map(shape -> new double[] {1, shape.n() == 2048 ? 0.9 : 1.1, 1, 1})
                .toArray(double[][]::new));
        assertThat(said(finding)).startsWith("engine: simd: openblas was confirmed to be faster at none of 6 shapes. "
                + "Its 1.11 times with 1 row at "
                + "n = 2048 was not confirmed with 1 row at n = 1792: a held-out case ran at 0.91×. Its 1.11 times with 16 rows")
                .contains("weights: f32: bf16 was confirmed to be faster at none of 6 shapes.");
        assertThat(finding.table().subList(3, 9)).allMatch(line -> line.endsWith("  simd"));
    }

    @Test
    void anEngineThatIsMissingIsNamed() {
        assertThat(said(TuneProducts.measure(rounds(), SHAPES.subList(0, 1), List.of("simd", "int8"), Optional.of("no library"),
                (_, _) -> new double[][] {{1, 1}})))
                .isEqualTo("engine: simd. OpenBLAS was not compared: no library.\n"
                        + "weights: f32: int8 was confirmed to be faster at none of 1 shapes.");
    }

    @Test
    void solversAreComparedWithTheDefault() {
        List<SolverClock.Problem> problems = List.of(new SolverClock.Problem(128, 32, 0.4), new SolverClock.Problem(128, 32, 0.9),
                new SolverClock.Problem(512, 32, 0.9));
        TuneFinding finding = TuneSolvers.measure(rounds(), problems, (_, _) -> new double[][] {
            {1, 0.58, 0.6, 0.7, 0.9}, {1, Double.NaN, 1.2, 0.97, 0.94}, {1, 2, 1.2, 1.1, 1.06}});
        assertThat(said(finding)).isEqualTo("solver: 128 × 32 with a contraction of 0.4: plain steps and Anderson(3) are within 5% of the "
                + "fastest; plain steps take 0.58 of the time of the default.\n"
                + "solver: 128 × 32 with a contraction of 0.9: Anderson(5) and Broyden(10) are within 5% of the fastest.\n"
                + "solver: 512 × 32 with a contraction of 0.9: the default is the fastest.");
        assertThat(finding.table()).anyMatch(line -> line.matches(" +128 +32 +0.9 +- +1.200 +0.970 +0.940"));
        assertThat(said(TuneSolvers.measure(rounds(), problems.subList(0, 1), (_, _) -> new double[][] {{1, 1, 1, 1, 0.92}})))
                .endsWith("solver: the default loses more than 10% nowhere.");
    }
}
