package dev.zstar.kernels;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** What tests share: random blocks whose padding is NaN, products in f64, and the error bound of a sum of products. */
final class Reference {
    private Reference() {}

    /** The providers that can run here. */
    static List<EngineProvider> available() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty()).toList();
    }

    /** Every available engine with 1, 2, 3 and 7 threads. */
    static Stream<Engine> engines() {
        return available().stream().flatMap(provider -> Stream.of(1, 2, 3, 7).map(provider::create));
    }

    /** Entries from the standard normal distribution; the padding is NaN. */
    static Block random(Type type, int rows, int cols, long seed) {
        Block block = padded(type, rows, cols);
        Random random = new Random(seed);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian());
            }
        }
        return block;
    }

    /** NaN everywhere, in the padding too. */
    static Block padded(Type type, int rows, int cols) {
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
    static boolean paddingIsNaN(Block block) {
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
    static double gamma(int k, Type type) {
        double ku = k * type.unitRoundoff();
        return ku / (1 - ku);
    }
}
