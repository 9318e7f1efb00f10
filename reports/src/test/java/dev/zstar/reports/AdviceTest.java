package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** What a machine should use follows from its figures. */
class AdviceTest {
    private final List<StudyFile.Row> results = new ArrayList<>();
    private StudyEvidence evidence;

    private static StudyEvidence.Case lost(Double disturbed) {
        return new StudyEvidence.Case(List.of("kernels: a"), false, 1, disturbed, null, disturbed, null, null, null, null, null,
                null, null);
    }

    private void add(String suite, String name, String engine, int threads, String metric, double value, Map<String, Double> params) {
        results.add(new StudyFile.Row(suite, name, engine, threads, new TreeMap<>(params), metric, value, value, value, value, 1, null,
                null, null));
    }

    private void add(String suite, String name, String engine, String metric, double value) {
        add(suite, name, engine, 1, metric, value, Map.of());
    }

    private List<String> advice() {
        StudyFile file = new StudyFile(StudyFile.SCHEMA, "2020-01-01T00:00:00Z", null, "zstar study", 90.0, true,
                new Machine("a cpu", null, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of()), List.of(), results,
                List.of(),
                List.of(), List.of(), List.of(), evidence);
        return Advice.of(file).stream().map(one -> one.subject() + ": " + one.text()).toList();
    }

    @Test
    void nothingIsSaidWithoutFigures() {
        assertThat(advice()).isEmpty();
    }

    @Test
    void theEngineIsThatOfTheProducts() {
        add("kernels", "gemv n=16", "simd/openblas", "ratio", 4);
        add("kernels", "gemm n=512", "simd/openblas", "ratio", 1.01);
        assertThat(advice()).containsExactly(
                "engine: simd, the default: of 2 products it was faster than OpenBLAS in 1, and as fast in the others.");
        add("kernels", "gemm n=1024", "simd/openblas", "ratio", 0.8);
        assertThat(advice()).containsExactly("engine: simd, the default: of 3 products it was faster than OpenBLAS in 1. OpenBLAS was "
                + "faster in 1, gemm n=1024 the most (1.25 ×): where such products decide, try the engine openblas.");
    }

    @Test
    void threadsAndPrecisionAreWorthWhatTheyGain() {
        add("kernels", "gemm n=1024 B=128 on 2 threads", "team/alone", 2, "ratio", 1.8, Map.of());
        add("forward", "mixed n=1024 B=1 bf16", "simd", "ratio", 1.5);
        add("forward", "mixed n=1024 B=1 int8", "simd", "ratio", 2.5);
        assertThat(advice()).containsExactly(
                "precision: narrow weights where a solve has one row: mixed n=1024 B=1 int8 took 1/2.50 of the time in f32, to the same "
                        + "tolerance.",
                "threads: 2 for large products: gemm n=1024 B=128 on 2 threads was 1.80 × as fast as on one. Solves of few rows stay on "
                        + "one.");
        results.clear();
        add("kernels", "gemm n=1024 B=128 on 2 threads", "team/alone", 2, "ratio", 0.9, Map.of());
        add("forward", "mixed n=1024 B=1 int8", "simd", "ratio", 1.1);
        assertThat(advice()).containsExactly(
                "precision: f32: the best solve with narrow weights, mixed n=1024 B=1 int8, was 1.10 × as fast.",
                "threads: one: gemm n=1024 B=128 on 2 threads was 0.90 × as fast as on one thread. Other programs may have held the "
                        + "processors.");
    }

    @Test
    void twoThreadsAreNotThreeTimesAsFast() {
        add("kernels", "gemm n=1024 B=128 on 2 threads", "team/alone", 2, "ratio", 3.63, Map.of());
        assertThat(advice()).containsExactly("threads: unclear: gemm n=1024 B=128 on 2 threads was 3.63 × as fast as on one, which 2 "
                + "threads cannot reach. Other programs may have held the processors.");
    }

