package dev.zstar.reports.results;

import dev.zstar.reports.statistics.Forks;
import dev.zstar.reports.terminal.Shown;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Reads the {@code study.json} of a study: its times, its rates, and the ratios of speeds within forks. A rate that follows from a time of
 * the same case is left out. Numbers that are counted, such as evaluations, need no statistics and are read apart.
 */
final class StudyReader {
    /** What the schema of every version starts with. */
    static final String FAMILY = "zstar.study/";

    static final String KIND = "study";

    private static final int NEWEST = 2;
    private static final String FORM = "it is not the study.json of zstar study: ";
    /** Coordinates of a point of a trajectory. */
    private static final int DIMENSIONS = 3;
    private static final Schema SCHEMA = Schema.load("study.schema.json");
    private static final Pattern VERSION = Pattern.compile(Pattern.quote(FAMILY) + "([1-9][0-9]{0,3})");

    /** The unit of each metric that is read. */
    private static final Map<String, Unit> UNITS = Map.of(
            "us", new Unit("us/op"), "methodUs", new Unit("us/op"), "mixedUs", new Unit("us/op"), "backwardUs", new Unit("us/op"),
            "stepUs", new Unit("us/op"), "gflops", new Unit("GFLOP/s"), "gbps", new Unit("GB/s"), "rowsPerSecond", new Unit("rows/s"),
            "ratio", new Unit("×"));

    /** What each metric counts that is compared. */
    private static final Map<String, String> COUNTED = Map.ofEntries(
            Map.entry("nfev", "evaluations"), Map.entry("cheapNfev", "cheap evaluations"), Map.entry("passEvaluations", "evaluations"),
            Map.entry("products", "products"), Map.entry("modeProducts", "products"), Map.entry("passProducts", "products"),
            Map.entry("sequenceProducts", "products"), Map.entry("bytes", "B"), Map.entry("stateBytes", "B"),
            Map.entry("modeBytes", "B"), Map.entry("passBytes", "B"), Map.entry("weightBytes", "B"), Map.entry("bytesLeft", "B"),
            Map.entry("brokenPromises", "violated guarantees"), Map.entry("exceptions", "exceptions"),
            Map.entry("productsFailed", "failed products"), Map.entry("rowsThatDiffer", "rows"));

    private StudyReader() {}

    static ResultFile read(String label, JsonNode root) {
        String schema = root.get("schema").asString();
        Matcher version = VERSION.matcher(schema);
        if (version.matches() && Integer.parseInt(version.group(1)) > NEWEST) {
            throw new IllegalArgumentException("it has the schema " + schema + ", which is newer than this zstar; expected at most "
                    + FAMILY + NEWEST);
        }
        SCHEMA.check(root, "the study.json of zstar study");
        requireShapes(root.path("trajectories"));
        JsonNode machine = root.get("machine");
        String where = machine.get("cpu").asString() + ", " + machine.get("processors").asInt() + " processors, "
                + machine.get("os").asString();
        return new ResultFile(label, KIND, root.get("startedAt").asString(), new Environment(where, machine.get("jdk").asString()),
                results(root.get("results")), counts(root.get("results")));
    }

    /** Every point has its distance and three coordinates. */
    private static void requireShapes(JsonNode trajectories) {
        for (int i = 0; i < trajectories.size(); i++) {
            JsonNode coordinates = trajectories.get(i).get("coordinates");
            int points = trajectories.get(i).get("distances").size();
            if (coordinates.size() != points) {
                throw new IllegalArgumentException(FORM + "trajectories[" + i + "] has " + points + " distances and " + coordinates.size()
                        + " points, expected one distance of each point");
            }
            for (int k = 0; k < points; k++) {
                if (coordinates.get(k).size() != DIMENSIONS) {
                    throw new IllegalArgumentException(FORM + "trajectories[" + i + "].coordinates[" + k + "] has "
                            + coordinates.get(k).size() + " numbers, expected " + DIMENSIONS);
                }
            }
        }
    }

    /** A name that two figures have is not read, since nothing says which is which. Figures of training depend on the time that it took. */
    private static List<CountedFigure> counts(JsonNode rows) {
        Map<CaseKey, List<CountedFigure>> byKey = new LinkedHashMap<>();
        for (JsonNode row : rows) {
            String unit = COUNTED.get(row.get("metric").asString());
            if (unit != null && !row.get("suite").asString().equals("training")) {
                CaseKey key = key(row, row.get("metric").asString());
                Forks values = Forks.of(Numbers.lists(row.path("samples")));
                byKey.computeIfAbsent(key, _ -> new ArrayList<>()).add(new CountedFigure(key, unit,
                        values.count() > 0 ? values : Forks.of(List.of(List.of(Numbers.of(row.get("value")))))));
            }
        }
        return byKey.values().stream().filter(figures -> figures.size() == 1).map(List::getFirst)
                .filter(figure -> figure.values().count() > 0).toList();
    }

    private static List<BenchmarkResult> results(JsonNode rows) {
        Map<CaseKey, JsonNode> byKey = new HashMap<>();
        for (JsonNode row : rows) {
            CaseKey key = key(row, row.get("metric").asString());
            if (byKey.put(key, row) != null && UNITS.containsKey(key.mode())) {
                throw new IllegalArgumentException(
                        "it has two results of " + Shown.of(key.toString(), 120) + ", expected one of each case");
            }
        }
        List<BenchmarkResult> results = new ArrayList<>();
        for (JsonNode row : rows) {
            String metric = row.get("metric").asString();
            boolean follows = (metric.equals("gflops") || metric.equals("gbps")) && byKey.containsKey(key(row, "us"));
            if (UNITS.containsKey(metric) && !follows) {
                JsonNode allocated = byKey.get(key(row, "allocated"));
                results.add(result(row, metric, allocated == null ? List.of() : List.of(List.of(Numbers.of(allocated.get("value"))))));
            }
        }
        return results;
    }

    private static BenchmarkResult result(JsonNode row, String metric, List<List<Double>> allocation) {
        Unit unit = UNITS.get(metric);
        Direction direction = unit.name().equals("us/op") ? Direction.LESS_IS_BETTER : Direction.MORE_IS_BETTER;
        return new BenchmarkResult(
                key(row, metric), row.get("suite").asString() + ", " + metric, unit, direction, Numbers.of(row.get("value")),
                Optional.empty(), Forks.of(Numbers.lists(row.path("samples"))), List.of(), false, Forks.of(allocation));
    }

    /** The name of a case contains its parameters. */
    private static CaseKey key(JsonNode row, String metric) {
        String name = row.get("suite").asString() + ": " + row.get("case").asString() + " on " + row.get("engine").asString();
        return new CaseKey(name, new TreeMap<>(), metric, row.get("threads").asInt());
    }
}
