package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.scalar.NormFormulas;
import dev.zstar.kernels.scalar.ScalarAttention;
import dev.zstar.kernels.simd.vectors.F32Rows;

/** Turns the operands of a layer into addresses. */
final class F32LayerJob {
    private F32LayerJob() {}

    static void run(LayerJob job, int from, int to) {
        switch (job.kind) {
            case ATTENTION, ATTENTION_VJP, ATTENTION_JVP -> {
                for (int piece = from; piece < to; piece++) {
                    attention(job, piece);
                }
            }
            case GRADIENTS -> {
                for (int piece = from; piece < to; piece++) {
                    gradients(job, piece);
                }
            }
            default -> {
                for (int p = from; p < to; p++) {
                    row(job, p);
                }
            }
        }
    }

    private static long row(Block block, int p) {
        return block.address() + p * block.strideBytes();
    }

    /** The address of an operand of one row; 0 means none. */
    private static long only(Block block) {
        return block == null ? 0 : block.address();
    }

    private static void row(LayerJob job, int p) {
        int n = job.x.cols();
        long x = row(job.x, p);
        long out = row(job.out, p);
        long gain = only(job.gain);
        switch (job.kind) {
            case GATE -> F32Gate.apply(job.activation, x, row(job.u, p), out, n);
            case GATE_VJP -> F32Gate.vjp(job.activation, x, row(job.u, p), row(job.dy, p), out, row(job.du, p), n);
            case GATE_JVP -> F32Gate.jvp(job.activation, x, row(job.u, p), row(job.dg, p), row(job.du, p), out, n);
            case SOFTMAX -> F32Softmax.apply(x, out, n);
            case SOFTMAX_VJP -> F32Softmax.vjp(x, row(job.dy, p), out, n);
            case RMS_NORM -> normalised(job, p, F32GroupNorm.rms(x, gain, job.eps, out, n, job.stats, p));
            case RMS_NORM_VJP -> differentiated(job, p, F32GroupNorm.rmsVjp(x, job.stats[p], gain, row(job.dy, p), out, n));
            case GROUP_NORM -> normalised(job, p, F32GroupNorm.forward(x, n / job.channels, job.channels, job.groups, gain,
                    only(job.bias), job.eps, out, job.stats, p * job.numbers));
            case GROUP_NORM_VJP -> differentiated(job, p, F32GroupNorm.vjp(x, n / job.channels, job.channels, job.groups, gain,
                    job.stats, p * job.numbers, row(job.dy, p), out));
            case DROPOUT -> F32Rows.multiply(x, row(job.mask.block(), job.mask.row(job.rows == null ? p : job.rows.index(p))), out, n);
            case ROTATE -> F32Rotary.rotate(job.table.pairing(), x, row(job.table.cosines(), p % job.sequence),
                    row(job.table.sines(), p % job.sequence), job.inverse, out, job.heads, n / job.heads);
            default -> throw new AssertionError(job.kind);
        }
    }

    private static void normalised(LayerJob job, int p, boolean done) {
        if (!done) {
            NormFormulas.statistics(job.x, p, job.groups, job.channels, job.eps, job.stats, job.numbers);
            NormFormulas.apply(job.x, p, job.groups, job.channels, job.gain, job.bias, job.out, job.stats, job.numbers);
        }
    }

    private static void differentiated(LayerJob job, int p, boolean done) {
        if (!done) {
            NormFormulas.vjp(job.x, p, job.groups, job.channels, job.gain, job.stats, job.numbers, job.dy, job.out);
        }
    }

    private static void gradients(LayerJob job, int piece) {
        int channels = job.channels;
        int from = piece * LayerJob.CHANNELS;
        F32GroupNorm.gradients(job.x.address(), job.dy.address(), job.x.strideBytes(), job.x.rows(), job.x.cols() / channels, channels,
                job.groups, job.stats, job.numbers, only(job.dGain), only(job.dBias), from, Math.min(from + LayerJob.CHANNELS, channels));
    }

    private static void attention(LayerJob job, int piece) {
        int d = job.x.cols() / job.heads;
        int head = piece % job.heads;
        int first = piece / job.heads * job.sequence;
        long stride = job.x.strideBytes();
        long at = first * stride + (long) head * d * F32.byteSize();
        int sum = first * job.heads + head;
        long q = job.x.address() + at;
        long k = job.k.address() + at;
        long v = job.v.address() + at;
        long out = job.out.address() + at;
        switch (job.kind) {
            case ATTENTION -> {
                if (!F32Attention.forward(q, k, v, out, stride, job.sequence, d, job.causal, job.stats, sum, job.heads)) {
                    F32AttentionRange.forward(job, first, head);
                }
            }
            case ATTENTION_JVP -> {
                if (!F32AttentionJvp.tangent(q, k, v, job.dq.address() + at, job.dk.address() + at, job.dv.address() + at, out, stride,
                        job.sequence, d, job.causal, job.stats, sum, job.heads)) {
                    F32AttentionRange.tangent(job, first, head);
                }
            }
            default -> {
                if (!F32AttentionVjp.backward(q, k, v, job.dy.address() + at, out, job.dk.address() + at, job.dv.address() + at, stride,
                        job.sequence, d, job.causal, job.stats, sum, job.heads)) {
                    ScalarAttention.own().backward(job.x, job.k, job.v, first, job.sequence, job.heads, head, job.causal, job.dy,
                            job.out, job.dk, job.dv);
                }
            }
        }
    }
}
