package dev.zstar.reports.results;

import dev.zstar.reports.statistics.Forks;
import dev.zstar.reports.statistics.Interval;
import dev.zstar.reports.terminal.Shown;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Reads the JSON of JMH, of any project and any version of JMH. */
final class JmhReader {
    private static final Schema SCHEMA = Schema.load("jmh.schema.json");
    /** The metric of {@code -prof gc}; up to JMH 1.36 with a dot before. */
    private static final List<String> ALLOCATION = List.of("gc.alloc.rate.norm", "·gc.alloc.rate.norm");

    private JmhReader() {}

    static ResultFile read(String label, JsonNode root) {
        SCHEMA.check(root, "the JSON of JMH");
        List<BenchmarkResult> results = new ArrayList<>();
        Set<CaseKey> found = new LinkedHashSet<>();
        for (JsonNode node : root) {
            BenchmarkResult result = result(node);
            if (!found.add(result.key())) {
                throw new IllegalArgumentException(
                        "it has two results of " + Shown.of(result.key().toString(), 120) + ", expected one of each benchmark");
            }
            results.add(result);
        }
        Set<String> machines = new LinkedHashSet<>();
        root.forEach(node -> machines.add(java(node)));
        return new ResultFile(label, "JMH", "", new Environment("", machines.size() == 1 ? machines.iterator().next() : ""), results,
                List.of());
    }

    private static String java(JsonNode node) {
        return Stream.of("vmName", "vmVersion").map(name -> node.path(name).asString("")).filter(text -> !text.isEmpty())
                .collect(Collectors.joining(" "));
    }

    private static BenchmarkResult result(JsonNode node) {
        SortedMap<String, String> params = new TreeMap<>();
        for (Map.Entry<String, JsonNode> param : node.path("params").properties()) {
            params.put(param.getKey(), param.getValue().asString("null"));
        }
        String name = node.get("benchmark").asString();
        String mode = node.get("mode").asString();
        JsonNode metric = node.get("primaryMetric");
        Unit unit = new Unit(metric.get("scoreUnit").asString());
        CaseKey key = new CaseKey(name, params, mode, node.path("threads").asInt(1));
        return new BenchmarkResult(
                key, key.named() + ", " + mode, unit, unit.direction(mode), Numbers.of(metric.get("score")), quoted(metric), forks(metric),
                Percentiles.of(metric.path("rawDataHistogram")), mode.equals("ss"), allocation(node));
    }

    private static Forks allocation(JsonNode node) {
        return ALLOCATION.stream().map(name -> node.path("secondaryMetrics").path(name)).filter(JsonNode::isObject).findFirst()
                .map(metric -> {
                    Forks forks = forks(metric);
                    return forks.count() > 0 ? forks : Forks.of(List.of(List.of(Numbers.of(metric.get("score")))));
                })
                .orElse(Forks.of(List.of()));
    }

    /** The interval for 99.9% that JMH computes from all iterations. */
    private static Optional<Interval> quoted(JsonNode metric) {
        JsonNode ends = metric.path("scoreConfidence");
        double low = Numbers.of(ends.path(0));
        double high = Numbers.of(ends.path(1));
        return Double.isFinite(low) && Double.isFinite(high) ? Optional.of(new Interval(low, high)) : Optional.empty();
    }

    /** JMH writes the mode {@code sample} as histograms; the value of an iteration is its mean, as in JMH's score. */
    private static Forks forks(JsonNode metric) {
        JsonNode histograms = metric.path("rawDataHistogram");
        if (!histograms.isArray()) {
            return Forks.of(Numbers.lists(metric.path("rawData")));
        }
        List<List<Double>> forks = new ArrayList<>();
        for (JsonNode fork : histograms) {
            List<Double> means = new ArrayList<>();
            fork.forEach(iteration -> means.add(mean(iteration)));
            forks.add(means);
        }
        return Forks.of(forks);
    }

    private static double mean(JsonNode histogram) {
        double sum = 0;
        double count = 0;
        for (JsonNode bin : histogram) {
            double times = Numbers.of(bin.path(1));
            sum += Numbers.of(bin.path(0)) * times;
            count += times;
        }
        return sum / count;
    }
}
