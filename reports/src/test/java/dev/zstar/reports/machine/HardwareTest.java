package dev.zstar.reports.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Facts of a machine on which the library cannot run, and on which there is no file either. */
class HardwareTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Hardware read() {
        return Hardware.read(() -> {
            throw new NoClassDefFoundError("com/sun/jna/Native");
        }, root);
    }

    @Test
    void withoutTheLibraryTheSystemsFilesTell() throws IOException {
        file("proc/cpuinfo", """
                processor\t: 0
                cpu family\t: 6
                model\t\t: 167
                model name\t: A Processor @ 3 GHz: fast
                model name\t: Another
                """);
        file("proc/meminfo", "MemTotal:       2048 kB\nMemFree:  5 kB\n");
        file("etc/os-release", "ID=this\nPRETTY_NAME=\"This Linux 7\"\n");
        file("sys/devices/system/cpu/cpu0/cache/index0/level", "1\n");
        file("sys/devices/system/cpu/cpu0/cache/index0/type", "Data\n");
        file("sys/devices/system/cpu/cpu0/cache/index0/size", "32K\n");
        file("sys/devices/system/cpu/cpu0/cache/index1/level", "2\n");
        Hardware hardware = read();
        assertThat(hardware.cpu()).isEqualTo("A Processor @ 3 GHz: fast");
        assertThat(hardware.model()).isEqualTo("6/167");
        assertThat(hardware.memory()).isEqualTo(2 << 20);
        assertThat(hardware.system()).startsWith("This Linux 7, ");
        assertThat(hardware.caches()).extracting(Cache::name).containsExactly("L1 data, 32 KiB");
        assertThat(hardware.notes()).containsExactly(
                "processor, memory and system were read without OSHI, which cannot run here: NoClassDefFoundError: com/sun/jna/Native");
    }

    @Test
    void withoutAnyFileWhatTheJvmKnowsIsSaid() {
        Hardware hardware = read();
        assertThat(hardware.cpu()).isEqualTo("unknown, " + System.getProperty("os.arch"));
        assertThat(hardware.model()).isEmpty();
        assertThat(hardware.memory()).as("of the JVM's own bean").isPositive();
        assertThat(hardware.system()).startsWith(System.getProperty("os.name"));
        assertThat(hardware.caches()).isEmpty();
    }

    @Test
    void theLibraryComesFirst() {
        Hardware known = new Hardware("a cpu", "", java.util.List.of(), 1, "an os", java.util.List.of(), java.util.List.of());
        assertThat(Hardware.read(() -> known, root)).isSameAs(known);
    }
}
