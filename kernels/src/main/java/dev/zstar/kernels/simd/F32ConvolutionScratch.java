package dev.zstar.kernels.simd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a thread works with while it computes a convolution; grows to the largest that it has met. */
final class F32ConvolutionScratch {
    /** A tile's accumulators on their way in and out: at most 8×3 vectors. */
    final float[] tile = new float[8 * 3 * jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.length()];

    private float[] gathered = new float[0];
    private MemorySegment edge = MemorySegment.NULL;

    float[] gathered(int length) {
        if (gathered.length < length) {
            gathered = new float[length];
        }
        return gathered;
    }

    /** Memory outside the heap, freed with the thread. */
    long edge(long bytes) {
        if (edge.byteSize() < bytes) {
            edge = Arena.ofAuto().allocate(bytes, 64);
        }
        return edge.address();
    }
}
