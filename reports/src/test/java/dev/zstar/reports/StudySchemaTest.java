package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Trajectory;
import dev.zstar.reports.results.ResultReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The JSON Schema of {@code study.json} names what the file has, and nothing else. */
class StudySchemaTest {
    private static final JsonNode SCHEMA = schema();

    private static JsonNode schema() {
        try (InputStream in = ResultReader.class.getResourceAsStream("study.schema.json")) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void describes(JsonNode schema, Class<?> record) {
        List<String> names = Arrays.stream(record.getRecordComponents()).map(StudySchemaTest::name).toList();
        assertThat(new TreeSet<>(schema.get("properties").propertyNames())).as("%s", record).isEqualTo(new TreeSet<>(names));
    }

    private static String name(RecordComponent component) {
        try {
            JsonProperty property = component.getDeclaringRecord().getDeclaredField(component.getName()).getAnnotation(JsonProperty.class);
            return property == null ? component.getName() : property.value();
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everyRecordOfTheFileIsDescribed() {
        describes(SCHEMA, StudyFile.class);
        JsonNode parts = SCHEMA.get("$defs");
        describes(parts.get("machine"), Machine.class);
        describes(parts.get("engine"), Machine.EngineState.class);
        describes(parts.get("ceiling"), Ceiling.class);
        describes(parts.get("result"), StudyFile.Row.class);
        describes(parts.get("trace"), StudyFile.Curve.class);
        describes(parts.get("trajectory"), Trajectory.class);
        describes(SCHEMA.get("properties").get("evidence"), StudyEvidence.class);
        describes(parts.get("watched"), StudyEvidence.Case.class);
        assertThat(SCHEMA.get("properties").get("schema").get("enum").toString()).contains("\"" + StudyFile.SCHEMA + "\"");
    }
}
