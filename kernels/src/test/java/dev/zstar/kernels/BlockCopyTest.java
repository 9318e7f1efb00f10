package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values into blocks and out of them. */
class BlockCopyTest {
    @ParameterizedTest
    @EnumSource(Type.class)
    void arraysGoInAndOutRowByRow(Type type) {
        try (Block block = Reference.padded(type, 2, 3)) {
            block.copyFrom(1.5f, 2, 3, 4, 5, 6);
            assertThat(block.get(1, 0)).isEqualTo(4);
            assertThat(block.toFloats()).containsExactly(1.5f, 2, 3, 4, 5, 6);
            block.copyFrom(0.1, 2, 3, 4, 5, 7);
            assertThat(block.get(0, 0)).isEqualTo(type == Type.F32 ? (double) 0.1f : 0.1);
            assertThat(block.toDoubles()[5]).isEqualTo(7);
            assertThat(Reference.paddingIsNaN(block)).isTrue();
            assertThatThrownBy(() -> block.copyFrom(1.0, 2.0)).hasMessage("copyFrom: 2 values, expected 6 for 2×3 " + type);
        }
    }

    @Test
    void blocksOfAnotherTypeAreRounded() {
        try (Block f64 = Block.of(Type.F64, 1, 2, 0.1, 1e-60);
                Block f32 = Block.allocate(Type.F32, 1, 2)) {
            f32.copyFrom(f64);
            assertThat(f32.toDoubles()).containsExactly((double) 0.1f, 0);
            f64.copyFrom(f32);
            assertThat(f64.toDoubles()).containsExactly((double) 0.1f, 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowIsCopiedAlone(Type type) {
        try (Block source = Block.of(type, 2, 2, 1, 2, 3, 4);
                Block target = Block.allocate(type, 3, 2);
                Block narrow = Block.allocate(type, 2, 1)) {
            target.copyRow(source, 1, 2);
            assertThat(target.toDoubles()).containsExactly(0, 0, 0, 0, 3, 4);
            assertThatThrownBy(() -> target.copyRow(source, 2, 0)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("copyRow: row 2 of 2×2 %s to row 0 of 3×2 %s, expected rows that exist in both blocks", type, type);
            assertThatThrownBy(() -> target.copyRow(narrow, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void viewsThatOverlapAreRefused() {
        try (Block block = Block.allocate(Type.F32, 4, 2)) {
            block.copyFrom(block);
            assertThat(block.part(0, 2).toDoubles()).containsOnly(0);
            assertThatThrownBy(() -> block.head(2).copyFrom(block)).hasMessage("copyFrom: the source is 4×2 f32, expected 2×2 f32");
            block.part(1, 2).copyFrom(block.part(0, 2));
        }
    }
}
