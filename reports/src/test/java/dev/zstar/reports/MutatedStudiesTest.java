package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Ceiling;
import dev.zstar.benchmarks.study.Trajectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Files of studies with wrong, missing and hostile parts: each has a page, or one sentence that names the file. */
class MutatedStudiesTest {
    private static final int FILES = 300;
    private static final List<String> VALUES = List.of("null", "true", "0", "-1", "1e400", "1e308", "5e-324", "\"NaN\"", "\"-Infinity\"",
            "\"\"", "\"x\"", "[]", "{}", "[[]]", "[null]", "123456789012345678901234567890", "2147483648", "0.5",
            "\"</script><b>\"", "\"a|b`c`\\n# d\"", "\"\\u202e\\u0000\\u001b[31m\"", "\"%s%n%d\"", "\"$1\\\\\"",
            "\" of \"", "\"mixed\"", "\"methodRatio\"", "\"passRatio\"", "\"forward\"", "\"backward\"", "\"ratio\"");

    @TempDir
    private Path temp;

    private static StudyFile.Row row(String suite, String name, String engine, String metric, double value) {
        Map<String, Double> params = Map.of("n", 8.0, "batch", 1.0, "blocks", 9.0, "depth", 2.0);
        return new StudyFile.Row(suite, name, engine, 1, new TreeMap<>(params), metric, value, value, value, value, 1, null, null,
                List.of(List.of(value)));
    }

    private static String whole() {
        return new StudyFile(StudyFile.SCHEMA, "2020-01-02T03:04:05Z", "abc", "zstar study", 90.0, true,
                new Machine("a cpu", null, 2, List.of("L1"), 1, "an os", "a jdk", List.of("-X"), List.of(), List.of("a note")),
                List.of(new Ceiling("fma.f32.1t", 100, "GFLOP/s"), new Ceiling("read.L3.1t", 28, "GB/s")),
                List.of(row("kernels", "gemm n=1024", "simd", "gflops", 80), row("kernels", "gemm n=8", "simd/openblas", "ratio", 0.8),
                        row("kernels", "gemm n=8", "team/alone", "ratio", 1.5), row("forward", "mixed n=8", "simd", "ratio", 1.5),
                        row("forward", "good of n=8", "simd", "methodRatio", 0.5),
                        row("forward", "default of n=8", "simd", "methodRatio", 1),
                        row("backward", "Neumann n=8", "simd", "backwardRatio", 0.5), row("backward", "Neumann n=8", "simd", "cosine", 1),
                        row("backward", "within n=8", "simd", "passRatio", 1)),
                List.of(), List.of(new Trajectory("a solver", "a problem", 0.9, List.of(2.0, 1e-3),
                        List.of(List.of(1.0, 2.0, 3.0), List.of(0.0, 0.0, 1.0)))),
                List.of("a remark"), List.of(), new StudyEvidence(4096L, "always", "none", List.of(new StudyEvidence.Case(
                        List.of("kernels: gemm n=8"), false, 1, 0.1, 0.0, 0.1, 0.0, 1L, 0.1, 2L, 2.0, 2.0, "0-1")))).json();
    }

    /** Walks to a random part, and replaces, removes or repeats what is in it. */
    static void mutate(JsonNode root, Random random) {
        JsonNode at = root;
        for (boolean down = true; down; down = random.nextInt(5) > 0) {
            List<JsonNode> inner = new ArrayList<>();
            at.forEach(one -> {
                if (one.isContainer() && !one.isEmpty()) {
                    inner.add(one);
                }
            });
            if (inner.isEmpty()) {
                break;
            }
            at = inner.get(random.nextInt(inner.size()));
        }
        JsonNode value = JsonMapper.shared().readTree(VALUES.get(random.nextInt(VALUES.size())));
        if (at instanceof ObjectNode object) {
            String name = List.copyOf(object.propertyNames()).get(random.nextInt(object.size()));
            if (random.nextInt(3) == 0) {
                object.remove(name);
            } else {
                object.set(name, value);
            }
        } else if (at instanceof ArrayNode list) {
            int i = random.nextInt(list.size());
            switch (random.nextInt(3)) {
                case 0 -> list.remove(i);
                case 1 -> list.set(i, value);
                default -> list.add(list.get(i));
            }
        }
    }

    @Test
    void everyFileHasAPageOrASentence() throws IOException {
        Random random = new Random(16);
        Path file = Files.createDirectories(temp.resolve("machine")).resolve("study.json");
        int pages = 0;
        for (int i = 0; i < FILES; i++) {
            JsonNode root = JsonMapper.shared().readTree(whole());
            for (int k = random.nextInt(3); k >= 0; k--) {
                mutate(root, random);
            }
            Files.writeString(file, JsonMapper.shared().writeValueAsString(root));
            StudyFile study;
            try {
                study = StudyFile.read(file);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith(file + ": it ");
                assertThat(e.getMessage()).as("mutation %d", i).hasLineCount(1);
                continue;
            }
            pages++;
            assertThat(AdviceView.section(Advice.of(study))).doesNotContain("<b>");
            assertThat(TrajectoryView.figure(study.trajectories())).doesNotContain("<b>");
            assertThat(PublishedIndex.of(temp).lines().filter(line -> line.startsWith("| ["))).hasSize(1);
            assertThat(study.pageJson()).doesNotContainPattern("\"(value|median|share|p90)\" : \"");
        }
        assertThat(pages).as("both happen").isBetween(FILES / 20, FILES * 19 / 20);
    }
}
