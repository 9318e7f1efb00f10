package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.evidence.CaseEvidence;
import dev.zstar.benchmarks.evidence.Evidence;
import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.Study;
import dev.zstar.benchmarks.study.StudyResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static final Machine MACHINE =
            new Machine("a cpu", null, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of("no caches"));

    private static StudyResult result(String suite, String name, String engine, String metric, double value, Double limit,
            Map<String, Double> params) {
        return new StudyResult(suite, name, engine, 1, new TreeMap<>(params), metric, value, value, value, value, 1, limit,
                List.of(List.of(value)));
    }

    private static StudyResult result(String suite, String name, String engine, String metric, double value) {
        return result(suite, name, engine, metric, value, null, Map.of());
    }

    private static List<String> lines(List<StudyResult> results, List<String> failures) {
        Measurements measured = new Measurements(List.of(), results, List.of(), List.of("the engine cuda is not compared"), failures);
        StringWriter out = new StringWriter();
        Summary.print(StudyFile.of(Instant.EPOCH, "zstar study", MACHINE, measured, true), new PrintWriter(out, true));
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= Summary.WIDTH);
        return out.toString().lines().skip(1).map(line -> line.replaceAll(" +", " ")).toList();
    }

    @Test
    void eachSubjectTakesOneLine() {
        String cell = "transformer evaluation, 1 thread";
        String mode = "exact, 1e-3 n=512 B=32";
        assertThat(lines(List.of(
                result("kernels", "gemm n=512", "simd", "gflops", 150, 160.0, Map.of()),
                result("kernels", "gemm n=1024", "simd", "gflops", 144, 160.0, Map.of()),
                result("kernels", "gemm n=512", "openblas", "gflops", 151),
                result("kernels", "gemm n=512", "simd/openblas", "ratio", 0.99),
                result("cells", cell, "simd", "gflops", 110), result("cells", cell, "torch/simd", "timeRatio", 1.12),
                result("forward", "anderson 512x32", "simd", "us", 1740), result("forward", "anderson 512x32", "simd", "nfev", 11),
                result("forward", "anderson 512x32", "simd", "overhead", 1.45),
                result("forward", "powell, f64", "default", "nfev", 20, null, Map.of("tolerance", 1e-8)),
                result("forward", "sine, f64", "default", "failed.STAGNATED", 90, null, Map.of("tolerance", 1e-8)),
                result("forward", "sine, f64", "picard", "nfev", 90, null, Map.of("tolerance", 1e-8)),
                result("backward", mode, "simd", "backwardUs", 12.345), result("backward", mode, "simd", "cosine", 0.99999),
                result("forward", "random solves", "simd", "solves", 1_000_000),
                result("forward", "random solves", "simd", "brokenPromises", 2),
                result("forward", "random solves", "simd", "bytesLeft", 64),
                result("streaming", "digits", "stream", "rowsPerSecond", 300),
                result("streaming", "digits", "batches", "rowsPerSecond", 250),
                result("streaming", "digits", "stream/lockstep", "ratio", 2.5),
                result("depth", "DEQ in 10 blocks depth=200", "simd", "stateBytes", 0x1p20, null, Map.of("depth", 200.0)),
                result("depth", "unrolled depth=20", "simd", "stateBytes", 0x1p21, null, Map.of("depth", 20.0)),
                result("depth", "unrolled depth=200", "simd", "stateBytes", 0x1p24, null, Map.of("depth", 200.0)),
                result("training", "digits n=128", "simd", "accuracy", 0.978), result("training", "digits n=128", "simd", "seconds", 3.21)),
                List.of()))
                .containsExactly(
                        "products 150 GFLOP/s (gemm n=512), 0.94 of the peak of a core, 0.99 × OpenBLAS",
                        "cells 110 GFLOP/s, a layer of a transformer, 1 thread: 1.12 × the speed of PyTorch",
                        "forward anderson 512x32 in 1.74 ms: 11 evaluations, 1.45 × the time of these alone",
                        "problems Anderson solved 1 of 2; 1,000,000 random solves: 2 broken guarantees, 64 B not freed",
                        "gradients exact, 1e-3 n=512 B=32 in 12.3 µs: cosine 1.0000 with the exact gradient",
                        "streams 2.50 × as many images a second as in lock-step, 1.20 × as many as in batches",
                        "memory 1.0 MiB of states for an equilibrium, 16.0 MiB for the 200 layers that reach it",
                        "training 97.8% of unseen digits correct after 3.2 s on 1 thread");
    }

    @Test
    void figuresOfCodeThatAllocatedAreCountedAndFailuresNamed() {
        assertThat(lines(List.of(result("kernels", "gemv n=16", "simd", "allocated", 0),
                result("kernels", "gemv n=16", "openblas", "allocated", 96)), List.of("the cells suite failed: no memory")))
                .containsExactly("quiet 1 case was not fully compiled", "failed the cells suite failed: no memory");
    }

    @Test
    void whatTheBudgetLeftOutIsNamed() {
        Measurements measured = new Measurements(List.of(), List.of(), List.of(),
                List.of("PyTorch is not compared", Study.LATE + "the last cases of kernels; depth; training"), List.of());
        StringWriter out = new StringWriter();
        Summary.print(StudyFile.of(Instant.EPOCH, "zstar study", MACHINE, measured, true), new PrintWriter(out, true));
        assertThat(out.toString().lines()).contains("left out    for lack of time: the last cases of kernels; depth; training");
    }

    @Test
    void aLongLineIsShortened() {
        assertThat(lines(List.of(), List.of("x".repeat(200))).getLast()).endsWith("x…");
    }

    private static StudyEvidence.Case lost(Double disturbed, String... cases) {
        return new StudyEvidence.Case(List.of(cases), false, 1, disturbed, null, disturbed, null, null, null, null, null, null, null);
    }

    private static Optional<String> sentence(StudyEvidence.Case... cases) {
        return new StudyEvidence(null, null, null, List.of(cases)).sentence();
    }

    @Test
    void howQuietTheMachineWasIsOneSentence() {
        assertThat(sentence()).isEmpty();
        assertThat(sentence(lost(null, "a"))).contains("unknown: this system does not show what disturbs a process");
        assertThat(sentence(lost(0.01, "a"), lost(0.0, "b"))).contains("2 of 2 measurements lost at most 1% of their time");
        assertThat(sentence(lost(0.02, "a"), lost(0.31, "forward: b", "c"), lost(0.0, "d"), lost(null, "e")))
                .contains("1 of 3 measurements lost at most 1% of their time, 1 more not visible; worst 31%: forward: b");
        assertThat(sentence(lost(0.5))).contains("0 of 1 measurements lost at most 1% of their time");
    }

    @Test
    void theLineOfEvidenceIsThatOfTheStudy() {
        Evidence evidence = new Evidence(2, null, 0.5, null, null, null, 3L, 3.0, 3.0, "0");
        Measurements measured = new Measurements(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
                List.of(new CaseEvidence(List.of("kernels: gemv n=16"), false, evidence)));
        StudyFile file = StudyFile.of(Instant.EPOCH, "zstar study", MACHINE, measured, true);
        StringWriter out = new StringWriter();
        Summary.print(file, new PrintWriter(out, true));
        assertThat(out.toString()).contains(
                "quiet       0 of 1 measurements lost at most 1% of their time; worst 25%: kernels: gemv n=16");
        assertThat(StudyFile.parse(file.json())).isEqualTo(file);
        assertThat(file.json()).contains("\"disturbed\" : 0.25", "\"stolen\" : null", "\"switches\" : 3");
    }
}
