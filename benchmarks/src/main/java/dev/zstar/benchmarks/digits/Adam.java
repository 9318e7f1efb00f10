package dev.zstar.benchmarks.digits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Adam (Kingma and Ba 2015) for one block of parameters, with the usual decay rates. The loops are plain; the JIT vectorises them.
 */
final class Adam implements AutoCloseable {
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.999f;
    private static final float EPSILON = 1e-8f;

    private final Block m;
    private final Block v;
    private final double rate;
    private int t;

    Adam(Block parameters, double rate) {
        m = Block.allocate(Type.F32, parameters.rows(), parameters.cols());
        v = Block.allocate(Type.F32, parameters.rows(), parameters.cols());
        this.rate = rate;
    }

    /** One step against the gradient. The padding is zero in all blocks and stays zero. */
    void step(Block parameters, Block gradient) {
        t++;
        double correction = Math.sqrt(1 - Math.pow(BETA2, t)) / (1 - Math.pow(BETA1, t));
        sweep(parameters.segment(), gradient.segment(), m.segment(), v.segment(), (float) (rate * correction));
    }

    private static void sweep(MemorySegment p, MemorySegment g, MemorySegment m, MemorySegment v, float rate) {
        for (long at = 0; at < p.byteSize(); at += Float.BYTES) {
            float gradient = g.get(ValueLayout.JAVA_FLOAT, at);
            float mean = BETA1 * m.get(ValueLayout.JAVA_FLOAT, at) + (1 - BETA1) * gradient;
            float square = BETA2 * v.get(ValueLayout.JAVA_FLOAT, at) + (1 - BETA2) * gradient * gradient;
            m.set(ValueLayout.JAVA_FLOAT, at, mean);
            v.set(ValueLayout.JAVA_FLOAT, at, square);
            p.set(ValueLayout.JAVA_FLOAT, at, p.get(ValueLayout.JAVA_FLOAT, at) - rate * mean / ((float) Math.sqrt(square) + EPSILON));
        }
    }

    @Override
    public void close() {
        m.close();
        v.close();
    }
}
