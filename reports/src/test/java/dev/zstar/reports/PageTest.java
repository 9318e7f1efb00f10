package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a browser shows of the page, with invented results. Skipped if there is no Chromium. */
class PageTest {
    @TempDir
    private Path temp;

    private final List<StudyFile.Row> rows = new ArrayList<>();
    private final List<StudyEvidence.Case> evidence = new ArrayList<>();

    private void add(String suite, String name, String engine, Map<String, Double> params, String metric, double value) {
        rows.add(new StudyFile.Row(suite, name, engine, 1, new TreeMap<>(params), metric, value, value, value, value, 2, null, null,
                List.of(List.of(value))));
    }

    private void problem(String name, String solver, double tolerance, String metric, double value) {
        add("forward", name, solver, Map.of("n", 7.0, "tolerance", tolerance, "radius", 0.5), metric, value);
    }

    /** The document after its scripts ran, without them and without line breaks. */
    private String drawn() throws IOException, InterruptedException {
        StudyFile file = new StudyFile(StudyFile.SCHEMA, "2020-01-01T00:00:00Z", null, "zstar study --full", 90.0, false,
                new Machine("a cpu", null, 2, List.of(), 1, "an os", "a jdk", List.of(), List.of(), List.of()), List.of(), rows,
                List.of(), List.of(),
                List.of("the openblas engine is not compared: it has <no> library"), List.of("a suite <failed>"),
                evidence.isEmpty() ? null : new StudyEvidence(4096L, "madvise", "only <page> faults", evidence));
        return Browser.drawn(temp, Page.study(file));
    }

    @Test
    void problemsAreOneLineEachWithSharesFewestAndFailures() throws IOException, InterruptedException {
        problem("hill, steep, f32", "default", 1e-6, "nfev", 10);
        problem("hill, steep, f32", "picard", 1e-6, "failed.MAX_EVALUATIONS", 1000);
        problem("hill, steep, f64", "default", 1e-10, "nfev", 30);
        problem("hill, steep, f64", "picard", 1e-10, "nfev", 20);
        problem("dale, f32", "default", 1e-6, "nfev", 4);
        problem("dale, f32", "picard", 1e-6, "nfev", 4);
        problem("dale, f64", "default", 1e-10, "nfev", 8);
        problem("dale, f64", "picard", 1e-10, "failed.SOMETHING_NEW", 5);
        String text = drawn();
        assertThat(text).contains("Evaluations for 2 test problems", "1e-6 in f32 and 1e-10 in f64", "b budget spent, x something new");
        assertThat(text).containsPattern("solved, % of 2</th><td>100</td><td>100</td><td>50</td><td>50</td>");
        assertThat(text).containsPattern("hill, steep</th><td>7</td><td>0.50</td><td [^>]*class=\"fewest\"[^>]*>10</td><td [^>]*>30</td>"
                + "<td [^>]*class=\"failed\"[^>]*>b</td><td [^>]*class=\"fewest\"[^>]*>20</td></tr>");
        assertThat(text).contains("picard, f32: budget spent after 1000 evaluations", ">x</td>");
        assertThat(text).contains("<b>4 of 4</b>", "with its default options (window 10); plain steps solve 2.");
    }

    @Test
    void aStudyThatHasJustBegunIsAPage() throws IOException, InterruptedException {
        assertThat(drawn()).contains("The study is still running", "The machine");
    }

    @Test
    void familiesAreColumnsWhoseFiguresLinkToTheirRows() throws IOException, InterruptedException {
        add("depth", "digits: DEQ", "simd", Map.of(), "accuracy", 0.98);
        add("depth", "rings: DEQ", "simd", Map.of(), "accuracy", 1);
        add("depth", "digits: neural ODE", "simd", Map.of(), "accuracy", 0.9);
        add("depth", "digits: DEQ", "simd", Map.of(), "stateBytes", 0x1p21);
        String text = drawn();
        assertThat(text).containsPattern("<button[^>]*>DEQ</button></th><th scope=\"col\"[^>]*><button[^>]*>neural ODE</button></th>");
        assertThat(text).contains("unseen digits correct</th><td><a href=\"#result-0\">98% (98–98)</a></td>"
                + "<td><a href=\"#result-2\">90% (90–90)</a></td>");
        assertThat(text).contains("told apart</th><td><a href=\"#result-1\">100% (100–100)</a></td><td>–</td>");
        assertThat(text).contains("MiB of states</th><td><a href=\"#result-3\">2</a></td><td>–</td>").doesNotContain("seconds to a loss");
        assertThat(text).contains("<tr id=\"result-2\"><td>depth</td><td>digits: neural ODE</td><td>simd</td>");
    }

