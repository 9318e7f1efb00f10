package dev.zstar.reports.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.reports.statistics.Interval;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of JMH and of studies, whole and damaged. */
class ResultReaderTest {
    private static final String EXPECTED = "expected the JSON of JMH (-rf json) or the study.json of zstar study";

    private static byte[] bytes(String name) throws IOException {
        try (InputStream in = ResultReaderTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    private static List<BenchmarkResult> read(String name) throws IOException {
        return ResultReader.parse(name, bytes(name)).results();
    }

    private static String refused(String name) throws IOException {
        byte[] contents = bytes(name);
        return catchThrowable(() -> ResultReader.parse(name, contents)).getMessage();
    }

    @Test
    void averageTimeHasForksParametersAndJmhsInterval() throws IOException {
        BenchmarkResult first = read("average-time.json").getFirst();
        assertThat(first.key()).isEqualTo(
                new CaseKey("org.example.ListBenchmark.add", new TreeMap<>(Map.of("kind", "array", "n", "64")), "avgt", 1));
        assertThat(first.key()).hasToString("org.example.ListBenchmark.add kind=array n=64, avgt");
        assertThat(first.unit()).isEqualTo(new Unit("us/op"));
        assertThat(first.direction()).isEqualTo(Direction.LESS_IS_BETTER);
        assertThat(first.forks().count()).isEqualTo(5);
        assertThat(first.forks().median()).isEqualTo(10.15);
        assertThat(first.quoted()).contains(new Interval(10.0, 10.3));
        assertThat(first.allocation().count()).isZero();
    }

    @Test
    void throughputIsBetterIfThereIsMoreAndAllocationIsReadUnderBothNames() throws IOException {
        List<BenchmarkResult> results = read("throughput-with-allocation.json");
        assertThat(results).allMatch(result -> result.direction() == Direction.MORE_IS_BETTER);
        assertThat(results.getFirst().allocation().median()).isCloseTo(24, within(1e-4));
        assertThat(results.getLast().allocation().median()).isCloseTo(0, within(1e-4));
    }

    @Test
    void anIterationOfTheModeSampleIsTheMeanOfItsHistogram() throws IOException {
        BenchmarkResult result = read("sample-histograms.json").getFirst();
        assertThat(result.forks().count()).isEqualTo(2);
        // (3 · 1 + 5) / 4 = 2 and 1 in the first fork, 3 and 3 in the second.
        assertThat(result.forks().median()).isEqualTo((1.5 + 3) / 2);
        // Of all 14 calls 4 took 1 ms, 2 took 2, 5 took 3, 2 took 4 and 1 took 5.
        assertThat(result.percentiles()).containsExactly(3.0, 4.0, 5.0, 5.0, 5.0);
        assertThat(result.singleShot()).isFalse();
    }

    @Test
    void whatIsMissingOrNotANumberIsLeftOut() throws IOException {
        BenchmarkResult shots = read("single-shot.json").getFirst();
        assertThat(shots.forks().count()).isEqualTo(3);
        assertThat(shots.forks().all()).containsExactly(1.5, 1.6, 1.4);
        assertThat(shots.singleShot()).isTrue();
        assertThat(shots.percentiles()).isEmpty();
        BenchmarkResult without = read("without-raw-data.json").getFirst();
        assertThat(without.forks().count()).isZero();
        assertThat(without.score()).isEqualTo(12.5);
        assertThat(without.quoted()).contains(new Interval(12.0, 13.0));
        assertThat(read("nan-without-quotes.json").getFirst().forks().count()).isEqualTo(5);
        assertThat(read("no-benchmarks.json")).isEmpty();
        assertThat(read("byte-order-mark.json")).hasSize(1);
    }

    @Test
    void threadsAndUnknownModesAreKept() throws IOException {
        List<BenchmarkResult> results = read("group-with-threads.json");
        assertThat(results).extracting(result -> result.key().threads()).containsExactly(4, 8, 1);
        assertThat(results.getLast().direction()).isEqualTo(Direction.UNKNOWN);
        assertThat(read("markup-in-labels.json").getFirst().key().params()).containsEntry("end", "</script><b>");
    }

    @Test
    void otherFilesAreRefusedInASentence() throws IOException {
        assertThat(refused("truncated.json"))
                .isEqualTo("it is not valid JSON, in line 21, column 13: Unexpected end-of-input in property name");
        assertThat(refused("measured-twice.json"))
                .isEqualTo("it has two results of org.example.ListBenchmark.add, avgt, expected one of each benchmark");
        assertThat(refused("score-as-text.json"))
                .isEqualTo("it is not the JSON of JMH: [0].primaryMetric.score is \"10,1\", expected a number");
        assertThat(refused("google-benchmark.json")).isEqualTo("it is JSON, but not a result file; " + EXPECTED);
        assertThat(refused("other-list.json")).isEqualTo("it is not the JSON of JMH: [0].benchmark is missing");
        assertThat(refused("text-output.json"))
                .isEqualTo("it is not valid JSON, in line 1, column 1: Unrecognized token 'Benchmark'");
        assertThat(refused("deep.json")).isEqualTo("it is nested too deeply, or has too long a text or number; " + EXPECTED);
        assertThatThrownBy(() -> ResultReader.parse("x", new byte[0])).hasMessage("it is empty; " + EXPECTED);
        assertThatThrownBy(() -> ResultReader.parse("x", new byte[] {0x1f, (byte) 0x8b, 8}))
                .hasMessage("it is compressed by gzip; unpack it first");
    }

    @Test
    void filesThatAreNotThereAreRefusedWithTheirName(@TempDir Path temp) throws IOException {
        assertThatThrownBy(() -> ResultReader.read(temp.resolve("none.json")))
                .hasMessage(temp.resolve("none.json") + ": there is no such file; " + EXPECTED);
        assertThatThrownBy(() -> ResultReader.read(temp)).hasMessage(temp + ": it is a folder without a study.json; " + EXPECTED);
        Files.write(temp.resolve("study.json"), bytes("study-2.json"));
        assertThat(ResultReader.read(temp).results()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"study-1.json", "study-2.json"})
    void bothVersionsOfAStudyAreRead(String name) throws IOException {
        ResultFile file = ResultReader.parse(name, bytes(name));
        assertThat(file.environment().machine()).isEqualTo("a cpu, 2 processors, an os");
        assertThat(file.results()).extracting(result -> result.key().toString()).containsExactly(
                "kernels: gemv n=64 on simd, us", "kernels: gemv n=64 on simd/openblas, ratio",
                "streaming: digits on stream, rowsPerSecond");
        BenchmarkResult time = file.results().getFirst();
        assertThat(time.score()).isEqualTo(2.5);
        assertThat(time.forks().count()).isEqualTo(name.equals("study-1.json") ? 0 : 3);
        assertThat(time.allocation().median()).isEqualTo(96);
        assertThat(file.results().getLast().direction()).isEqualTo(Direction.MORE_IS_BETTER);
    }

    @Test
    void newerAndDamagedStudiesAreRefused() throws IOException {
        String study = new String(bytes("study-2.json"), StandardCharsets.UTF_8);
        assertThatThrownBy(() -> parse(study.replace("study/2", "study/3")))
                .hasMessage("it has the schema zstar.study/3, which is newer than this zstar; expected at most zstar.study/2");
        assertThatThrownBy(() -> parse(study.replace("study/2", "study/x")))
                .hasMessage("it is not the study.json of zstar study: schema is \"zstar.study/x\", "
                        + "expected \"zstar.study/1\" or \"zstar.study/2\"");
        assertThatThrownBy(() -> parse(study.replace("\"value\": 2.5", "\"value\": [2.5]")))
                .hasMessage("it is not the study.json of zstar study: results[0].value is a list, expected a number or a text");
        assertThatThrownBy(() -> parse(study.replace("\"threads\": 1", "\"threads\": 0")))
                .hasMessage("it is not the study.json of zstar study: results[0].threads is 0, expected at least 1");
        String watched = study.replaceFirst("\"traces\"", "\"evidence\": {\"cases\": [{\"cases\": [\"kernels: a\"], \"seconds\": 2, "
                + "\"disturbed\": 0.5, \"stolen\": null}]}, \"traces\"");
        assertThat(parse(watched).results()).hasSameSizeAs(parse(study).results());
        assertThatThrownBy(() -> parse(watched.replace("\"disturbed\": 0.5", "\"disturbed\": 1.5")))
                .hasMessage("it is not the study.json of zstar study: evidence.cases[0].disturbed is 1.5, expected at most 1");
        assertThatThrownBy(() -> parse(study + "x")).hasMessageStartingWith("it is not valid JSON, in line ");
        assertThatThrownBy(() -> parse(study.replaceFirst("\"schema\"", "\"traces\": [], \"schema\"")))
                .hasMessageStartingWith("it is not valid JSON");
    }

    private static ResultFile parse(String text) {
        return ResultReader.parse("text", text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({"us/op, ns/op, 1000", "ops/us, ops/ms, 1000", "s/op, s/op, 1", "min/op, s/op, 60", "ms, us/op, 1000"})
    void unitsOfTimeAreConverted(String from, String to, double factor) {
        assertThat(new Unit(from).in(new Unit(to)).orElseThrow()).isCloseTo(factor, within(1e-9 * factor));
    }

    @Test
    void otherUnitsAreNotConverted() {
        assertThat(new Unit("ops/s").in(new Unit("s/op"))).isEqualTo(OptionalDouble.empty());
        assertThat(new Unit("frames").in(new Unit("us/op"))).isEqualTo(OptionalDouble.empty());
        assertThat(new Unit("frames").direction("custom")).isEqualTo(Direction.UNKNOWN);
        assertThat(new Unit("ops/s").direction("custom")).isEqualTo(Direction.MORE_IS_BETTER);
    }

    /** Ten thousand files with bytes that were replaced, removed, repeated or inserted are read or refused in a line. */
    @Test
    void damagedFilesAreReadOrRefusedInASentence() throws IOException {
        List<String> names = List.of("average-time.json", "throughput-with-allocation.json", "sample-histograms.json", "study-1.json",
                "study-2.json");
        Random random = new Random(1);
        int refused = 0;
        for (int trial = 0; trial < 10_000; trial++) {
            byte[] damaged = damage(bytes(names.get(trial % names.size())), random);
            try {
                ResultReader.parse("x", damaged);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).startsWith("it ").hasSizeLessThan(400).doesNotContain("\n", "\u001b", "Exception");
                refused++;
            }
        }
        assertThat(refused).isBetween(3000, 9900);
    }

    private static byte[] damage(byte[] file, Random random) {
        String signs = "{}[]\",:0123456789.eE+-NaNINFtruefalsenull\\u \n";
        byte[] damaged = file.clone();
        for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
            int at = random.nextInt(damaged.length);
            int to = Math.min(damaged.length, at + 1 + random.nextInt(20));
            byte[] before = Arrays.copyOf(damaged, at);
            byte[] rest = Arrays.copyOfRange(damaged, to, damaged.length);
            byte[] sign = {(byte) (random.nextInt(4) == 0 ? random.nextInt(256) : signs.charAt(random.nextInt(signs.length())))};
            damaged = switch (random.nextInt(5)) {
                case 0 -> join(before, rest);
                case 1 -> join(before, Arrays.copyOfRange(damaged, at, to), Arrays.copyOfRange(damaged, at, to), rest);
                case 2 -> join(before, sign, Arrays.copyOfRange(damaged, at, damaged.length));
                case 3 -> join(before, sign, Arrays.copyOfRange(damaged, at + 1, damaged.length));
                default -> join(before, "1e999".getBytes(StandardCharsets.UTF_8), rest);
            };
            if (damaged.length == 0) {
                return damaged;
            }
        }
        return damaged;
    }

    private static byte[] join(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
