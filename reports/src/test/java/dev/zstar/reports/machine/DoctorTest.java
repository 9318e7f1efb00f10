package dev.zstar.reports.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines of other kinds, as their files describe them. */
class DoctorTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Doctor read(String architecture, Hardware hardware) {
        return Doctor.read("1", hardware, new Doctor.ProfileState(null, "none", null), new SystemFiles(root), architecture);
    }

    private static Hardware hardware(List<String> features) {
        return new Hardware("a processor", "", List.of(), 0, "a system", features, List.of());
    }

    private static String text(Doctor doctor) {
        List<String> lines = DoctorText.of(doctor);
        assertThat(lines).allMatch(line -> line.length() <= 100);
        return String.join("\n", lines);
    }

    @Test
    void whatIsNotThereIsSaidToBeNotVisible() {
        Doctor doctor = read("amd64", hardware(List.of()));
        assertThat(text(doctor)).contains("features   not visible", "caches     not visible", "NUMA nodes not visible",
                "governor   not visible", "memory     not visible", "huge pages not visible",
                "limits     processors: not visible; memory: not visible", "profile    none (zstar tune writes one)");
        assertThat(doctor.caches()).isEmpty();
        assertThat(doctor.numaNodes()).isNull();
    }

    @Test
    void cachesAreCountedWithWhoSharesThem() throws IOException {
        for (int cpu = 0; cpu < 4; cpu++) {
            String folder = "sys/devices/system/cpu/cpu" + cpu + "/cache/";
            cache(folder + "index0/", "1", "Data", "48K", String.valueOf(cpu));
            cache(folder + "index1/", "2", "Unified", "2M", cpu < 2 ? "0-1" : "2-3");
            cache(folder + "index2/", "3", "Unified", "32768K", "0-3");
            file(folder + "index3/level", "4\n");
        }
        file("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "x");
        file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
        file("sys/devices/system/node/online", "0-1,4\n");
        file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        Doctor doctor = read("amd64", hardware(List.of()));
        assertThat(doctor.caches()).containsExactly(new Cache(1, "data", 48 << 10, 4, 1), new Cache(2, "unified", 2 << 20, 2, 2),
                new Cache(3, "unified", 32 << 20, 1, 4));
        assertThat(text(doctor)).contains("L1 data, 48 KiB, 4 of them, each for one processor",
                "L2 unified, 2048 KiB, 2 of them, each for 2 processors", "L3 unified, 32768 KiB, for 4 processors",
                "NUMA nodes 3", "governor   powersave", "huge pages madvise");
    }

    private void cache(String folder, String level, String type, String size, String sharers) throws IOException {
        file(folder + "level", level + "\n");
        file(folder + "type", type + "\n");
        file(folder + "size", size + "\n");
        file(folder + "shared_cpu_list", sharers + "\n");
    }

    @Test
    void theTightestLimitOfAllGroupsHolds() throws IOException {
        file("proc/self/cgroup", "0::/a.slice/b.scope\n");
        file("sys/fs/cgroup/a.slice/cpu.max", "150000 100000\n");
        file("sys/fs/cgroup/a.slice/b.scope/cpu.max", "max 100000\n");
        file("sys/fs/cgroup/a.slice/memory.max", "max\n");
        file("sys/fs/cgroup/a.slice/b.scope/memory.max", "2147483648\n");
        assertThat(text(read("amd64", hardware(List.of())))).contains("limits     processors: 1.50; memory: 2.0 GiB");
    }

    @Test
    void theFirstVersionOfGroupsHasOtherFiles() throws IOException {
        // In a container the group that is named is often not mounted.
        file("proc/self/cgroup", "4:memory:/docker/abc\n3:cpuset:/\n1:cpu,cpuacct:/docker/abc\n0::/\nnonsense\n");
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
        file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(text(read("amd64", hardware(List.of())))).contains("limits     processors: 0.50; memory: none");
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "what?\n");
        assertThat(text(read("amd64", hardware(List.of())))).contains("limits     processors: none; memory: not visible");
    }

    @Test
    void featuresAreThoseThatTheSystemLists() throws IOException {
        assertThat(read("x86_64", hardware(List.of("AVX2", "machdep.cpu.features: FPU FMA", "PF_AVX512F_INSTRUCTIONS_AVAILABLE")))
                .processor().features()).containsExactly("AVX2", "FMA", "AVX-512");
        assertThat(read("aarch64", hardware(List.of("hw.optional.arm.FEAT_BF16: 1", "hw.optional.arm.FEAT_I8MM: 0",
                "hw.optional.AdvSIMD: 1"))).processor().features()).containsExactly("NEON", "BF16");
        assertThat(read("aarch64", hardware(List.of("hw.optional.arm.FEAT_BF16: 1"))).processor().absent())
                .as("only a system that lists all features shows what is missing").isEmpty();
        file("proc/cpuinfo", "processor : 0\nFeatures : fp asimd asimdhp asimddp sve bf16\n");
        assertThat(text(read("aarch64", hardware(List.of()))))
                .contains("features   NEON, FP16, dot products, BF16, SVE; not I8MM, SVE2, SME");
        file("proc/cpuinfo", "flags\t\t: fpu sse2 avx2 fma avx512_bf16 amx_tile\n");
        Doctor.Processor processor = read("amd64", hardware(List.of())).processor();
        assertThat(processor.features()).containsExactly("AVX2", "FMA", "AVX-512 BF16");
        assertThat(processor.absent()).contains("AVX-512", "AMX BF16").doesNotContain("SVE");
    }

    @Test
    void flagsThatRuinSpeedGetASentence() {
        assertThat(JvmFlags.sentences(_ -> Optional.empty(), "mixed mode, sharing", true)).isEmpty();
        Map<String, String> given = Map.of("TieredStopAtLevel", "1", "UseAVX", "1", "DoEscapeAnalysis", "false", "UseFMA", "true");
        assertThat(JvmFlags.sentences(name -> Optional.ofNullable(given.get(name)), "interpreted mode", false)).containsExactly(
                "The module jdk.incubator.vector is not loaded, so the simd engine cannot run; add --add-modules jdk.incubator.vector.",
                "-Xint turns the JIT off: everything is about a hundred times slower; remove it.",
                "-XX:TieredStopAtLevel=1 turns the optimising compiler off: the simd engine cannot run; remove it.",
                "With -XX:-DoEscapeAnalysis every vector becomes an object on the heap; remove it.",
                "-XX:UseAVX=1 may make vectors narrower than those of the processor; remove it.");
        assertThat(JvmFlags.sentences(name -> name.equals("TieredStopAtLevel") ? Optional.of("4") : Optional.empty(), "", true)).isEmpty();
    }
}
