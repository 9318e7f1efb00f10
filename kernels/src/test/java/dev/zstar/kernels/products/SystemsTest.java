package dev.zstar.kernels.products;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of many systems in one call: each is what it would be alone. */
class SystemsTest {
    @ParameterizedTest
    @EnumSource(Type.class)
    void everySystemIsWhatItIsAlone(Type type) {
        for (EngineProvider provider : Reference.available()) {
            for (int count : new int[] {1, 3, 40}) {
                for (int transposed = 0; transposed < 4; transposed++) {
                    boolean ta = (transposed & 1) != 0;
                    boolean tb = (transposed & 2) != 0;
                    int m = 9;
                    int k = 21;
                    int n = 35;
                    try (Engine engine = provider.create(3);
                            Block a = Reference.random(type, count * (ta ? k : m), ta ? m : k, 1);
                            Block b = Reference.random(type, count * (tb ? n : k), tb ? k : n, 2);
                            Block c = Reference.random(type, count * m, n, 3);
                            Block alone = Reference.random(type, count * m, n, 3)) {
                        engine.gemm(count, 2, a, ta, b, tb, 0.5, c);
                        for (int i = 0; i < count; i++) {
                            engine.gemm(2, a.part(i, count), ta, b.part(i, count), tb, 0.5, alone.part(i, count));
                        }
                        assertThat(c.toDoubles()).as("%s, %d systems", provider.name(), count).isEqualTo(alone.toDoubles());
                        assertThat(Reference.paddingIsNaN(c)).isTrue();
                    }
                }
            }
        }
    }

    @Test
    void nothingIsAllocatedOnceTheViewsAreMade() {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (Engine engine = Engines.named("simd", 1);
                Block a = Reference.random(Type.F32, 50 * 16, 16, 1);
                Block b = Reference.random(Type.F32, 50 * 16, 16, 2);
                Block c = Reference.random(Type.F32, 50 * 16, 16, 3)) {
            long bytes = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 20_000 && bytes > 0; attempt++) {
                long before = counter.getCurrentThreadAllocatedBytes();
                engine.gemm(50, 1, a, false, b, false, 0, c);
                bytes = counter.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(bytes).isZero();
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        try (Engine engine = Engines.named("simd", 1);
                Block a = Block.allocate(Type.F32, 12, 5);
                Block b = Block.allocate(Type.F32, 15, 4);
                Block c = Block.allocate(Type.F32, 12, 4);
                Block other = Block.allocate(Type.F32, 12, 3)) {
            engine.gemm(3, 1, a, false, b, false, 0, c);
            assertThatThrownBy(() -> engine.gemm(4, 1, a, false, b, false, 0, c))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("gemm: b is 15×4 f32, expected rows for 4 systems of equal size");
            assertThatThrownBy(() -> engine.gemm(3, 1, a, false, b, false, 0, other)).hasMessage("gemm: c is 4×3 f32, expected 4×4 f32");
            assertThatThrownBy(() -> engine.gemm(3, 1, a, false, b, false, 0, a))
                    .hasMessage("gemm: c overlaps a, expected blocks that share no memory");
            assertThatThrownBy(() -> c.part(0, 5)).hasMessage("part: 5 equal parts of a block of 12×4 f32, expected a divisor of its rows");
        }
    }
}
