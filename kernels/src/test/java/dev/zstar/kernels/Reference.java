package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;

/** What tests share: random blocks whose padding is NaN, products in f64, and the error bound of a sum of products. */
public final class Reference {
    private Reference() {}

    /** The providers that can run here. */
    public static List<EngineProvider> available() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty()).toList();
    }

    /** Every available engine with 1, 2, 3 and 7 threads. */
    public static Stream<Engine> engines() {
        return available().stream().flatMap(provider -> Stream.of(1, 2, 3, 7).map(provider::create));
    }

    /** Entries from the standard normal distribution; the padding is NaN. */
    public static Block random(Type type, int rows, int cols, long seed) {
        Block block = padded(type, rows, cols);
        Random random = new Random(seed);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian());
            }
        }
        return block;
    }

    /** These rows of a batch, in this order. */
    public static Rows rows(int batch, int... selection) {
        Rows rows = new Rows(batch);
        for (int p = 0; p < selection.length; p++) {
            rows.place(p, selection[p]);
        }
        rows.truncate(selection.length);
        return rows;
    }

    /** NaN everywhere, in the padding too. */
    public static Block padded(Type type, int rows, int cols) {
        Block block = Block.allocate(type, rows, cols);
        for (long at = 0; at < block.bytes(); at += type.bytes()) {
            if (type == Type.F32) {
                block.segment().set(java.lang.foreign.ValueLayout.JAVA_FLOAT, at, Float.NaN);
            } else {
                block.segment().set(java.lang.foreign.ValueLayout.JAVA_DOUBLE, at, Double.NaN);
            }
        }
        return block;
    }

    /** Whether nothing was written beyond the last column. */
    public static boolean paddingIsNaN(Block block) {
        for (int i = 0; i < block.rows(); i++) {
            for (int j = block.cols(); j < block.stride(); j++) {
                long at = ((long) i * block.stride() + j) * block.type().bytes();
                double value = block.type() == Type.F32
                        ? block.segment().get(java.lang.foreign.ValueLayout.JAVA_FLOAT, at)
                        : block.segment().get(java.lang.foreign.ValueLayout.JAVA_DOUBLE, at);
                if (!Double.isNaN(value)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** {@code γ_k = k u / (1 - k u)}. */
    public static double gamma(int k, Type type) {
        double ku = k * type.unitRoundoff();
        return ku / (1 - ku);
    }

    /**
     * Compares a gradient of {@code ⟨weights, out⟩} with respect to {@code x} with differences of fourth order. At a step of 1e-3 their
     * own error is about 1e-12 times a fifth derivative, and 1e-13 from rounding.
     */
    public static void assertGradient(String name, Block x, Block gradient, Block out, Block weights, Runnable forward) {
        double h = 1e-3;
        for (int i = 0; i < x.rows(); i++) {
            for (int j = 0; j < x.cols(); j++) {
                double value = x.get(i, j);
                double difference = 0;
                for (int step = -2; step <= 2; step++) {
                    x.set(i, j, value + step * h);
                    forward.run();
                    double factor = step == 0 ? 0 : (Math.abs(step) == 1 ? 8.0 : -1.0) * Integer.signum(step) / (12 * h);
                    for (int p = 0; p < out.rows(); p++) {
                        for (int c = 0; c < out.cols(); c++) {
                            difference += factor * weights.get(p, c) * out.get(p, c);
                        }
                    }
                }
                x.set(i, j, value);
                assertThat(gradient.get(i, j)).as("the gradient of %s(%d, %d)", name, i, j)
                        .isCloseTo(difference, org.assertj.core.data.Offset.offset(1e-9 * (1 + Math.abs(difference))));
            }
        }
        forward.run();
    }

    /** What {@code simd} computes: the same bits with 1, 2, 3 and 7 threads. */
    public static double[][] forAnyThreads(Function<Engine, double[][]> call) {
        double[][] first = null;
        for (int threads : new int[] {1, 2, 3, 7}) {
            try (Engine engine = Engines.named("simd", threads)) {
                double[][] now = call.apply(engine);
                first = first == null ? now : first;
                assertThat(now).as("%d threads", threads).isDeepEqualTo(first);
            }
        }
        return first;
    }

    /** A vector that the JIT fails to keep in a register becomes an object at every step; so boxing shows as bytes. */
    public static void assertAllocatesNothing(Runnable call) {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long bytes = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 20_000 && bytes > 0; attempt++) {
            long before = counter.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20; i++) {
                call.run();
            }
            bytes = counter.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(bytes).as("bytes per 20 calls").isZero();
    }
}
