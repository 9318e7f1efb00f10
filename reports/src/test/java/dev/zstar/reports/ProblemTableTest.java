package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The table of evaluations, from invented results. */
class ProblemTableTest {
    private final List<StudyFile.Row> rows = new ArrayList<>();

    private void add(String problem, String solver, String metric, double value) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", 7.0, "tolerance", 1e-6, "radius", 0.5));
        rows.add(new StudyFile.Row("forward", problem, solver, 1, params, metric, value, value, value, value, 1, null, null,
                List.of(List.of(value))));
    }

    /** With the median over starts nearby. */
    private void add(String problem, String solver, String metric, double value, double nearby) {
        add(problem, solver, metric, value);
        add(problem, solver, "nfevNearby", nearby);
    }

    private String printed() {
        StringWriter text = new StringWriter();
        try (PrintWriter out = new PrintWriter(text)) {
            ProblemTable.print(rows, out);
        }
        return text.toString();
    }

    @Test
    void whatIsAboveTheTextbookIsMarkedAndCounted() {
        add("a", "textbook(5)", "nfev", 10, 12);
        add("a", "anderson(5)", "nfev", 11, 11);
        add("b", "textbook(5)", "nfev", 10, 10);
        add("b", "anderson(5)", "failed.STAGNATED", 40, 1000);
        add("c", "textbook(5)", "failed.MAX_EVALUATIONS", 1000, 1000);
        add("c", "anderson(5)", "nfev", 900);
        add("c", "picard", "failed.NONFINITE_FUNCTION", 3);
        assertThat(printed())
                .containsPattern("a +7 +0\\.500 +10 +11\\* *\n")
                .containsPattern("b +7 +0\\.500 +10 +stagnated\\* *\n")
                .containsPattern("c +7 +0\\.500 +budget +900 +nonfinite\n")
                .containsPattern("textbook\\(5\\) +solved 2 of 3 problems, 66\\.7%")
                .containsPattern("anderson\\(5\\) +solved 2 of 3 problems")
                .containsPattern("picard +solved 0 of 3 problems, 0\\.0%")
                .contains("anderson(5) took more evaluations than textbook(5) on 2 of the 2 problems that textbook(5) solves, "
                        + "and on 1 judged by the median over nine starts that differ by one rounding unit");
    }

    @Test
    void otherResultsMakeNoTable() {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", 64.0));
        rows.add(new StudyFile.Row("forward", "anderson(5) n=64 B=1", "simd", 1, params, "nfev", 9, 9, 9, 9, 1, null, null,
                List.of(List.of(9.0))));
        assertThat(printed()).isEmpty();
    }
}
