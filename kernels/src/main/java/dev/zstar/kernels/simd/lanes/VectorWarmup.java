package dev.zstar.kernels.simd.lanes;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Uses every operation of the vector API that the kernels need, alternating, before the JIT compiles any of them.
 *
 * <p>All operations share the methods of the API, and some of these look up at first use what an operation or a species needs. If the
 * JIT has already compiled a caller without that path, a first use causes a deoptimisation, which is counted in the method's profile. A
 * kernel inlines such a method a hundred times, and the JIT adds up the counts of all copies. Above {@code PerMethodTrapLimit} (100) it
 * compiles every path, and on those that build an exception's message every vector is an object. The first use of a bf16 kernel after
 * others had run made it 5 to 8 times slower for good, in one process out of two.
 *
 * <p>It helps only code that is compiled afterwards. A process that runs its own vector code before it creates the first engine can use
 * {@code -XX:PerMethodTrapLimit=100000} instead.
 */
public final class VectorWarmup {
    /** Enough calls for the C1 compiler to profile the shared methods (200), with every operation in the profile. */
    private static final int ROUNDS = 150;

    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final VectorSpecies<Byte> B = VectorSpecies.of(byte.class, VectorShape.forBitSize(F.vectorBitSize() / 4));

    private VectorWarmup() {}

    /** Once for the process, before any other code of this package runs a vector operation often. */
    public static void once() {
        Done.touch();
    }

    private static final class Done {
        static {
            float[] floats = new float[2 * F.length()];
            double[] doubles = new double[2 * D.length()];
            try (Block memory = Block.allocate(Type.F64, 4, 2 * D.length())) {
                for (int round = 0; round < ROUNDS; round++) {
                    F32VectorWarmup.run(memory.address(), floats);
                    F64VectorWarmup.run(memory.address(), doubles);
                    widening(memory.address(), doubles, floats);
                }
            }
        }

        static void touch() {}
    }

    private static void widening(long at, double[] doubles, float[] floats) {
        FloatVector x = FloatVector.fromMemorySegment(F, ALL, at, ORDER);
        Vector<Double> low = x.convertShape(VectorOperators.F2D, D, 0);
        Vector<Double> high = x.convertShape(VectorOperators.F2D, D, 1);
        ((DoubleVector) low).add((DoubleVector) high).intoArray(doubles, 0);
        Vector<Float> narrowed = ((DoubleVector) low).mul(0.5).fma(DoubleVector.broadcast(D, 0.5), (DoubleVector) high)
                .convertShape(VectorOperators.D2F, F, 0);
        ((FloatVector) narrowed).rearrange(Lanes.HALVES).intoArray(floats, 0);
        Vector<Float> integers = ByteVector.fromMemorySegment(B, ALL, at, ORDER).convertShape(VectorOperators.B2F, F, 0);
        ((FloatVector) integers).intoArray(floats, 0);
    }
}
