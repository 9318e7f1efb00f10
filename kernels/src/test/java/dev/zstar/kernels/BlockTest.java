package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks, their views, and their end. */
class BlockTest {
    @ParameterizedTest
    @EnumSource(Type.class)
    void closingAViewClosesNothing(Type type) {
        try (Block block = Block.allocate(type, 6, 3);
                Block empty = Block.allocate(type, 6, 0)) {
            Block[] views = {
                block.head(6), block.head(2), block.head(0), block.part(0, 1), block.part(1, 2), block.head(4).part(1, 2)
            };
            for (Block view : views) {
                view.close();
                assertThat(block.closed()).as("after a view of %s", view.shape()).isFalse();
            }
            empty.head(3).close();
            empty.part(0, 1).close();
            assertThat(empty.closed()).isFalse();
            block.set(5, 2, 7);
            assertThat(block.part(1, 2).get(2, 2)).isEqualTo(7);
        }
    }

    @Test
    void aViewOfAClosedBlockIsClosed() {
        Block block = Block.allocate(Type.F32, 4, 4);
        Block view = block.head(2);
        long live = Block.liveBytes();
        block.close();
        block.close();
        assertThat(Block.liveBytes()).isEqualTo(live - block.bytes());
        assertThatThrownBy(() -> view.get(0, 0)).isInstanceOf(IllegalStateException.class)
                .hasMessage("a block of 2×4 f32 was used after it was closed");
        assertThatThrownBy(() -> Operands.open("scale", "x", view))
                .hasMessage("scale: x, a block of 2×4 f32, was used after it was closed");
    }

