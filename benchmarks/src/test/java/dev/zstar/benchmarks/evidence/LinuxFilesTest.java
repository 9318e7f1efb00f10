package dev.zstar.benchmarks.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of Linux as they are, odd and missing. */
class LinuxFilesTest {
    private static final String STAT = """
            cpu  2013192 1585466 243436 884871 4166 0 2586 549 0 0
            cpu0 1013279 773244 115368 464083 662 0 85 280 0 0
            cpu1 999913 812221 128068 420787 3504 0 2500 268 0 0
            cpu7 1 2 3 4 5 6 7 8
            intr 123 0 0
            """;

    @TempDir
    private Path root;

    private LinuxFiles files;

    @BeforeEach
    void open() {
        files = new LinuxFiles(root);
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void thread(int id, String name, long waited, long switches) throws IOException {
        String folder = "proc/self/task/" + id + "/";
        write(folder + "comm", name + "\n");
        write(folder + "schedstat", "97236 " + waited + " 4\n");
        write(folder + "status", "Name:\tx\nvoluntary_ctxt_switches:\t99\nnonvoluntary_ctxt_switches:\t" + switches + "\n");
    }

    @Test
    void stolenTimeIsThatOfTheProcessorsThatMayBeUsed() throws IOException {
        write("proc/stat", STAT);
        assertThat(files.stolen()).isEqualTo(Map.of(0, 280L, 1, 268L, 7, 8L));
        write("proc/thread-self/status", "Name:\tjava\nCpus_allowed:\t2\nCpus_allowed_list:\t1,3-5\n");
        assertThat(files.stolen()).isEqualTo(Map.of(1, 268L));
        assertThat(files.processors()).contains("1,3-5");
    }

    @Test
    void anOldKernelWithoutStolenTimeHidesIt() throws IOException {
        write("proc/stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\n");
        assertThat(files.stolen()).isEmpty();
    }

    @Test
    void othersAreTheMachineWithoutThisProcess() throws IOException {
        assertThat(files.others()).isEmpty();
        write("proc/stat", "cpu  100 20 30 4000 50 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n");
        assertThat(files.others()).isEmpty();
        write("proc/self/stat", "21727 (a (b) c) R 1 2 3 0 -1 4194304 100 0 1 0 40 3 0 0 20 0 1 0 3152297\n");
        assertThat(files.others()).contains(163L - 43);
        write("proc/self/stat", "21727 (java) R\n");
        assertThat(files.others()).isEmpty();
    }

    @Test
    void onlyThreadsThatComputeCount() throws IOException {
        write("proc/thread-self/comm", "java\n");
        thread(10, "java", 5, 1);
        thread(11, "C2 CompilerThre", 1_000_000_000, 500);
        thread(12, "zstar-worker-1", 7, 2);
        assertThat(files.computingThreads()).isEqualTo(
                Map.of(10, new LinuxFiles.Scheduled(5, 1), 12, new LinuxFiles.Scheduled(7, 2)));
    }

    @Test
    void aThreadThatEndedMeanwhileIsLeftOut() throws IOException {
        write("proc/thread-self/comm", "java\n");
        thread(10, "java", 5, 1);
        thread(11, "java", 5, 1);
        Files.delete(root.resolve("proc/self/task/11/schedstat"));
        assertThat(files.computingThreads()).containsOnlyKeys(10);
    }

    @Test
    void pressurePagesAndHugePagesAreRead() throws IOException {
        write("proc/pressure/cpu", "some avg10=1.09 avg60=1.55 avg300=10.84 total=14051008201\nfull avg10=0.00 total=3\n");
        write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        write("proc/self/smaps", "00400000-00401000 r--p 00000000 fe:00 5\nSize:  4 kB\nKernelPageSize:       16 kB\nMMUPageSize: 4 kB\n");
        assertThat(files.pressureMicros()).contains(14_051_008_201L);
        Conditions conditions = Conditions.read(files);
        assertThat(conditions.hugePages()).isEqualTo("madvise");
        assertThat(conditions.hugePagesLine()).contains("only memory that asks");
        assertThat(conditions.pageBytes()).isEqualTo(16_384);
        assertThat(conditions.counters()).isNotBlank();
    }

    @Test
    void whatIsMissingIsAbsent() {
        Evidence evidence = Sample.take(files).until(Sample.take(files), null, null);
        assertThat(evidence.seconds()).isNotNegative();
        assertThat(evidence).usingRecursiveComparison().ignoringFields("seconds")
                .isEqualTo(new Evidence(0, null, null, null, null, null, null, null, null, null));
        assertThat(evidence.visible()).isFalse();
        assertThat(evidence.quiet()).isTrue();
        assertThat(Conditions.read(files).hugePages()).isNull();
        assertThat(Conditions.read(files).hugePagesLine()).isEqualTo("not visible");
    }

    @Test
    void theGroupsOfVersionTwoAreFoundUpToTheirRoot() throws IOException {
        write("proc/self/cgroup", "0::/user.slice/a.scope\n");
        write("proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
        write("sys/fs/cgroup/user.slice/a.scope/cpu.stat",
                "usage_usec 5\nnr_periods 9\nnr_throttled 3\nthrottled_usec 2500\nnr_bursts 0\n");
        write("sys/fs/cgroup/user.slice/cpu.stat", "usage_usec 5\nnr_throttled 1\nthrottled_usec 40\n");
        write("sys/fs/cgroup/cpu.stat", "usage_usec 5\nuser_usec 4\n");
        assertThat(files.throttling()).contains(new LinuxFiles.Throttling(4, 2_540_000));
    }

    @Test
    void theGroupOfVersionOneIsFoundInAContainer() throws IOException {
        write("proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n");
        write("proc/self/mountinfo", """
                31 23 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
                32 23 0:28 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct
                """);
        write("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 1234567\n");
        assertThat(files.throttling()).contains(new LinuxFiles.Throttling(2, 1_234_567));
    }

    @Test
    void theGroupOfVersionOneIsFoundByItsPathOnTheHost() {
        assertThat(ControlGroups.folders(List.of("1:cpu:/process/one", "0::/"),
                List.of("32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu")))
                .containsExactly("/sys/fs/cgroup/cpu/process/one", "/sys/fs/cgroup/cpu/process", "/sys/fs/cgroup/cpu");
    }

    @Test
    void groupsThatReadOtherwiseGiveNothing() {
        List<String> mounts = List.of("", "-", "1 2 3", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2", "a b c d e f g h i j k");
        assertThat(ControlGroups.folders(List.of("", "::", "0::/x", "x", "1:cpu"), mounts)).isEmpty();
        assertThat(ControlGroups.throttling(List.of("nr_throttled 3"))).isEqualTo(Optional.empty());
        assertThat(ControlGroups.throttling(List.of("nr_throttled x", "throttled_usec 4"))).isEqualTo(Optional.empty());
    }

    /** The texts above with random changes. */
    @Test
    void noTextMakesThemFail() throws IOException {
        Map<String, String> texts = Map.ofEntries(
                Map.entry("proc/stat", STAT),
                Map.entry("proc/pressure/cpu", "some avg10=1.09 avg60=1.55 avg300=10.84 total=14051008201\n"),
                Map.entry("proc/thread-self/status", "Cpus_allowed_list:\t0-1\n"),
                Map.entry("proc/thread-self/comm", "java\n"),
                Map.entry("proc/self/cgroup", "4:cpu,cpuacct:/a/b\n0::/c\n"),
                Map.entry("proc/self/mountinfo", "32 23 0:28 / /cg ro,nosuid - cgroup cgroup rw,cpu\n29 23 0:26 / /cg rw - cgroup2 c rw\n"),
                Map.entry("proc/self/smaps", "KernelPageSize:       16 kB\n"),
                Map.entry("proc/self/task/10/comm", "java\n"),
                Map.entry("proc/self/task/10/schedstat", "97236 7028776 4\n"),
                Map.entry("proc/self/task/10/status", "nonvoluntary_ctxt_switches:\t3\n"),
                Map.entry("cg/cpu.stat", "nr_throttled 3\nthrottled_usec 2500\n"),
                Map.entry("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"));
        Random random = new Random(4);
        for (String file : texts.keySet()) {
            write(file, texts.get(file));
        }
        Sample whole = Sample.take(files);
        assertThat(whole.until(whole, null, null).visible()).isTrue();
        assertThat(whole.throttling()).isPresent();
        for (int i = 0; i < 2000; i++) {
            String changed = List.copyOf(texts.keySet()).get(random.nextInt(texts.size()));
            byte[] text = texts.get(changed).getBytes(StandardCharsets.ISO_8859_1);
            for (int change = random.nextInt(4); change >= 0; change--) {
                text[random.nextInt(text.length)] = (byte) (random.nextBoolean() ? random.nextInt(256) : '0' + random.nextInt(10));
            }
            Files.write(root.resolve(changed), text);
            assertThat(whole.until(Sample.take(files), 1.0, 1.0).disturbed()).isBetween(0.0, 1.0);
            assertThat(Conditions.read(files).hugePagesLine()).isNotNull();
            write(changed, texts.get(changed));
        }
    }
}