    @Test
    void aDisturbedMachineIsNamedFirst() {
        add("kernels", "gemv n=16", "simd/openblas", "ratio", 4);
        evidence = new StudyEvidence(null, null, null, List.of(lost(0.5), lost(0.02), lost(0.0), lost(null)));
        assertThat(advice()).hasSize(2).first(InstanceOfAssertFactories.STRING).isEqualTo("caution: 2 of 3 measurements lost more than 1% "
                + "of their time, so the times below may mislead. Measure again on a quiet machine.");
        evidence = new StudyEvidence(null, null, null, List.of(lost(0.5), lost(0.0)));
        assertThat(advice()).hasSize(1);
        results.clear();
        evidence = new StudyEvidence(null, null, null, List.of(lost(0.5)));
        assertThat(advice()).isEmpty();
    }

    @Test
    void theSolverIsTheFastestOfAShape() {
        add("forward", "anderson(5) of n=64 B=1", "simd", "methodRatio", 1);
        add("forward", "default of n=64 B=1", "simd", "methodRatio", 1.04);
        add("forward", "default of n=512 B=32", "simd", "methodRatio", 1.2);
        add("forward", "good of n=512 B=32", "simd", "methodRatio", 0.8);
        assertThat(advice()).containsExactly("solver: the default method for n=64 B=1.",
                "solver: good for n=512 B=32: the default method took 1.50 × its time.");
    }

    @Test
    void aGradientHasToBeRight() {
        add("backward", "exact, 1e-3 n=512 B=32", "simd", "backwardRatio", 1);
        add("backward", "exact, 1e-3 n=512 B=32", "simd", "cosine", 1);
        add("backward", "Jacobian-free n=512 B=32", "simd", "backwardRatio", 0.1);
        add("backward", "Jacobian-free n=512 B=32", "simd", "cosine", 0.97);
        assertThat(advice()).containsExactly("gradient: exact to 10⁻³, the default: no mode with a cosine above 0.999 was much faster.");
        add("backward", "Neumann, 5 n=512 B=32", "simd", "backwardRatio", 0.33);
        add("backward", "Neumann, 5 n=512 B=32", "simd", "cosine", 0.9995);
        assertThat(advice()).containsExactly("gradient: exact to 10⁻³ is the default; Neumann, 5 took 0.33 × its time, with a cosine of "
                + "0.9995 with the exact gradient.");
    }

    @Test
    void fewBlocksAreNamedIfTheyCostLittle() {
        for (int blocks : new int[] {8, 10, 27}) {
            add("backward", "within " + blocks + " blocks n=512 B=32", "simd", 1, "passRatio", blocks == 8 ? 1.9 : 1.03,
                    Map.of("n", 512.0, "batch", 32.0, "blocks", (double) blocks));
        }
        assertThat(advice()).containsExactly("memory: a layer of n=512 B=32 fits 10 blocks instead of 27 in 1.03 × the time.");
    }

    @Test
    void figuresOfAnotherFormAreLeftOut() {
        add("forward", "a name without a shape", "simd", "methodRatio", 1);
        add("backward", "no params", "simd", "passRatio", 1);
        for (double value : new double[] {Double.NaN, 0, -1, Double.POSITIVE_INFINITY}) {
            add("kernels", "gemm n=512", "simd/openblas", "ratio", value);
            add("kernels", "gemm n=512", "team/alone", "ratio", value);
            add("forward", "mixed n=512", "simd", "ratio", value);
            add("forward", "good of n=512", "simd", "methodRatio", value);
        }
        results.add(new StudyFile.Row("backward", "null params", "simd", 1, null, "passRatio", 1, 1, 1, 1, 1, null, null, null));
        assertThat(advice()).isEmpty();
    }

    @Test
    void namesOfCasesAreShownAsText() {
        assertThat(AdviceView.section(List.of(new Advice.Sentence("solver", "good for <b>n=1</b> & more"))))
                .contains("<dt>solver</dt><dd>good for &lt;b>n=1&lt;/b> &amp; more</dd>");
        assertThat(AdviceView.section(List.of())).isEmpty();
    }
}
