package dev.zstar.reports;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.Result;
import dev.zstar.benchmarks.study.Trace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SortedMap;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What {@code study.json} holds. */
record StudyFile(
        String schema, String startedAt, String commit, Machine machine, List<Ceiling> ceilings, List<Row> results, List<Curve> traces) {
    static final String SCHEMA = "zstar.study/1";

    /** A result with the names of the file. */
    record Row(
            String suite, @JsonProperty("case") String name, String engine, int threads, SortedMap<String, Double> params, String metric,
            double value, double min, double median, double p90, int runs, Double limit, Double ofLimit) {
        static Row of(Result r) {
            return new Row(r.suite(), r.caseName(), r.engine(), r.threads(), r.params(), r.metric(), r.value(), r.min(), r.median(),
                    r.p90(), r.runs(), r.limit(), r.ofLimit());
        }
    }

    /** A trace with the names of the file. */
    record Curve(String name, @JsonProperty("case") String problem, List<Double> residuals) {
        static Curve of(Trace trace) {
            return new Curve(trace.name(), trace.caseName(), trace.residuals());
        }
    }

    static StudyFile of(Instant startedAt, Machine machine, Measurements measured) {
        return new StudyFile(SCHEMA, startedAt.truncatedTo(ChronoUnit.SECONDS).toString(), describeCommit(), machine, measured.ceilings(),
                measured.results().stream().map(Row::of).toList(), measured.traces().stream().map(Curve::of).toList());
    }

    /** The commit that was measured, where this runs in a checkout that has git; null elsewhere. */
    private static String describeCommit() {
        try {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").redirectErrorStream(true).start();
            String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor() == 0 ? text : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    String json() {
        return mapper().writeValueAsString(this);
    }

    static StudyFile parse(String json) {
        StudyFile file = mapper().readValue(json, StudyFile.class);
        if (!SCHEMA.equals(file.schema())) {
            throw new IllegalArgumentException("the result file has the schema '" + file.schema() + "', expected '" + SCHEMA + "'");
        }
        return file;
    }

    private static JsonMapper mapper() {
        return JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    }
}
