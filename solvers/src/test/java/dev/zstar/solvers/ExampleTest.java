package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The example in the README runs, and is the one that runs here. */
class ExampleTest {
    @Test
    void itRuns() {
        Random random = new Random(1);
        Outcome outcome = Example.solveAndDifferentiate(random.doubles(64 * 64, -0.05, 0.05).toArray(), random.doubles(128, -1, 1).toArray(),
                new double[64], new double[] {1, -1}, random.doubles(64, -1, 1).toArray());
        assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
    }

    @Test
    void theReadmeShowsIt() throws IOException {
        String source = Files.readString(Path.of("src/test/java/dev/zstar/solvers/Example.java"));
        String body = source.substring(source.indexOf("// example\n") + 11, source.indexOf("        // end"));
        assertThat(Files.readString(Path.of("..", "README.md"))).contains(body.lines().map(line -> line.substring(8)).collect(Collectors.joining("\n")));
    }
}
