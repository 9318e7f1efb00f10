package dev.zstar.reports;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Prints the evaluations of each forward solver for each problem, then a summary: how many problems each solver solves, and how often
 * Anderson takes more evaluations than a textbook implementation with the same window.
 */
final class ProblemTable {
    private static final String FAILED = "failed.";
    private static final String OURS = "anderson(";
    private static final String TEXTBOOK = "textbook(";

    /** A row of the table: the numbers of the problem, and how each solver ended. */
    private record ProblemRow(String name, Map<String, Double> params, Map<String, StudyFile.Row> ends, Map<String, Double> nearby) {}

    private ProblemTable() {}

    /** Prints the table, or nothing if the study has no such results. */
    static void print(List<StudyFile.Row> results, PrintWriter out) {
        Map<String, ProblemRow> lines = new LinkedHashMap<>();
        List<String> solvers = new ArrayList<>();
        for (StudyFile.Row row : results) {
            if (row.suite().equals("forward") && row.params().containsKey("tolerance")) {
                ProblemRow line = lines.computeIfAbsent(
                        row.name(), name -> new ProblemRow(name, row.params(), new LinkedHashMap<>(), new LinkedHashMap<>()));
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
        out.println();
        out.println("evaluations to reach the tolerance; ρ of the Jacobian at the solution; "
                + "* marks more evaluations than textbook() takes");
        out.printf(Locale.ROOT, "%-40s %4s %6s", "", "n", "ρ");
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
                    solver, solved, lines.size(), 100.0 * solved / lines.size(), meanRatio(lines, solver, solvers.getFirst()),
                    solvers.getFirst());
        }
        solvers.stream().filter(solver -> solvers.contains(textbook(solver))).forEach(solver -> compare(lines, solver, out));
    }

    /** The geometric mean of the ratios of evaluations, including those of failures. */
    private static double meanRatio(Map<String, ProblemRow> lines, String solver, String other) {
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
                .filter(line -> spent(line, textbook).isPresent())
                .filter(line -> line.nearby().getOrDefault(ours, 0.0) > line.nearby().getOrDefault(textbook, 0.0))
                .count();
        out.printf(Locale.ROOT, "%1$s took more evaluations than %2$s on %3$d of the %4$d problems that %2$s solves, "
                + "and on %5$d judged by the median over nine starts "
                + "that differ by one rounding unit%n", ours, textbook, above, compared, clearly);
    }

    /** The number of evaluations, or the reason of a failure, with a mark if it is above that of the textbook version. */
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

    /** One word that identifies a status. */
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

    /** The name of the textbook version of one of ours; an empty name for other solvers. */
    private static String textbook(String ours) {
        return ours.startsWith(OURS) ? TEXTBOOK + ours.substring(OURS.length()) : "";
    }

    /** The evaluations of a solve that succeeded. */
    private static Optional<Double> spent(ProblemRow line, String solver) {
        return Optional.ofNullable(line.ends().get(solver)).filter(end -> end.metric().equals("nfev")).map(StudyFile.Row::value);
    }
}
