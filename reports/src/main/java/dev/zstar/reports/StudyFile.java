package dev.zstar.reports;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Measurements;
import dev.zstar.benchmarks.study.StudyResult;
import dev.zstar.benchmarks.study.Trace;
import dev.zstar.benchmarks.study.Trajectory;
import dev.zstar.reports.results.ResultReader;
import dev.zstar.reports.terminal.Shown;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * The contents of {@code study.json}.
 *
 * @param commit the commit that was measured; null if unknown
 * @param command what was called, such as {@code zstar study --full}; null in files of older versions
 * @param seconds the time that it has taken so far; null in files of older versions
 * @param finished false while more results will follow; null in files of older versions, which are finished
 * @param trajectories the iterates of solvers; empty in files of older versions
 * @param remarks sentences that a reader of the figures needs, such as what was left out and why; empty in files of older versions
 * @param failures sentences about suites that failed, whose figures are left out; older versions have them among the remarks
 * @param evidence how quiet the machine was; null in older files
 */
record StudyFile(
        String schema, String startedAt, String commit, String command, Double seconds, Boolean finished, Machine machine,
        List<Ceiling> ceilings, List<Row> results, List<Curve> traces, List<Trajectory> trajectories, List<String> remarks,
        List<String> failures, StudyEvidence evidence) {
    static final String SCHEMA = "zstar.study/2";
    /** Files of the first version have no samples, command, duration and failures; everything else is the same. */
    private static final Set<String> READABLE = Set.of("zstar.study/1", SCHEMA);
    /** The most characters of Jackson's reason in a message. */
    private static final int REASON = 160;

    private static final ValueSerializer<Double> FINITE = new ValueSerializer<>() {
        @Override
        public void serialize(Double value, JsonGenerator out, SerializationContext context) {
            if (Double.isFinite(value)) {
                out.writeNumber(value);
            } else {
                out.writeNull();
            }
        }
    };

    StudyFile {
        ceilings = ceilings == null ? List.of() : ceilings;
        results = results == null ? List.of() : results;
        traces = traces == null ? List.of() : traces;
        trajectories = trajectories == null ? List.of() : trajectories;
        remarks = remarks == null ? List.of() : remarks;
        failures = failures == null ? List.of() : failures;
    }

    /**
     * A result with the names of the file.
     *
     * @param samples for each fork its values; null in files of the first version
     */
    record Row(
            String suite, @JsonProperty("case") String name, String engine, int threads, SortedMap<String, Double> params, String metric,
            double value, double min, double median, double p90, int runs, Double limit, Double ofLimit, List<List<Double>> samples) {
        Row {
            params = params == null ? new TreeMap<>() : params;
        }

        static Row of(StudyResult r) {
            return new Row(r.suite(), r.caseName(), r.engine(), r.threads(), r.params(), r.metric(), r.value(), r.min(), r.median(),
                    r.p90(), r.runs(), r.limit(), r.ofLimit(), r.samples());
        }
    }

    /**
     * A trace with the names of the file.
     *
     * @param suite null in older files, whose traces are of forward solves
     * @param micros null in older files
     */
    record Curve(String suite, String name, @JsonProperty("case") String problem, List<Double> residuals, List<Double> micros) {
        static Curve of(Trace trace) {
            return new Curve(trace.suite(), trace.name(), trace.caseName(), trace.residuals(), trace.micros());
        }
    }

    static StudyFile of(Instant startedAt, String command, Machine machine, Measurements measured, boolean finished) {
        double seconds = Duration.between(startedAt, Instant.now()).toMillis() / 1e3;
        return new StudyFile(SCHEMA, startedAt.truncatedTo(ChronoUnit.SECONDS).toString(), Checkout.commit().orElse(null), command, seconds,
                finished, machine, measured.ceilings(), measured.results().stream().map(Row::of).toList(),
                measured.traces().stream().map(Curve::of).toList(), measured.trajectories(),
                Stream.of(machine.notes(), measured.remarks()).flatMap(List::stream).toList(), measured.failures(),
                StudyEvidence.of(measured.evidence()));
    }

    /** Without the flags of the JVM that name folders of this machine. */
    StudyFile withoutFolders() {
        Machine m = machine;
        Machine plain = new Machine(m.cpu(), m.model(), m.processors(), m.caches(), m.memory(), m.os(), m.jdk(),
                m.flags().stream().filter(flag -> !flag.contains("/") && !flag.contains("\\")).toList(), m.engines(), m.notes());
        return new StudyFile(schema, startedAt, commit, command, seconds, finished, plain, ceilings, results, traces, trajectories, remarks,
                failures, evidence);
    }

    String json() {
        return mapper().writeValueAsString(this);
    }

    /** The same for the page, whose script cannot compute with texts: NaN and infinities, which JSON does not have, are null. */
    String pageJson() {
        return mapper().rebuild().addModule(new SimpleModule().addSerializer(Double.class, FINITE).addSerializer(double.class, FINITE))
                .build().writeValueAsString(this);
    }

    /**
     * The study in a file or a folder.
     *
     * @throws IllegalArgumentException if it is none; the message names the file
     */
    static StudyFile read(Path file) {
        try {
            return parse(ResultReader.study(file));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + ": it is not the study.json of zstar study: "
                    + Shown.of(e.getOriginalMessage(), REASON), e);
        }
    }

    static StudyFile parse(String json) {
        return parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static StudyFile parse(byte[] json) {
        StudyFile file = mapper().readValue(json, StudyFile.class);
        if (file.schema() == null || !READABLE.contains(file.schema())) {
            throw new IllegalArgumentException("the result file has the schema '" + file.schema() + "'; expected '" + SCHEMA + "'");
        }
        return file;
    }

    private static JsonMapper mapper() {
        return JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    }
}
