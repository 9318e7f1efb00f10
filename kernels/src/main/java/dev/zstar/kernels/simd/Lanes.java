package dev.zstar.kernels.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Sums over the lanes of a vector, in a fixed tree. {@code reduceLanes} promises no order: interpreter and JIT differ in the last bit. */
final class Lanes {
    static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED;
    static final int COUNT = D.length();
    /** Of a vector, of whatever elements. */
    static final int BITS = D.vectorBitSize();

    private static final VectorShuffle<Double> BY_4 = rotation(4);
    private static final VectorShuffle<Double> BY_2 = rotation(2);
    private static final VectorShuffle<Double> BY_1 = rotation(1);

    private Lanes() {}

    private static VectorShuffle<Double> rotation(int by) {
        return VectorShuffle.fromOp(D, lane -> (lane + by) % D.length());
    }

    static double sum(DoubleVector v) {
        if (COUNT >= 8) {
            v = v.add(v.rearrange(BY_4));
        }
        if (COUNT >= 4) {
            v = v.add(v.rearrange(BY_2));
        }
        if (COUNT >= 2) {
            v = v.add(v.rearrange(BY_1));
        }
        return v.lane(0);
    }
}