    @Test
    void whereEquilibriaEndHasTables() throws IOException, InterruptedException {
        Map.of("lipschitz", 3.4, "radius", 1.2, "loss", 0.01, "plain", -1.0, "accelerated", 40.0)
                .forEach((metric, value) -> add("depth", "edge: training, guard none", "simd", Map.of(), metric, value));
        add("depth", "edge: gradient at ρ = 0.9", "simd", Map.of(), "gradientNoise", 0.00064);
        Map.of("backwardResidual", 0.25, "backwardError", 0.48, "backwardCosine", 0.9)
                .forEach((metric, value) -> add("depth", "edge: backward solve of 5 steps", "simd", Map.of(), metric, value));
        add("depth", "edge: 32 starts, gain 1.5", "simd", Map.of(), "converged", 32);
        add("depth", "edge: 32 starts, gain 1.5", "simd", Map.of(), "distinct", 4);
        Map.of("generated", 1200.0, "generator", 300.0, "sharedError", 0.01, "separateError", 0.008)
                .forEach((metric, value) -> add("depth", "generated weights of 12 cells", "simd", Map.of(), metric, value));
        assertThat(drawn()).contains(
                "<td>training, guard none</td><td>3.4</td><td>1.2</td><td>0.01</td><td>none within 500</td><td>40</td>",
                "<td>gradient at ρ = 0.9</td><td>6.4e-4</td>",
                "<td>backward solve of 5 steps</td><td>2.5e-1</td><td>4.8e-1</td><td>0.9000</td>",
                "<td>32 starts, gain 1.5</td><td>32</td><td>4</td>", "<td>1200</td><td>300</td><td>4×</td><td>1.0e-2</td><td>8.0e-3</td>");
    }

    @Test
    void linearSolversGradientModesAndRandomSolvesHaveTables() throws IOException, InterruptedException {
        add("backward", "gmres f64 ρ=0.9 Gaussian to 1e-06", "simd", Map.of(), "products", 45);
        add("backward", "gmres f32 ρ=0.9 Gaussian to 1e-04", "simd", Map.of(), "products", 31);
        add("backward", "picard f32 ρ=0.9 Gaussian to 1e-04", "simd", Map.of(), "productsFailed", 200);
        add("backward", "slow, gmres", "simd", Map.of(), "sequenceProducts", 120);
        add("backward", "slow, gmres", "simd", Map.of(), "sequenceRatio", 0.75);
        Map.of("backwardUs", 850.0, "backwardRatio", 1.5, "modeProducts", 12.0, "cosine", 0.98765, "gradientError", 0.0012,
                "modeBytes", 0x1p22)
                .forEach((metric, value) -> add("backward", "phantom, 5 n=512 B=32", "simd", Map.of(), metric, value));
        Map.of("stepUs", 1234.0, "steps", 500.0, "accuracyQuarter", 0.9, "accuracyEnd", 0.975, "failedImages", 3.0)
                .forEach((metric, value) -> add("training", "phantom, 5 n=128 B=64", "simd", Map.of(), metric, value));
        Map.of("failedImages", 640.0, "images", 14080.0, "finite", 1.0, "accuracy", 0.5)
                .forEach((metric, value) -> add("training", "expanding, skipped", "simd", Map.of(), metric, value));
        Map.of("solves", 5000.0, "rows", 15000.0, "brokenPromises", 0.0, "bytesLeft", 0.0)
                .forEach((metric, value) -> add("forward", "random solves", "simd", Map.of(), metric, value));
        String text = drawn();
        assertThat(text).containsPattern("<th scope=\"colgroup\" colspan=\"1\">f32 to 1e-04</th>.*>ρ=0.9 Gaussian</button>");
        assertThat(text).contains("<td>gmres</td><td>31</td><td>45</td>", "<td>picard</td><td>– (200)</td><td></td>");
        assertThat(text).contains("<td>slow, gmres</td><td>120</td><td>0.75</td>");
        assertThat(text).contains("<td>phantom, 5 n=512 B=32</td><td>850</td><td>1.5</td><td>12</td><td>0.9877</td>"
                + "<td>1.2e-3</td><td>4</td>");
        assertThat(text).contains("<td>phantom, 5 n=128 B=64</td><td>1234</td><td>500</td><td>90%</td><td>97.5%</td><td>3</td>");
        assertThat(text).contains("<td>expanding, skipped</td><td>640</td><td>14,080</td><td>yes</td><td>50%</td>");
        assertThat(text).contains("<td>random solves</td><td>5000</td><td>15,000</td><td>0</td><td>0</td>");
        assertThat(text).contains("The study is still running", "Failed: a suite &lt;failed&gt;.",
                "<dd>./zstar study --full</dd>", "<dd>1.5 min</dd>");
    }

