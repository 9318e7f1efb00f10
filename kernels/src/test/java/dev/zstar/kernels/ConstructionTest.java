package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.spi.PlainWeights;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is refused half way gives back what it had allocated. */
class ConstructionTest {
    @Test
    void whatIsRefusedKeepsNothing() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block f32 = Block.allocate(Type.F32, 4, 9);
                    Block f64 = Block.allocate(Type.F64, 4, 9)) {
                Block closed = Block.allocate(Type.F32, 4, 9);
                closed.close();
                Convolution convolution = new Convolution(3, 1, 1, 4);
                List<ThrowingCallable> refused = new ArrayList<>(List.of(
                        () -> Block.of(Type.F32, 2, 2, 1),
                        () -> Block.of(Type.F64, 2, 2, (double[]) null),
                        () -> Block.allocate(Type.F32, -1, 2),
                        () -> Block.allocate(null, 1, 2),
                        () -> Basis.allocate(engine, Type.F32, 3, 0, 4),
                        () -> Basis.allocate(engine, Type.F32, 3, -2, 4),
                        () -> Basis.allocate(engine, Type.F32, -3, 2, 4),
                        () -> Basis.allocate(engine, Type.F32, 1 << 20, 1 << 20, 4),
                        () -> Basis.allocate(engine, null, 1, 1, 4),
                        () -> engine.pack(closed),
                        () -> engine.pack(null),
                        () -> engine.pack(f64, Format.BF16),
                        () -> engine.pack(f64, Format.INT8),
                        () -> engine.pack(f32, null),
                        () -> new PlainWeights("x", closed, Format.FULL),
                        () -> new PlainWeights("x", f32, null),
                        () -> engine.images().pack(convolution, closed),
                        () -> engine.images().pack(null, f32),
                        () -> engine.images().pack(new Convolution(3, 1, 2, 4), f32),
                        () -> DropoutMask.perElement(engine, Type.F32, 2, 2, 1.5, 1),
                        () -> DropoutMask.perElement(engine, null, 2, 2, 0.5, 1),
                        () -> DropoutMask.perElement(engine, Type.F32, -2, 2, 0.5, 1),
                        () -> DropoutMask.shared(null, Type.F32, 2, 0.5, 1)));
                for (int i = 0; i < refused.size(); i++) {
                    long live = Block.liveBytes();
                    assertThatThrownBy(refused.get(i)).as("case %d", i).isInstanceOfAny(
                            IllegalArgumentException.class, IllegalStateException.class, NullPointerException.class);
                    assertThat(Block.liveBytes()).as("after case %d", i).isEqualTo(live);
                }
            }
        }
    }

    @Test
    void anAllocationClosesWhatIsNotKeptInReverse() {
        List<String> closed = new ArrayList<>();
        try (Allocation allocation = new Allocation()) {
            allocation.add(() -> closed.add("a"));
            allocation.add(() -> closed.add("b"));
        }
        assertThat(closed).containsExactly("b", "a");
        try (Allocation allocation = new Allocation()) {
            allocation.add(() -> closed.add("c"));
            allocation.keep();
        }
        assertThat(closed).hasSize(2);
    }
}
