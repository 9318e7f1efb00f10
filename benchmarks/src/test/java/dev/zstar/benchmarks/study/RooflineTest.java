package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Type;
import org.junit.jupiter.api.Test;

/** What the roofline draws: operations, bytes and the level of memory of a case. */
class RooflineTest {
    @Test
    void everyOperandCountsOnce() {
        KernelCase product = new KernelCase(KernelCase.Comparison.GEMM, Type.F64, 8, 3, 1);
        assertThat(product.operations()).isEqualTo(2 * 8 * 8 * 3);
        assertThat(product.leastBytes("simd")).isEqualTo(8 * (8 * 8 + 2 * 8 * 3));
        KernelCase fused = new KernelCase(KernelCase.Comparison.FUSED, Type.F32, 8, 3, 1);
        assertThat(fused.leastBytes("fused")).as("with the injection").isEqualTo(4 * (8 * 8 + 3 * 8 * 3));
        KernelCase narrow = new KernelCase(KernelCase.Comparison.INT8, Type.F32, 8, 1, 1);
        assertThat(narrow.leastBytes("int8")).isEqualTo(8 * 8 + 4 * 2 * 8);
        assertThat(narrow.leastBytes("f32")).isEqualTo(4 * (8 * 8 + 2 * 8));
        KernelCase transform = new KernelCase(KernelCase.Comparison.TRANSFORM, Type.F32, 5, 1, 1);
        assertThat(transform.leastBytes("simd")).as("a matrix and two vectors").isEqualTo(5 * 4 * (16 + 4 + 4));
    }

    @Test
    void levelsGrowWithBytesAndShrinkWithThreads() {
        assertThat(Roofline.level(1, 1)).isEqualTo(1);
        assertThat(Roofline.level(1e15, 1)).isEqualTo(4);
        int before = 1;
        for (double bytes = 1024; bytes < 1e12; bytes *= 2) {
            int level = Roofline.level(bytes, 1);
            assertThat(level).isGreaterThanOrEqualTo(before);
            assertThat(Roofline.level(bytes, 2)).isLessThanOrEqualTo(level);
            before = level;
        }
    }
}
