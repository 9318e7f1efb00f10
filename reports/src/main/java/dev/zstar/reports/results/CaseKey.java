package dev.zstar.reports.results;

import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What makes two measurements those of the same benchmark.
 *
 * @param name JMH's name with its package and class; for a study the suite, the case and the engine
 * @param params parameters by name
 * @param mode JMH's {@code thrpt}, {@code avgt}, {@code sample} or {@code ss}; for a study its metric
 */
public record CaseKey(String name, SortedMap<String, String> params, String mode, int threads) {
    /** For people, instead of a name that is empty or blank. */
    private static final String NAMELESS = "(no name)";

    /** The parameters: {@code n=64 type=f32}; empty without any. */
    public String parameters() {
        return params.entrySet().stream().map(param -> param.getKey() + "=" + param.getValue()).collect(Collectors.joining(" "));
    }

    /** The name for people. */
    String named() {
        return name.isBlank() ? NAMELESS : name;
    }

    @Override
    public String toString() {
        return named() + (params.isEmpty() ? "" : " " + parameters()) + ", " + mode + (threads == 1 ? "" : ", " + threads + " threads");
    }
}
