package dev.zstar.reports;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.zstar.reports.comparison.Labels;
import dev.zstar.reports.results.BenchmarkResult;
import dev.zstar.reports.results.CaseKey;
import dev.zstar.reports.results.ResultFile;
import dev.zstar.reports.results.Unit;
import dev.zstar.reports.statistics.Bootstrap;
import dev.zstar.reports.statistics.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the page of several files shows: groups of benchmarks, each with the values of every file.
 *
 * @param files a series each
 * @param groups a chart and a table each
 */
record ReportData(List<Source> files, List<Group> groups) {
    /** The most benchmarks of a page: that many take some seconds and megabytes. */
    static final int MOST = 20_000;

    /** A file and where it was measured. */
    record Source(String label, String kind, String measured, String machine, String java) {}

    /** Benchmarks with one unit. */
    record Group(String title, String unit, String direction, List<Row> rows) {}

    /** A benchmark, with a value for each file; null where a file does not have it. */
    record Row(String label, List<Value> values) {}

    /**
     * The median of the forks, or the score of a file without forks.
     *
     * @param value null if it is not a number
     * @param low the lower end of the interval; null without an interval, or if it is vague
     * @param by how the interval was computed; empty without one
     * @param percentiles the 50th, 90th, 99th and 99.9th percentile, and the longest call; absent if unknown
     * @param shots the single calls of JMH's mode {@code ss}, at most {@value #SHOTS}; absent in other modes
     * @param allocated heap bytes in each operation; null if unknown
     */
    record Value(Double value, Double low, Double high, String by, int forks,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> percentiles,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> shots, Double allocated) {
        /** Single calls of a benchmark that are drawn. */
        private static final int SHOTS = 200;

        static Value of(BenchmarkResult result, double factor) {
            boolean replicated = result.forks().count() >= Bootstrap.LEAST_FORKS && result.forks().arePositive();
            Optional<Interval> interval = replicated
                    ? Optional.of(new Bootstrap(result.key().hashCode()).median(result.forks()))
                    : result.quoted();
            Optional<Interval> ends = interval.filter(i -> !i.isVague());
            String by = interval.isEmpty() ? "" : replicated ? "95%, over forks" : "99.9%, over iterations, by JMH";
            double value = replicated || Double.isNaN(result.score()) ? result.forks().median() : result.score();
            return new Value(
                    finite(value * factor), ends.map(i -> finite(i.low() * factor)).orElse(null),
                    ends.map(i -> finite(i.high() * factor)).orElse(null), by,
                    result.forks().count(), result.percentiles().stream().map(one -> finite(one * factor)).toList(),
                    result.singleShot() ? Arrays.stream(result.forks().all()).limit(SHOTS).map(one -> one * factor).boxed().toList()
                            : List.of(),
                    finite(result.allocation().median()));
        }

        private static Double finite(double value) {
            return Double.isFinite(value) ? value : null;
        }
    }

    /**
     * The data of these files.
     *
     * @throws IllegalArgumentException if there are more benchmarks than a page can show
     */
    static ReportData of(List<ResultFile> files) {
        Set<CaseKey> keys = new LinkedHashSet<>();
        files.forEach(file -> file.results().forEach(result -> keys.add(result.key())));
        if (keys.size() > MOST) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, "there are %,d benchmarks, expected at most %,d on one page; "
                    + "have JMH measure a part of them for each file", keys.size(), MOST));
        }
        Map<CaseKey, String> labels = Labels.of(keys);
        Map<String, List<BenchmarkResult>> firsts = new LinkedHashMap<>();
        Map<CaseKey, List<BenchmarkResult>> all = new LinkedHashMap<>();
        for (int i = 0; i < files.size(); i++) {
            for (BenchmarkResult result : files.get(i).results()) {
                List<BenchmarkResult> row = all.computeIfAbsent(result.key(), _ -> new ArrayList<>());
                if (row.isEmpty()) {
                    firsts.computeIfAbsent(result.group() + "\n" + result.unit().name(), _ -> new ArrayList<>()).add(result);
                }
                while (row.size() < i) {
                    row.add(null);
                }
                row.add(result);
            }
        }
        List<Group> groups = firsts.values().stream().map(group -> {
            BenchmarkResult first = group.getFirst();
            return new Group(first.group(), first.unit().name(), first.direction().name(),
                    group.stream().map(one -> new Row(labels.get(one.key()), values(all.get(one.key()), first.unit()))).toList());
        }).toList();
        return new ReportData(files.stream().map(ReportData::source).toList(), groups);
    }

    /** The values in one unit. What cannot be converted is left out. */
    private static List<Value> values(List<BenchmarkResult> row, Unit unit) {
        List<Value> values = new ArrayList<>();
        for (BenchmarkResult result : row) {
            boolean known = result != null && result.unit().in(unit).isPresent();
            values.add(known ? Value.of(result, result.unit().in(unit).getAsDouble()) : null);
        }
        return values;
    }

    private static Source source(ResultFile file) {
        return new Source(file.label(), file.kind(), file.measured(), file.environment().machine(), file.environment().java());
    }

    String json() {
        return JsonMapper.shared().writeValueAsString(this);
    }
}
