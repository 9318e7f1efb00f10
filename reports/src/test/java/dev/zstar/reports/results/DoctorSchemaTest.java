package dev.zstar.reports.results;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.reports.machine.Cache;
import dev.zstar.reports.machine.Doctor;
import dev.zstar.reports.machine.Hardware;
import dev.zstar.reports.machine.Limit;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The JSON of {@code zstar doctor} is what its schema says. */
class DoctorSchemaTest {
    private static final String NAME = "/dev/zstar/reports/machine/doctor.schema.json";

    @Test
    void theJsonOfThisMachineFitsItsSchema() {
        Hardware nothing = new Hardware("", "", List.of(), 0, "", List.of(), List.of());
        for (Hardware hardware : List.of(Hardware.read(), nothing)) {
            Doctor doctor = Doctor.read("a version", hardware, new Doctor.ProfileState(null, "none", null));
            Schema.load(NAME).check(JsonMapper.shared().valueToTree(doctor), "the JSON of zstar doctor");
        }
    }

    @Test
    void theSchemaNamesEveryMemberAndNoOther() throws IOException {
        try (InputStream in = Doctor.class.getResourceAsStream(NAME)) {
            JsonNode schema = JsonMapper.shared().readTree(in);
            JsonNode parts = schema.get("$defs");
            describes(schema, Doctor.class);
            describes(parts.get("processor"), Doctor.Processor.class);
            describes(parts.get("cache"), Cache.class);
            describes(parts.get("limit"), Limit.class);
            describes(parts.get("memory"), Doctor.Memory.class);
            describes(parts.get("java"), Doctor.Java.class);
            describes(parts.get("engine"), Doctor.EngineState.class);
            describes(parts.get("profile"), Doctor.ProfileState.class);
        }
    }

    private static void describes(JsonNode schema, Class<?> record) {
        List<String> names = Arrays.stream(record.getRecordComponents()).map(RecordComponent::getName).toList();
        assertThat(new TreeSet<>(schema.get("properties").propertyNames())).as("%s", record).isEqualTo(new TreeSet<>(names));
        assertThat(schema.get("required").size()).as("%s: every member is always there", record).isEqualTo(names.size());
    }
}