    @Test
    void streamsAndNarrowWeightsAreShownWithTheirUnits() throws IOException, InterruptedException {
        Map<String, Double> stream = Map.of("n", 512.0, "batch", 64.0, "images", 1024.0);
        add("streaming", "digits", "lockstep", stream, "rowsPerSecond", 20_000);
        add("streaming", "digits", "batches", stream, "rowsPerSecond", 27_000);
        add("streaming", "digits", "stream", stream, "rowsPerSecond", 30_000);
        add("streaming", "digits", "batches/lockstep", stream, "ratio", 1.35);
        add("streaming", "digits", "stream/lockstep", stream, "ratio", 1.5);
        add("streaming", "digits", "stream", stream, "meanEvaluations", 12.75);
        add("streaming", "digits", "stream", stream, "mostEvaluations", 19);
        Map<String, Double> cell = Map.of("n", 1024.0, "batch", 1.0, "radius", 0.95);
        add("forward", "mixed n=1024 B=1 f32", "simd", cell, "mixedUs", 1900);
        add("forward", "mixed n=1024 B=1 f32", "simd", cell, "nfev", 37);
        add("forward", "mixed n=1024 B=1 f32", "simd", cell, "weightBytes", 0x1p27);
        add("forward", "mixed n=1024 B=1 int8", "simd", cell, "mixedUs", 1000);
        add("forward", "mixed n=1024 B=1 int8", "simd", cell, "ratio", 1.9);
        add("forward", "mixed n=1024 B=1 int8", "simd", cell, "nfev", 5);
        add("forward", "mixed n=1024 B=1 int8", "simd", cell, "cheapNfev", 42);
        add("forward", "mixed n=1024 B=1 int8", "simd", cell, "residual", 9.3e-7);
        String text = drawn();
        assertThat(text).contains("1,024 images", "n = 512, 64 at a time", "12.8 evaluations on average, 19 at most", "<b>1.5×</b>");
        assertThat(text).contains("<td>lock-step</td><td>20,000</td><td>20,000</td><td>1</td>",
                "<td>stream</td><td>30,000</td><td>30,000</td><td>1.5</td>");
        assertThat(text).contains("<td>f32</td><td>1024</td><td>1</td><td>1900</td><td>1</td><td>37</td><td>0</td><td>128</td><td></td>");
        assertThat(text).contains(
                "<td>int8</td><td>1024</td><td>1</td><td>1000</td><td>1.9</td><td>5</td><td>42</td><td></td><td>9.30e-7</td>");
        assertThat(text).doesNotContain("test problems");
    }

    @Test
    void cellsAreComparedWithTheSameByHandAndWithPyTorch() throws IOException, InterruptedException {
        Map<String, Double> dense = Map.of("n", 64.0, "batch", 1.0);
        add("cells", "dense vjp n=64 B=1", "graph", dense, "us", 2.1);
        add("cells", "dense vjp n=64 B=1", "handwritten", dense, "us", 2);
        add("cells", "dense vjp n=64 B=1", "graph/handwritten", dense, "timeRatio", 1.05);
        Map<String, Double> large = Map.of("tokens", 81.0, "width", 512.0, "heads", 8.0, "hidden", 1536.0, "batch", 8.0);
        for (String name : List.of("transformer evaluation, 1 thread", "transformer vjp, 1 thread")) {
            add("cells", name, "simd", large, "gflops", 100);
            add("cells", name, "simd", large, "us", 45_200);
            add("cells", name, "torch", large, "gflops", 80);
            add("cells", name, "torch", large, "us", 56_500);
            add("cells", name, "torch/simd", large, "timeRatio", 1.25);
        }
        add("cells", "transformer vjp, 1 thread", "simd", large, "bytes", 0x1p26);
        add("cells", "transformer vjp of a kept point, 1 thread", "simd", large, "bytes", 0x1p25);
        add("cells", "transformer vjp of a kept point, 1 thread", "simd", large, "us", 90_000);
        String text = drawn();
        assertThat(text).contains("<b>1.25×</b>", "the speed of PyTorch for an evaluation of a cell like a layer of a transformer, "
                + "on 1 thread (median of 2 fresh processes).", "8 samples of 81 tokens, width 512, 8 heads, SwiGLU of width 1536");
        assertThat(text).contains("<td>dense vjp n=64 B=1</td><td>2.1</td><td>2</td><td>1.05</td><td>1.05</td><td>1.05</td><td>0</td>");
        assertThat(text).contains(
                "<td>transformer vjp, 1 thread</td><td>simd</td><td>45.2</td><td>100</td><td></td><td>1.25</td><td>1.25</td><td>1.25</td>",
                "<td>transformer vjp, 1 thread</td><td>PyTorch</td><td>56.5</td><td>80</td><td></td><td></td><td></td><td></td>",
                "<td>transformer vjp, 1 thread</td><td>45.2</td><td>64</td>",
                "<td>transformer vjp of a kept point, 1 thread</td><td>90</td><td>32</td>");
    }

