package dev.zstar.reports.results;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Percentiles of single calls, from the histograms of JMH's mode {@code sample}. */
final class Percentiles {
    /** The last one is the longest call. */
    private static final double[] SHOWN = {0.5, 0.9, 0.99, 0.999, 1};

    private Percentiles() {}

    /** The 50th, 90th, 99th and 99.9th percentile of all calls of all forks, and the longest call; empty if there are no calls. */
    static List<Double> of(JsonNode histograms) {
        TreeMap<Double, Double> times = new TreeMap<>();
        for (JsonNode fork : histograms) {
            for (JsonNode iteration : fork) {
                for (JsonNode bin : iteration) {
                    double value = Numbers.of(bin.path(0));
                    double count = Numbers.of(bin.path(1));
                    if (Double.isFinite(value) && count > 0 && Double.isFinite(count)) {
                        times.merge(value, count, Double::sum);
                    }
                }
            }
        }
        double all = times.values().stream().mapToDouble(x -> x).sum();
        List<Double> found = new ArrayList<>();
        double seen = 0;
        for (Map.Entry<Double, Double> bin : times.entrySet()) {
            seen += bin.getValue();
            // The smallest value that this share of the calls does not exceed.
            while (found.size() < SHOWN.length && seen >= SHOWN[found.size()] * all) {
                found.add(bin.getKey());
            }
        }
        return found;
    }
}
