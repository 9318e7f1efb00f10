package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many bytes blocks may hold, and the message for more. */
class BudgetTest {
    private static void write(Path root, String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void bytesHaveSuffixes() {
        assertThat(Budget.parse("1234")).hasValue(1234);
        assertThat(Budget.parse("3k")).hasValue(3 << 10);
        assertThat(Budget.parse("3M")).hasValue(3 << 20);
        assertThat(Budget.parse("3g")).hasValue(3L << 30);
        assertThat(Budget.parse("3T")).hasValue(3L << 40);
        for (String wrong : new String[] {"", "g", "-1", "1.5g", "1gb", "99999999t", "999999999999999999g", "9223372036854775808"}) {
            assertThat(Budget.parse(wrong)).as(wrong).isEmpty();
        }
    }

    @Test
    void theDefaultIsThreeQuartersOfWhatTheProcessMayUse(@TempDir Path root) throws IOException {
        assertThat(Budget.limit(null, root)).isEqualTo(new Budget.Limit(Long.MAX_VALUE, "no limit"));
        write(root, "proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n");
        assertThat(Budget.limit(null, root)).isEqualTo(new Budget.Limit(12L << 30, "three quarters of the machine's memory"));
        // Version 2: the group's own limit, and those of the groups around it.
        write(root, "proc/self/cgroup", "0::/a/b\n");
        write(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
        write(root, "sys/fs/cgroup/a/memory.max", "4294967296\n");
        assertThat(Budget.limit(null, root)).isEqualTo(new Budget.Limit(3L << 30, "three quarters of the control group's memory"));
        // Version 1, in a container that does not see its path.
        write(root, "proc/self/cgroup", "5:cpu:/x\n4:memory:/docker/abc\n");
        write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
        assertThat(Budget.limit(null, root).bytes()).isEqualTo(3L << 29);
        assertThat(Budget.limit("5g", root)).isEqualTo(new Budget.Limit(5L << 30, "zstar.memory"));
        assertThat(Budget.limit("a lot", root).bytes()).as("ignored, with a warning").isEqualTo(3L << 29);
    }

    @Test
    void sizesHaveUnits() {
        assertThat(Budget.size(0)).isEqualTo("0 bytes");
        assertThat(Budget.size(1023)).isEqualTo("1023 bytes");
        assertThat(Budget.size(1024)).isEqualTo("1.0 KiB");
        assertThat(Budget.size(3L << 19)).isEqualTo("1.5 MiB");
        assertThat(Budget.size(12L << 30)).isEqualTo("12.0 GiB");
        assertThat(Budget.size(1L << 61)).isEqualTo("2097152.0 TiB");
    }

    @Test
    void withoutABudgetTheMessageNamesNone() {
        Budget.Limit none = new Budget.Limit(Long.MAX_VALUE, "no limit");
        assertThat(Budget.refusal(40_000_000_000L, "100000×100000 f32", 3L << 29, none, "the system refused: no"))
                .isEqualTo("cannot allocate a block of 100000×100000 f32: it needs 37.3 GiB, and all blocks together hold 1.5 GiB without a"
                        + " budget; the system refused: no");
    }

    @Test
    void aPlanThatDoesNotFitIsRefusedWithNumbers() {
        assertThat(Block.budget()).isLessThan(Long.MAX_VALUE);
        long live = Block.liveBytes();
        long held = Reclamation.held().get();
        int rows = Integer.MAX_VALUE;
        int cols = 1 << 20;
        assertThatThrownBy(() -> Block.allocate(Type.F32, rows, cols))
                .isInstanceOf(OutOfMemoryError.class)
                .hasMessageStartingWith("cannot allocate a block of " + rows + "×" + cols + " f32: it needs "
                        + Budget.size(Block.bytes(Type.F32, rows, cols)) + ", and all blocks together hold ")
                .hasMessageContaining("of a budget of " + Budget.size(Block.budget()))
                .hasMessageContaining("-Dzstar.memory=");
        assertThat(Block.liveBytes()).isEqualTo(live);
        assertThat(Reclamation.held()).hasValue(held);
    }
}