    @Test
    void whatWasLeftOutAndWhatHadNotSettledIsSaid() throws IOException, InterruptedException {
        for (int n : new int[] {16, 64}) {
            String name = "gemv n=" + n;
            Map<String, Double> params = Map.of("n", (double) n);
            for (String engine : List.of("scalar", "openblas")) {
                add("kernels", name, engine, params, "gbps", 2);
                add("kernels", name, engine, params, "us", 1);
                add("kernels", name, engine, params, "allocated", n == 16 && engine.equals("openblas") ? 96 : 0);
            }
            add("kernels", name, "scalar/openblas", params, "ratio", n / 32.0);
        }
        String text = drawn();
        assertThat(text).contains("Note: the openblas engine is not compared: it has &lt;no&gt; library.");
        assertThat(text).contains("<td>gemv n=16 (unreliable: not fully compiled, still allocates 96 B in each call)</td><td>openblas</td>",
                "<td>gemv n=64</td><td>openblas</td>",
                "<b>2–2×</b>", "the speed of OpenBLAS for matrix times vector, 1 unreliable and left out.");
        assertThat(text).contains("<dt>commit</dt><dd>unknown</dd>");
    }

    @Test
    void aStudyWithoutTheseSuitesShowsNothingOfThem() throws IOException, InterruptedException {
        add("kernels", "gemv n=64", "simd", Map.of("n", 64.0), "gbps", 2);
        assertThat(drawn()).contains("Matrix times vector")
                .doesNotContain("test problems", "Images per second", "Mixed precision", "PyTorch", "by hand", "undefined", "NaN", "quiet",
                        "processor counted");
    }

    private void watched(String name, Double disturbed) {
        evidence.add(new StudyEvidence.Case(List.of(name, "kernels: other"), true, 2, disturbed, 0.01, 0.5, null, null, 0.25, 7L, 3.5, 3.25,
                "0-1"));
    }

    @Test
    void disturbedCasesAreMarkedAndTheirEvidenceIsATable() throws IOException, InterruptedException {
        for (String name : List.of("gemv n=16", "gemv n=64")) {
            add("kernels", name, "simd", Map.of("n", 16.0), "gbps", 2);
            add("kernels", name, "simd", Map.of("n", 16.0), "ipc", 3.25);
        }
        add("kernels", "gemv n=64", "simd", Map.of("n", 64.0), "cacheMisses", 12);
        watched("kernels: gemv n=16", 0.004);
        watched("kernels: gemv n=64", 0.12);
        watched("kernels: gemv n=64", 0.01);
        watched("kernels: gemv n=64", null);
        String text = drawn();
        assertThat(text).contains("2 of 3 measurements lost at most 1% of their time", "<td>gemv n=16</td><td>simd</td>",
                "<td>gemv n=64 (⚠ disturbed in 1 of 2 measurements, 12% of the time lost)</td><td>simd</td>");
        assertThat(text).contains("<td>kernels: gemv n=64 and 1 more (measured again)</td><td>2</td><td>12%</td><td>0.01</td><td>0.5</td>"
                + "<td></td><td>7</td><td>0.25</td><td>3.5</td><td>3.25</td><td>0-1</td>", "<td>not visible</td>");
        assertThat(text).contains("What the processor counted", "<td>3.25</td><td></td><td></td>", "<td>3.25</td><td>12</td><td></td>");
        assertThat(text).contains("<dt>pages</dt><dd>4 KiB; huge pages madvise</dd>",
                "<dt>processor's counters</dt><dd>only &lt;page&gt; faults</dd>");
    }
}
