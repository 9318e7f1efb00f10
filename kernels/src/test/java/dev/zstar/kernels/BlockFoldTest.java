package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Block#folded} and {@link Block#copyColumns}. */
class BlockFoldTest {
    @ParameterizedTest
    @EnumSource(Type.class)
    void aFoldIsTheSameMemoryRowByRow(Type type) {
        int line = 64 / type.bytes();
        try (Block block = Reference.random(type, 5, 6 * line, 1)) {
            for (int parts : new int[] {1, 2, 3, 6}) {
                Block fold = block.folded(parts);
                assertThat(fold.shape()).isEqualTo(5 * parts + "×" + 6 * line / parts + " " + type);
                assertThat(fold.toDoubles()).isEqualTo(block.toDoubles());
                assertThat(fold.bytes()).isEqualTo(block.bytes());
                fold.set(5 * parts - 1, 6 * line / parts - 1, parts);
                assertThat(block.get(4, 6 * line - 1)).isEqualTo(parts);
                fold.close();
                assertThat(block.folded(parts)).isSameAs(fold);
            }
            Block head = block.head(2).folded(3);
            assertThat(head.rows()).isEqualTo(6);
            assertThat(head.address()).isEqualTo(block.address());
            assertThat(block.head(2).folded(3)).isSameAs(head);
            assertThat(block.part(4, 5).folded(2).get(1, 0)).isEqualTo(block.get(4, 3 * line));
            assertThat(block.folded(6).folded(1).cols()).isEqualTo(line);
            assertThat(block.head(0).folded(3).shape()).isEqualTo("0×" + 2 * line + " " + type);
            assertThat(block.closed()).isFalse();
        }
    }

    /** Of every shape: where a fold is possible, element (p, i) is element (p · parts + i / width, i % width) of it. */
    @Test
    void whatCanFoldHasEveryElementInItsPlace() {
        int possible = 0;
        for (int cols = 0; cols <= 200; cols++) {
            try (Block block = Reference.random(Type.F32, 3, cols, cols)) {
                for (int parts = 1; parts <= 20; parts++) {
                    int divisor = parts;
                    if (!block.canFold(parts)) {
                        assertThatThrownBy(() -> block.folded(divisor)).isInstanceOf(IllegalArgumentException.class);
                        continue;
                    }
                    possible++;
                    assertThat(block.folded(parts).toDoubles()).as("%d columns, %d parts", cols, parts).isEqualTo(block.toDoubles());
                }
            }
        }
        // One part of each of 201 widths, 19 more of none, and 23 ways to cut a multiple of 16 columns into multiples of 16.
        assertThat(possible).isEqualTo(201 + 19 + 23);
    }

    @Test
    void aWrongFoldIsASentence() {
        try (Block block = Block.allocate(Type.F32, 3, 96);
                Block padded = Block.allocate(Type.F32, 3, 1024);
                Block narrow = Block.allocate(Type.F32, 3, 20)) {
            for (int parts : new int[] {0, -1, 4, 5, 97, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertThat(block.canFold(parts)).isFalse();
                assertThatThrownBy(() -> block.folded(parts)).hasMessage("folded: " + parts + " parts of each row of a block of 3×96 f32"
                        + " with 96 elements from row to row, expected a divisor of its columns that leaves no padding");
            }
            // The rows of 4096 bytes are a cache line apart, and those of 20 elements would be halves without their padding.
            assertThat(padded.canFold(8) || narrow.canFold(2)).isFalse();
            assertThat(padded.canFold(1)).isTrue();
        }
        try (Block wide = Block.allocate(Type.F32, 1 << 16, 0)) {
            assertThat(wide.canFold(1 << 14)).isTrue();
            assertThat(wide.canFold(1 << 15)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void columnsAreCopiedInEveryRow(Type type) {
        try (Block source = Block.of(type, 2, 3, 1, 2, 3, 4, 5, 6);
                Block target = Reference.padded(type, 2, 5);
                Block rows = Block.allocate(type, 3, 3);
                Block other = Block.allocate(type == Type.F32 ? Type.F64 : Type.F32, 2, 3)) {
            target.fill(0);
            target.copyColumns(source, 1, 3, 2);
            assertThat(target.toDoubles()).containsExactly(0, 0, 0, 2, 3, 0, 0, 0, 5, 6);
            assertThat(Reference.paddingIsNaN(target)).isTrue();
            target.copyColumns(source, 3, 5, 0);
            target.copyColumns(target, 3, 2, 2);
            assertThat(target.toDoubles()).as("within a block").containsExactly(0, 0, 2, 3, 3, 0, 0, 5, 6, 6);
            for (int[] wrong : new int[][] {{-1, 0, 1}, {0, -1, 1}, {0, 0, -1}, {0, 0, 4}, {2, 0, 2}, {0, 4, 2}, {0, 0, Integer.MAX_VALUE},
                    {Integer.MAX_VALUE, 0, 1}, {1, Integer.MAX_VALUE, 1}}) {
                assertThatThrownBy(() -> target.copyColumns(source, wrong[0], wrong[1], wrong[2]))
                        .isInstanceOf(IndexOutOfBoundsException.class).hasMessageStartingWith("copyColumns: " + wrong[2] + " columns of ");
            }
            assertThatThrownBy(() -> target.copyColumns(source, 2, 0, 2))
                    .hasMessage("copyColumns: 2 columns of the source from column 2 on, expected some of its 3");
            assertThatThrownBy(() -> target.copyColumns(rows, 0, 0, 1)).hasMessageContaining("the source is 3×3");
            assertThatThrownBy(() -> target.copyColumns(other, 0, 0, 1)).hasMessageContaining("the source is 2×3");
            assertThatThrownBy(() -> target.copyColumns(null, 0, 0, 1)).hasMessage("copyColumns: the source is null");
        }
    }

    @Test
    void viewsThatOverlapAreRefused() {
        try (Block block = Block.allocate(Type.F32, 4, 32)) {
            assertThatThrownBy(() -> block.part(1, 2).copyColumns(block.part(2, 4).folded(2), 0, 0, 1))
                    .hasMessageContaining("overlaps");
            assertThatThrownBy(() -> block.head(2).copyColumns(block.folded(2).head(2), 0, 1, 1)).hasMessageContaining("overlaps");
            assertThatThrownBy(() -> block.head(3).copyColumns(block.part(1, 4).folded(1), 0, 0, 1)).hasMessageContaining("expected 3×32");
        }
    }

    @Test
    void foldsAndCopiesAllocateNothing() {
        try (Block block = Block.allocate(Type.F32, 4, 96);
                Block narrow = Block.allocate(Type.F32, 8, 7)) {
            Reference.assertAllocatesNothing(() -> {
                block.head(2).folded(2);
                block.folded(3);
                narrow.copyColumns(block.folded(2), 5, 0, 7);
            });
        }
    }

    @Test
    void aFoldOfAClosedBlockIsClosed() {
        Block block = Block.allocate(Type.F32, 4, 32);
        Block fold = block.folded(2);
        block.close();
        assertThat(fold.closed()).isTrue();
        assertThatThrownBy(() -> fold.get(0, 0)).hasMessage("a block of 8×16 f32 was used after it was closed");
    }
}
