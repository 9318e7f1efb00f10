package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Prints the results of {@code ./zstar jmh Peers -rf json -rff FILE} as tables in Markdown: {@code ./zstar peers FILE}.
 *
 * <p>The time of a contender is that of its fastest iteration, since other work of the machine can only add to it. The tables show it
 * relative to {@code simd}, in parentheses if the iterations differed too much. Contenders that are not in the file are listed below, with
 * the reason if they cannot run here.
 */
public final class PeersTable {
    private static final String BASE = "simd";

    /** Times with a larger ratio of the slowest to the fastest iteration are not trusted: other work ran, or the JIT was not done. */
    private static final double UNSTEADY = 1.25;

    /** The iterations of one contender. */
    private record IterationTimes(double fastest, double slowest) {
        double spread() {
            return slowest / fastest;
        }
    }

    /** The times of one benchmark by case and contender. */
    private final Map<String, Map<String, IterationTimes>> cases = new LinkedHashMap<>();

    private final Set<String> contenders = new LinkedHashSet<>();

    private PeersTable() {}

    /** Prints the tables of a file. */
    @SuppressWarnings("SystemExitOutsideMain")
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("usage: zstar peers FILE, with a FILE from zstar jmh Peers -rf json -rff FILE");
            System.exit(2);
        }
        try {
            System.out.print(read(Path.of(arguments[0]), PeersTable::reason));
        } catch (IllegalArgumentException e) {
            System.err.println("zstar: " + e.getMessage());
            System.exit(2);
        }
    }

    /**
     * The tables of a file.
     *
     * @param reason the reason why a contender cannot run here; empty if it can
     * @throws IllegalArgumentException if the file is not a JMH result of the peers; the message names the file and the reason
     */
    static String read(Path file, Function<String, Optional<String>> reason) {
        String trouble;
        try {
            JsonNode results = JsonMapper.shared().readTree(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
            try {
                return markdown(results, reason);
            } catch (JacksonException e) {
                trouble = "it is JSON, but not a JMH result";
            }
        } catch (NoSuchFileException e) {
            trouble = "there is no such file";
        } catch (IOException e) {
            trouble = Files.isDirectory(file) ? "it is a folder" : "it cannot be read (" + e.getClass().getSimpleName() + ")";
        } catch (JacksonException e) {
            trouble = "it is not JSON";
        } catch (IllegalArgumentException e) {
            trouble = e.getMessage();
        }
        throw new IllegalArgumentException(file + ": " + trouble + "; expected a file from zstar jmh Peers -rf json -rff FILE");
    }

    /** The reason why a contender cannot run here; empty if it can, or if this JVM lacks the module that the forks of JMH have. */
    private static Optional<String> reason(String contender) {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Optional.empty();
        }
        try {
            Contenders.named(contender, Type.F32);
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().lines().findFirst().orElse(""));
        }
    }

    /** The tables with a heading before each, then the contenders that are absent, then the spread of the iterations. */
    static String markdown(JsonNode results, Function<String, Optional<String>> reason) {
        if (!results.isArray()) {
            throw new IllegalArgumentException("it is JSON, but not a list of results");
        }
        Map<String, PeersTable> tables = new LinkedHashMap<>();
        List<Double> spreads = new ArrayList<>();
        for (JsonNode result : results) {
            JsonNode params = result.path("params");
            if (!params.has("who")) {
                continue;
            }
            String name = result.path("benchmark").asString();
            IterationTimes times = iterations(result.path("primaryMetric"));
            tables.computeIfAbsent(name.substring(name.lastIndexOf('.') + 1), _ -> new PeersTable()).add(params, times);
            spreads.add(times.spread());
        }
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("it has no results of contenders");
        }
        StringBuilder out = new StringBuilder();
        tables.forEach((name, table) -> out.append("### ").append(name).append("\n\n").append(table.rows()).append('\n'));
        List<String> absent = new ArrayList<>(Contenders.NAMES);
        tables.values().forEach(table -> absent.removeAll(table.contenders));
        for (String contender : absent) {
            out.append('`').append(contender).append("` is not in the file")
                    .append(reason.apply(contender).map(why -> ": it cannot run here, " + why).orElse("")).append(".\n");
        }
        spreads.sort(null);
        return out.append(String.format(Locale.ROOT, "Slowest iteration over fastest: median %.2f, worst %.2f.\n",
                        spreads.get(spreads.size() / 2), spreads.getLast()))
                .toString();
    }

    /** The iterations of all forks in µs. */
    private static IterationTimes iterations(JsonNode metric) {
        String unit = metric.path("scoreUnit").asString();
        if (!unit.equals("us/op")) {
            throw new IllegalArgumentException(
                    unit.isEmpty() ? "it has a result without a unit" : "it has a result in " + unit + " instead of us/op");
        }
        List<Double> times = new ArrayList<>();
        for (JsonNode fork : metric.path("rawData")) {
            for (JsonNode time : fork) {
                // JMH writes "NaN" where an iteration failed.
                if (!time.isNumber() || !(time.asDouble() > 0)) {
                    throw new IllegalArgumentException("it has the time " + time + ", which is not a positive number");
                }
                times.add(time.asDouble());
            }
        }
        if (times.isEmpty()) {
            throw new IllegalArgumentException("it has a result without times");
        }
        times.sort(null);
        return new IterationTimes(times.getFirst(), times.getLast());
    }

    private void add(JsonNode params, IterationTimes times) {
        StringJoiner shape = new StringJoiner(" ");
        for (Map.Entry<String, JsonNode> param : params.properties()) {
            if (!param.getKey().equals("who")) {
                shape.add(param.getKey().equals("n") ? "n=" + param.getValue().asString() : param.getValue().asString());
            }
        }
        String contender = params.path("who").asString();
        contenders.add(contender);
        cases.computeIfAbsent(shape.toString(), _ -> new LinkedHashMap<>()).put(contender, times);
    }

    private String rows() {
        StringBuilder rows = new StringBuilder("| |");
        contenders.forEach(name -> rows.append(" `").append(name).append("` |"));
        rows.append("\n|---|").append("--:|".repeat(contenders.size())).append('\n');
        cases.forEach((shape, times) -> {
            rows.append("| ").append(shape).append(" |");
            contenders.forEach(name -> rows.append(' ').append(cell(name, times.get(name), times.get(BASE))).append(" |"));
            rows.append('\n');
        });
        return rows.toString();
    }

    private static String cell(String contender, IterationTimes times, IterationTimes base) {
        if (times == null) {
            return "";
        }
        boolean absolute = contender.equals(BASE) || base == null;
        String cell = absolute ? micros(times.fastest()) : ratio(times.fastest() / base.fastest());
        return times.spread() > UNSTEADY || !absolute && base.spread() > UNSTEADY ? "(" + cell + ")" : cell;
    }

    private static String micros(double time) {
        return String.format(Locale.ROOT, time < 10 ? "%.3f µs" : time < 1000 ? "%.1f µs" : "%.0f µs", time);
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, ratio < 10 ? "×%.2f" : "×%.0f", ratio);
    }
}
