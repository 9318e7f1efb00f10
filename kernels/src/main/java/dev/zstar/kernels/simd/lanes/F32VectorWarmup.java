package dev.zstar.kernels.simd.lanes;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Runs every operation on vectors of one type once, for {@link VectorWarmup}. The results have no meaning. */
final class F32VectorWarmup {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED; // twin: private static final VectorSpecies<Long> I = jdk.incubator.vector.LongVector.SPECIES_PREFERRED;
    private static final int[] FIRST = new int[I.length()]; // twin: private static final long[] FIRST = new long[I.length()];

    private static final VectorShuffle<Float> NEIGHBOURS = VectorShuffle.fromOp(S, lane -> lane ^ 1);

    private F32VectorWarmup() {}

    /** Uses a vector at an address, and two in an array. */
    static void run(long at, float[] t) {
        int n = S.length();
        FloatVector x = FloatVector.fromMemorySegment(S, ALL, at, ORDER);
        FloatVector y = FloatVector.fromArray(S, t, 0);
        FloatVector z = FloatVector.broadcast(S, 0.5f);
        var tail = S.indexInRange(0, n - 1);
        y = x.fma(y, z).add(z).sub(x).mul(0.5f).mul(z).div(z.add(1)).abs().neg().min(z).max(x).add(FloatVector.zero(S)).sqrt();
        y = y.blend(z, x.compare(VectorOperators.GT, z)).blend(x, y.lt(z)).blend(z, x.compare(VectorOperators.LE, 1).not());
        y = y.lanewise(VectorOperators.MAX, x).lanewise(VectorOperators.NEG, y.eq(z).or(tail));
        var bits = y.reinterpretAsInts().and(Integer.MAX_VALUE).add(1); // twin: var bits = y.reinterpretAsLongs().and(Long.MAX_VALUE).add(1);
        bits = bits.lanewise(VectorOperators.LSHL, 1).max(1).min(1 << 30);
        bits = IntVector.fromArray(I, FIRST, 0).selectFrom(bits, bits.add(1)); // twin: bits = jdk.incubator.vector.LongVector.fromArray(I, FIRST, 0).selectFrom(bits, bits.add(1));
        var seven = IntVector.zero(I).blend(IntVector.broadcast(I, 7), bits.compare(VectorOperators.LT, 2)); // twin: var seven = jdk.incubator.vector.LongVector.zero(I).blend(jdk.incubator.vector.LongVector.broadcast(I, 7), bits.compare(VectorOperators.LT, 2));
        bits = bits.blend(seven, bits.compare(VectorOperators.GT, seven)).blend(3, bits.compare(VectorOperators.LT, 2));
        y = y.add(bits.reinterpretAsFloats()).rearrange(NEIGHBOURS);
        y.intoArray(t, 0);
        y.intoMemorySegment(ALL, at, ORDER, tail);
        FloatVector.fromMemorySegment(S, ALL, at, ORDER, tail).intoMemorySegment(ALL, at, ORDER);
        var words = IntVector.fromMemorySegment(I, ALL, at, ORDER); // twin: var words = jdk.incubator.vector.LongVector.fromMemorySegment(I, ALL, at, ORDER);
        words.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(t, n);
        t[0] = bits.lane(0) + x.reduceLanes(VectorOperators.MAX);
    }
}
