package dev.zstar.reports.results;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Numbers of result files, which write NaN and infinities as texts. */
final class Numbers {
    private Numbers() {}

    /** The number; NaN if the node is missing or null. */
    static double of(JsonNode node) {
        if (node.isIntegralNumber()) {
            return node.bigIntegerValue().doubleValue();
        }
        if (node.isNumber()) {
            return node.doubleValue();
        }
        return switch (node.asString("")) {
            case "+INF", "INF", "+Infinity", "Infinity" -> Double.POSITIVE_INFINITY;
            case "-INF", "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> Double.NaN;
        };
    }

    /** A list of numbers for each element; empty if the node is missing or null. */
    static List<List<Double>> lists(JsonNode node) {
        List<List<Double>> lists = new ArrayList<>();
        for (JsonNode inner : node) {
            List<Double> list = new ArrayList<>();
            inner.forEach(value -> list.add(of(value)));
            lists.add(list);
        }
        return lists;
    }
}
