package dev.zstar.kernels.simd.lanes;

import dev.zstar.kernels.CallLocal;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums over the lanes of vectors, in a fixed tree: {@code reduceLanes} specifies no order, and interpreter and JIT differ in the last bit.
 * Vectors are passed through an array. As arguments they would be free only if the JIT inlines the method. It does not do so in methods
 * that have inlined much of the vector API, and then each call allocates 96 bytes.
 */
public final class Lanes {
    public static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED;
    public static final int COUNT = D.length();
    /** Bits of a vector, for every element type. */
    public static final int BITS = D.vectorBitSize();

    private static final CallLocal<double[]> ROOM = new CallLocal<>(() -> new double[8 * COUNT]);

    /** Exchanges the halves of a vector. */
    public static final VectorShuffle<Float> HALVES =
            VectorShuffle.fromOp(FloatVector.SPECIES_PREFERRED, lane -> (lane + COUNT) % (2 * COUNT));

    private static final CallLocal<Sums> SUMS = new CallLocal<>(Sums::new);

    private static final class Sums {
        private double[] room = {};
    }

    private Lanes() {}

    /** An array of this call scope, for at least {@code n} sums. */
    public static double[] sums(int n) {
        Sums own = SUMS.get();
        if (own.room.length < n) {
            own.room = new double[n];
        }
        return own.room;
    }

    /** An array of this call scope, for eight vectors. */
    public static double[] room() {
        return ROOM.get();
    }

    /** The sum of the first vector. */
    public static double sum(double[] room) {
        return sum(room, 0);
    }

    /** The sum of the vector that starts at {@code at}. */
    public static double sum(double[] room, int at) {
        if (COUNT == 8) {
            return ((room[at] + room[at + 4]) + (room[at + 2] + room[at + 6]))
                    + ((room[at + 1] + room[at + 5]) + (room[at + 3] + room[at + 7]));
        }
        double sum = 0;
        for (int lane = 0; lane < COUNT; lane++) {
            sum += room[at + lane];
        }
        return sum;
    }
}
