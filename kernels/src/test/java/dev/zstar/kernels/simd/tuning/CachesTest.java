package dev.zstar.kernels.simd.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachesTest {
    @TempDir
    Path folder;

    private void cache(String name, String level, String type, String size, String shared) throws IOException {
        Path cache = Files.createDirectories(folder.resolve(name));
        Files.writeString(cache.resolve("level"), level + "\n");
        Files.writeString(cache.resolve("type"), type + "\n");
        Files.writeString(cache.resolve("size"), size + "\n");
        Files.writeString(cache.resolve("shared_cpu_list"), shared + "\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "2048K; 0; 2097152", "1M; 0; 1048576", "2048K; 0,64; 1048576", "4096K; 0-3; 1048576", "1280K; 0-1,8-9; 327680",
        // What cannot be meant is treated as 64 KiB or 64 MiB.
        "1K; 0; 65536", "4096M; 0; 67108864",
    })
    void theSecondLevelIsDividedByTheProcessorsThatShareIt(String size, String shared, long bytes) throws IOException {
        cache("index0", "1", "Data", "48K", "0");
        cache("index2", "2", "Unified", size, shared);
        cache("index3", "3", "Unified", "32768K", "0-7");
        assertThat(Caches.secondLevel(folder)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "''; 0", "2048; 0", "K; 0", "2048K; ''", "2048K; 1-", "2048K; 3-0", "99999999999999999999K; 0", "-5K; 0",
    })
    void aSizeThatCannotBeReadIsTakenForOneMegabyte(String size, String shared) throws IOException {
        cache("index2", "2", "Unified", size, shared);
        assertThat(Caches.secondLevel(folder)).isIn(1L << 20, 1L << 16);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"48K; 0; 49152", "32K; 0-1; 16384", "1K; 0; 8192", "64M; 0; 1048576", "K; 0; 32768"})
    void theFirstLevelIsTheCacheOfData(String size, String shared, long bytes) throws IOException {
        cache("index0", "1", "Instruction", "64K", "0");
        cache("index1", "1", "Data", size, shared);
        assertThat(Caches.firstLevel(folder)).isEqualTo(bytes);
        assertThat(Caches.firstLevel(folder.resolve("absent"))).isEqualTo(1L << 15);
    }

    @Test
    void partsAndSweepsAreEvenAndCoverTheInputs() {
        for (int inputs : new int[] {1, 2, 3, 191, 193, 512, 1025, 1 << 20}) {
            for (int part : new int[] {Tuning.sweep(inputs), Tuning.part(inputs, 64, 4)}) {
                assertThat(part % 2).isZero();
                int parts = (inputs + part - 1) / part;
                assertThat(inputs - (parts - 1) * part).as("the last part").isBetween(1, part);
            }
            assertThat(Tuning.part(inputs, 1, 4)).isEqualTo(inputs);
        }
    }

    @Test
    void withoutAListItIsOneMegabyte() throws IOException {
        assertThat(Caches.secondLevel(folder.resolve("absent"))).isEqualTo(1L << 20);
        cache("index0", "1", "Data", "48K", "0");
        assertThat(Caches.secondLevel(folder)).isEqualTo(1L << 20);
    }

    @Test
    void blocksOfRowsLeaveRoomForAPanelAndAreOfOneSize() {
        for (int rows : new int[] {1, 8, 81, 648, 650, 5000}) {
            for (long row : new long[] {4, 2048, 8192, 1 << 20}) {
                int block = Tuning.batchRows(rows, row, 48);
                assertThat(block).isPositive().isLessThanOrEqualTo((rows + 7) / 8 * 8);
                assertThat(block % 8).isZero();
                int blocks = (rows + block - 1) / block;
                assertThat(rows - (blocks - 1) * block).isGreaterThan(block / 2 - 8);
            }
        }
    }
}