    @Test
    void aWrongIndexIsASentence() {
        try (Block block = Block.allocate(Type.F32, 6, 2)) {
            assertThatThrownBy(() -> block.part(3, 3)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("part: part 3 of 3 equal parts of a block of 6×2 f32, expected 0 to 2");
            assertThatThrownBy(() -> block.part(1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> block.part(-1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> block.part(0, 4)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> block.head(7)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("head: 7 rows of a block of 6×2 f32, expected 0 to 6");
            assertThatThrownBy(() -> block.range(4, 3)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("range: 3 rows from row 4 of a block of 6×2 f32, expected rows within 0 to 5");
            assertThatThrownBy(() -> block.range(-1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> block.range(Integer.MAX_VALUE, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> block.range(2, -1)).isInstanceOf(IndexOutOfBoundsException.class);
            block.range(4, 2).set(1, 0, 7);
            assertThat(block.get(5, 0)).isEqualTo(7);
            assertThat(block.range(6, 0).rows()).isZero();
            assertThatThrownBy(() -> block.get(0, 2)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("element (0, 2) of a block of 6×2 f32, expected a row from 0 to 5 and a column from 0 to 1");
            assertThatThrownBy(() -> block.head(0).set(0, 0, 1)).hasMessage("element (0, 0) of a block of 0×2 f32, expected none");
            assertThatThrownBy(() -> block.copyRow(block, 6, 0)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("copyRow: row 6 of 6×2 f32 to row 0 of 6×2 f32, expected rows that exist in both blocks");
            assertThatThrownBy(() -> block.copyFrom((double[]) null)).hasMessage("copyFrom: the array of values is null");
            assertThatThrownBy(() -> block.copyFrom((Block) null)).hasMessage("copyFrom: the source is null");
            assertThatThrownBy(() -> block.head(4).copyFrom(block.part(0, 1).head(4).part(1, 4).head(1).part(0, 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> block.part(1, 2).head(2).copyFrom(block.part(1, 3))).hasMessageContaining("overlaps");
        }
        assertThatThrownBy(() -> Block.allocate(null, 1, 1)).hasMessage("a block: its type is null");
        assertThatThrownBy(() -> Block.bytes(Type.F32, -1, 1)).hasMessage("a block of -1×1, expected dimensions of at least 0");
    }

    @Test
    void valuesAreRoundedToTheType() {
        try (Block ints = Block.of(Type.F64, 1, 1, (1 << 24) + 1);
                Block floats = Block.of(Type.F64, 2, 1, new float[] {0.1f, 2});
                Block rounded = Block.of(Type.F32, 1, 1, 0.1)) {
            assertThat(ints.get(0, 0)).isEqualTo((1 << 24) + 1);
            assertThat(floats.toDoubles()).containsExactly(0.1f, 2);
            assertThat(rounded.get(0, 0)).isEqualTo(0.1f);
        }
    }

    @Test
    void aBlockThatTakesNoValuesIsGivenBack() {
        long live = Block.liveBytes();
        assertThatThrownBy(() -> Block.of(Type.F32, 2, 2, 1, 2, 3)).hasMessage("Block.of: 3 values, expected 4 for 2×2 f32");
        assertThatThrownBy(() -> Block.of(Type.F32, 2, 2, new float[3])).hasMessage("Block.of: 3 values, expected 4 for 2×2 f32");
        assertThat(Block.liveBytes()).isEqualTo(live);
    }

    @Test
    void elementsThatDoNotFitAnIntAreNotCountedInOne() {
        try (Block block = Block.allocate(Type.F32, 1 << 16, 0)) {
            assertThatThrownBy(() -> block.copyFrom(1.0)).hasMessageContaining("expected 0");
        }
        // 65536 · 65536 wraps to 0; no such block is needed to see it.
        assertThat(Block.bytes(Type.F32, 1 << 16, 1 << 16)).isGreaterThan(1L << 34);
    }

    @Test
    void partsMayBeAskedForByThreadsWithDifferentCounts() throws InterruptedException {
        try (Block block = Block.allocate(Type.F32, 12, 1)) {
            for (int i = 0; i < 12; i++) {
                block.set(i, 0, i);
            }
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread[] threads = new Thread[4];
            for (int t = 0; t < threads.length; t++) {
                int count = new int[] {2, 3, 4, 6}[t];
                threads[t] = new Thread(() -> {
                    for (int round = 0; round < 100_000; round++) {
                        Block part = block.part(count - 1, count);
                        if (part.rows() != 12 / count || part.get(0, 0) != 12 - 12 / count) {
                            failure.set(new AssertionError("part " + (count - 1) + " of " + count + " is " + part));
                        }
                    }
                });
                threads[t].setUncaughtExceptionHandler((thread, e) -> failure.set(e));
                threads[t].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failure.get()).isNull();
        }
    }

    @Test
    void aBlockThatNobodyClosedIsFreedAndCounted() throws InterruptedException {
        long lost = Block.lost();
        Block view = lose();
        System.gc();
        Thread.sleep(50);
        assertThat(view.get(0, 0)).as("a view keeps its block").isEqualTo(3);
        assertThat(Block.lost()).isEqualTo(lost);
        view = null;
        for (int attempt = 0; attempt < 200 && Block.lost() == lost; attempt++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(Block.lost()).isEqualTo(lost + 1);
    }

    private static StackTraceElement[] frames(String... classes) {
        return Stream.of(classes).map(name -> new StackTraceElement(name, "call", null, 1)).toArray(StackTraceElement[]::new);
    }

    /** From the call of the library that allocated, with the user's frames. */
    @Test
    void thePlaceOfALostBlockIsTheUsers() {
        assertThat(BlockMemory.shown(frames("dev.zstar.kernels.BlockMemory", "dev.zstar.kernels.Block", "dev.zstar.solvers.Workspace",
                "java.util.stream.IntPipeline", "dev.zstar.solvers.fixedpoint.Anderson", "java.util.Optional", "mine.Main", "mine.Other")))
                .isEqualTo(frames("dev.zstar.solvers.fixedpoint.Anderson", "java.util.Optional", "mine.Main", "mine.Other"));
        String[] deep = new String[40];
        Arrays.fill(deep, "mine.Deep");
        deep[0] = "dev.zstar.kernels.BlockMemory";
        deep[1] = "dev.zstar.Equilibrium";
        assertThat(BlockMemory.shown(frames(deep))).hasSize(13).startsWith(frames("dev.zstar.Equilibrium", "mine.Deep"));
        String[] own = new String[20];
        Arrays.fill(own, "dev.zstar.solvers.Workspace");
        own[19] = "java.lang.Thread";
        assertThat(BlockMemory.shown(frames(own))).as("no frame of a user").hasSize(12);
        assertThat(BlockMemory.shown(frames("dev.zstar.kernels.Block"))).hasSize(1);
    }

    private static Block lose() {
        Block block = Block.allocate(Type.F64, 10, 10);
        block.set(0, 0, 3);
        return block.head(1);
    }

    @Test
    void fillSetsElementsAndNoPadding() {
        for (int[] shape : new int[][] {{0, 3}, {3, 0}, {1, 1}, {3, 17}}) {
            for (Type type : Type.values()) {
                try (Block block = Block.allocate(type, shape[0], shape[1])) {
                    block.segment().fill((byte) -1);
                    block.fill(2.5);
                    int elements = shape[0] * shape[1];
                    assertThat(block.toDoubles()).hasSize(elements);
                    assertThat(Arrays.stream(block.toDoubles()).filter(x -> x == 2.5)).hasSize(elements);
                    long written = 0;
                    for (long at = 0; at < block.bytes(); at += type.bytes()) {
                        written += block.segment().get(java.lang.foreign.ValueLayout.JAVA_INT, at) == -1 ? 0 : 1;
                    }
                    assertThat(written).isEqualTo(elements);
                }
            }
        }
    }
}
