package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.ORDER;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Uses every operation of the vector API that the kernels use, in turns, before the JIT compiles any of them.
 *
 * <p>The API's methods are shared by all operations, and some look up on first use what an operation or a species needs. If that
 * happens after the JIT has compiled a caller and left the path of a first use out, the caller is thrown away, and the method it happened in
 * remembers. A kernel inlines such a method a hundred times, and the JIT adds up what each copy remembers; over
 * {@code PerMethodTrapLimit} (100) it leaves no path out any more, and on the paths it then keeps, which make an
 * exception's message, every vector is an object. One first use of a bf16 kernel after
 * others had run made it 5 to 8 times slower for good, in one process out of two.
 *
 * <p>It helps only what comes after it: in a process that has run vector code of its own before the first engine is made, {@code -XX:PerMethodTrapLimit=100000}
 * does the same.
 */
final class Rehearsal {
    /** Enough for the quick compiler to profile what is shared (200 calls), with every operation in the profile. */
    private static final int ROUNDS = 150;

    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> D = Lanes.D;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Long> J = LongVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> B = VectorSpecies.of(byte.class, VectorShape.forBitSize(F.vectorBitSize() / 4));
    private static final int[] ORDERS = new int[I.length()];
    private static final long[] LONG_ORDERS = new long[J.length()];

    private Rehearsal() {}

    /** Once for the process, before any other code of this package runs a vector operation often. */
    static void once() {
        Done.touch();
    }

    private static final class Done {
        static {
            float[] floats = new float[2 * F.length()];
            double[] doubles = new double[2 * D.length()];
            try (Block memory = Block.allocate(Type.F64, 4, 2 * D.length())) {
                for (int round = 0; round < ROUNDS; round++) {
                    floats(memory.address(), floats);
                    doubles(memory.address(), doubles);
                    widening(memory.address(), doubles, floats);
                }
            }
        }

        static void touch() {}
    }

    private static void floats(long at, float[] t) {
        int n = F.length();
        FloatVector x = FloatVector.fromMemorySegment(F, ALL, at, ORDER);
        FloatVector y = FloatVector.fromArray(F, t, 0);
        FloatVector z = FloatVector.broadcast(F, 0.5f);
        var tail = F.indexInRange(0, n - 1);
        y = x.fma(y, z).add(z).sub(x).mul(0.5f).mul(z).div(z.add(1)).abs().neg().min(z).max(x).add(FloatVector.zero(F)).sqrt();
        y = y.blend(z, x.compare(VectorOperators.GT, z)).blend(x, y.lt(z)).blend(z, x.compare(VectorOperators.LE, 1).not());
        y = y.lanewise(VectorOperators.MAX, x).lanewise(VectorOperators.NEG, y.eq(z).or(tail));
        IntVector bits = y.reinterpretAsInts().and(Integer.MAX_VALUE).add(1 << 23).lanewise(VectorOperators.LSHL, 1).max(1).min(1 << 30);
        bits = IntVector.fromArray(I, ORDERS, 0).selectFrom(bits, bits.add(1));
        bits = bits.blend(IntVector.zero(I), bits.compare(VectorOperators.GT, IntVector.broadcast(I, 7))).blend(3, bits.compare(VectorOperators.LT, 2));
        y = y.add(bits.reinterpretAsFloats());
        y.intoArray(t, 0);
        y.intoMemorySegment(ALL, at, ORDER, tail);
        FloatVector.fromMemorySegment(F, ALL, at, ORDER, tail).intoMemorySegment(ALL, at, ORDER);
        IntVector.fromMemorySegment(I, ALL, at, ORDER).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(t, n);
        t[0] = bits.lane(0) + x.reduceLanes(VectorOperators.MAX);
    }

    private static void doubles(long at, double[] t) {
        int n = D.length();
        DoubleVector x = DoubleVector.fromMemorySegment(D, ALL, at, ORDER);
        DoubleVector y = DoubleVector.fromArray(D, t, 0);
        DoubleVector z = DoubleVector.broadcast(D, 0.5);
        var tail = D.indexInRange(0, n - 1);
        y = x.fma(y, z).add(z).sub(x).mul(0.5).mul(z).div(z.add(1)).abs().neg().min(z).max(x).add(DoubleVector.zero(D)).sqrt();
        y = y.blend(z, x.compare(VectorOperators.GT, z)).blend(x, y.lt(z)).blend(z, x.compare(VectorOperators.LE, 1).not());
        y = y.lanewise(VectorOperators.MAX, x).lanewise(VectorOperators.NEG, y.eq(z).or(tail));
        LongVector bits = y.reinterpretAsLongs().and(Long.MAX_VALUE).add(1L << 52).lanewise(VectorOperators.LSHL, 1).max(1).min(1L << 60);
        bits = LongVector.fromArray(J, LONG_ORDERS, 0).selectFrom(bits, bits.add(1));
        bits = bits.blend(LongVector.zero(J), bits.compare(VectorOperators.GT, LongVector.broadcast(J, 7))).blend(3, bits.compare(VectorOperators.LT, 2));
        y = y.add(bits.reinterpretAsDoubles());
        y.intoArray(t, 0);
        y.intoMemorySegment(ALL, at, ORDER, tail);
        DoubleVector.fromMemorySegment(D, ALL, at, ORDER, tail).intoMemorySegment(ALL, at, ORDER);
        t[0] = bits.lane(0) + x.reduceLanes(VectorOperators.MAX);
    }

    private static void widening(long at, double[] doubles, float[] floats) {
        FloatVector x = FloatVector.fromMemorySegment(F, ALL, at, ORDER);
        Vector<Double> low = x.convertShape(VectorOperators.F2D, D, 0);
        Vector<Double> high = x.convertShape(VectorOperators.F2D, D, 1);
        ((DoubleVector) low).add((DoubleVector) high).intoArray(doubles, 0);
        Vector<Float> integers = ByteVector.fromMemorySegment(B, ALL, at, ORDER).convertShape(VectorOperators.B2F, F, 0);
        ((FloatVector) integers).intoArray(floats, 0);
    }
}
