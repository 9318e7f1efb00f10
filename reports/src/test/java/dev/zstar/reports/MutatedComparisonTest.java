package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.reports.results.ResultReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Result files with random changes: {@code zstar compare} has an answer or one sentence for each. */
class MutatedComparisonTest {
    private static final int FILES = 1000;
    private static final List<String> SOURCES = List.of(
            "average-time.json", "throughput-with-allocation.json", "sample-histograms.json", "group-with-threads.json", "study-2.json");

    @TempDir
    private Path temp;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = ResultReader.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** Parts of the value replaced, removed or repeated; or some bytes of the text replaced. */
    private static byte[] mutated(byte[] source, Random random) {
        if (random.nextInt(4) == 0) {
            byte[] bytes = source.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            return bytes;
        }
        JsonNode root = JsonMapper.shared().readTree(source);
        for (int k = random.nextInt(3); k >= 0; k--) {
            MutatedStudiesTest.mutate(root, random);
        }
        return JsonMapper.shared().writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void everyPairHasAnAnswerOrASentence() throws IOException {
        Random random = new Random(17);
        int[] codes = new int[3];
        for (int i = 0; i < FILES; i++) {
            byte[] source = resource(SOURCES.get(i % SOURCES.size()));
            Path base = Files.write(temp.resolve("base.json"), source);
            Path fresh = Files.write(temp.resolve("new.json"), mutated(source, random));
            boolean turned = random.nextBoolean();
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            int code = Zstar.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute("compare",
                    (turned ? fresh : base).toString(), (turned ? base : fresh).toString(), "--force", "--markdown",
                    temp.resolve("a.md").toString(), "--junit", temp.resolve("a.xml").toString());
            codes[code]++;
            assertThat(err.toString()).as("file %d", i).doesNotContain("internal error").hasLineCount(code == 2 ? 1 : 0);
            assertThat(out.toString()).as("file %d", i).doesNotContain("\u202e", "\u001b")
                    .doesNotContainPattern("(takes|\\(|to|→)\\s+(NaN|Infinity)|(NaN|Infinity) →");
            assertThat(out.toString().lines()).as("file %d", i).allMatch(line -> line.length() <= 100);
        }
        assertThat(codes[0]).as("answers").isGreaterThan(FILES / 10);
        assertThat(codes[2]).as("refusals").isGreaterThan(FILES / 10);
    }
}
