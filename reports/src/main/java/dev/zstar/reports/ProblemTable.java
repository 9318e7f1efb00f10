package dev.zstar.reports;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Evaluations of each forward solver for each problem, and what they come to: how many each solves, and how often an Anderson solve takes
 * more than the textbook's with the same window.
 */
final class ProblemTable {
    private static final String FAILED = "failed.";
    private static final String OURS = "anderson(";
    private static final String TEXTBOOK = "textbook(";

    /** A problem's row: its numbers, and what each solver came to. */
    private record ProblemRow(String name, Map<String, Double> params, Map<String, StudyFile.Row> ends, Map<String, Double> nearby) {}

    private ProblemTable() {}

    /** Prints nothing where the study has no such results. */
    static void print(List<StudyFile.Row> results, PrintWriter out) {
        Map<String, ProblemRow> lines = new LinkedHashMap<>();
        List<String> solvers = new ArrayList<>();
        for (StudyFile.Row row : results) {
            if (row.suite().equals("forward") && row.params().containsKey("tolerance")) {
                ProblemRow line = lines.computeIfAbsent(row.name(), name -> new ProblemRow(name, row.params(), new LinkedHashMap<>(), new LinkedHashMap<>()));
                if (row.metric().equals("nfevNearby")) {
                    line.nearby().put(row.engine(), row.value());
                } else {
                    line.ends().put(row.engine(), row);
                }
                if (!solvers.contains(row.engine())) {
                    solvers.add(row.engine());
                }
            }
        }
        if (lines.isEmpty()) {
            return;
        }
        out.printf(Locale.ROOT, "%nevaluations to the tolerance, ρ of the Jacobian at the solution; * more than the textbook%n%-40s %4s %6s", "", "n", "ρ");
        solvers.forEach(solver -> out.printf(Locale.ROOT, " %12s", solver));
        out.println();
        for (ProblemRow line : lines.values()) {
            Double radius = line.params().get("radius");
            String shown = radius == null ? "" : String.format(Locale.ROOT, "%.3f", radius);
            out.printf(Locale.ROOT, "%-40s %4.0f %6s", line.name(), line.params().get("n"), shown);
            for (String solver : solvers) {
                out.printf(Locale.ROOT, " %12s", cell(line, solver));
            }
            out.println();
        }
        for (String solver : solvers) {
            long solved = lines.values().stream().filter(line -> spent(line, solver).isPresent()).count();
            out.printf(Locale.ROOT, "%-40s solved %d of %d problems, %.1f%%; evaluations %.2f times those of %s%n",
                    solver, solved, lines.size(), 100.0 * solved / lines.size(), mean(lines, solver, solvers.getFirst()), solvers.getFirst());
        }
        solvers.stream().filter(solver -> solvers.contains(textbook(solver))).forEach(solver -> compare(lines, solver, out));
    }

    /** The geometric mean of the ratios of evaluations, those of failures included. */
    private static double mean(Map<String, ProblemRow> lines, String solver, String other) {
        return Math.exp(lines.values().stream()
                .filter(line -> line.ends().containsKey(solver) && line.ends().containsKey(other))
                .mapToDouble(line -> Math.log(line.ends().get(solver).value() / line.ends().get(other).value()))
                .average()
                .orElse(Double.NaN));
    }

    private static void compare(Map<String, ProblemRow> lines, String ours, PrintWriter out) {
        String textbook = textbook(ours);
        long compared = lines.values().stream().filter(line -> spent(line, textbook).isPresent()).count();
        long above = lines.values().stream().filter(line -> above(line, ours)).count();
        long clearly = lines.values().stream()
                .filter(line -> spent(line, textbook).isPresent() && line.nearby().getOrDefault(ours, 0.0) > line.nearby().getOrDefault(textbook, 0.0))
                .count();
        out.printf(
                Locale.ROOT, "%s took more evaluations than %s on %d of the %d that the latter solves; by the median over nine starts a rounding unit apart on %d%n",
                ours, textbook, above, compared, clearly);
    }

    /** A number, a name for what went wrong, and a mark. */
    private static String cell(ProblemRow line, String solver) {
        StudyFile.Row end = line.ends().get(solver);
        if (end == null) {
            return "";
        }
        String text = end.metric().startsWith(FAILED)
                ? word(end.metric().substring(FAILED.length()))
                : String.format(Locale.ROOT, "%.0f", end.value());
        return above(line, solver) ? text + "*" : text;
    }

    /** The one word of a status that tells it from the others. */
    private static String word(String status) {
        return switch (status) {
            case "MAX_EVALUATIONS" -> "budget";
            case "NONFINITE_FUNCTION", "NONFINITE_INPUT" -> "nonfinite";
            default -> status.toLowerCase(Locale.ROOT);
        };
    }

    private static boolean above(ProblemRow line, String ours) {
        Optional<Double> textbook = spent(line, textbook(ours));
        return textbook.isPresent() && spent(line, ours).orElse(Double.POSITIVE_INFINITY) > textbook.get();
    }

    /** What a solver is compared with; a name that nobody has if it is none of ours. */
    private static String textbook(String ours) {
        return ours.startsWith(OURS) ? TEXTBOOK + ours.substring(OURS.length()) : "";
    }

    /** Evaluations of a success. */
    private static Optional<Double> spent(ProblemRow line, String solver) {
        return Optional.ofNullable(line.ends().get(solver)).filter(end -> end.metric().equals("nfev")).map(StudyFile.Row::value);
    }
}
