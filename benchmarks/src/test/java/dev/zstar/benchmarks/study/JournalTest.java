package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @TempDir
    Path temp;

    private final AtomicInteger made = new AtomicInteger();

    private int call(Journal journal, String key) {
        return journal.call(key, Integer.class, made::incrementAndGet);
    }

    @Test
    void aCallIsMadeOnceForEachOfItsForks() {
        Path folder = temp.resolve("cases");
        Journal first = Journal.in(folder);
        assertThat(List.of(call(first, "a"), call(first, "a"), call(first, "b"))).containsExactly(1, 2, 3);
        Journal second = Journal.in(folder);
        assertThat(List.of(call(second, "a"), call(second, "b"), call(second, "a"), call(second, "a"))).containsExactly(1, 3, 2, 4);
        assertThat(second.found()).isEqualTo(3);
    }

    @Test
    void resultsOfAStudyAreFoundAgain() {
        var result = StudyResult.of("depth", "case", "simd", 1, new TreeMap<>(), "bytes", null, 1, 2, 3);
        ForkResults results = new ForkResults(new java.util.ArrayList<>(List.of(result)));
        Journal.in(temp).call("x", ForkResults.class, () -> results);
        ForkResults found = Journal.in(temp).call("x", ForkResults.class, () -> {
            throw new AssertionError("made again");
        });
        assertThat(found).isEqualTo(results);
    }

    @Test
    void aDamagedOrForeignFileIsMeasuredAgain() throws IOException {
        call(Journal.in(temp), "a");
        Path file;
        try (var files = Files.list(temp)) {
            file = files.findFirst().orElseThrow();
        }
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThat(call(Journal.in(temp), "a")).isEqualTo(2);
        Journal.in(temp).call("b", Serializable.class, () -> "a text");
        assertThat(call(Journal.in(temp), "b")).as("a text is no number").isEqualTo(3);
        Files.write(file, new byte[0]);
        assertThat(call(Journal.in(temp), "a")).isEqualTo(4);
    }
}
