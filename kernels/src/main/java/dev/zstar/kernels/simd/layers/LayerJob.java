package dev.zstar.kernels.simd.layers;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.lanes.CallJob;
import java.util.EnumMap;
import java.util.Map;

/** One call of {@link SimdLayers}, as pieces that workers run. Each call scope has one and reuses it. */
final class LayerJob extends CallJob {
    private static final CallLocal<LayerJob> JOBS = new CallLocal<>(LayerJob::new);

    /** Channels of a piece when gradients of gain and bias are summed: 1 KiB of each row. */
    static final int CHANNELS = 256;

    enum Kind {
        GATE, GATE_VJP, GATE_JVP, SOFTMAX, SOFTMAX_VJP, RMS_NORM, RMS_NORM_VJP, GROUP_NORM, GROUP_NORM_VJP, GRADIENTS, DROPOUT,
        ROTATE, ATTENTION, ATTENTION_VJP, ATTENTION_JVP
    }

    Kind kind;
    Activation activation;
    /** The operand that names type and rows: {@code x}, {@code g} of a gate, {@code y} of softmax, {@code q}. */
    Block x;
    Block u;
    Block dg;
    Block du;
    Block k;
    Block v;
    /** At least as many columns as there are channels. */
    Block gain;
    Block bias;
    Block dy;
    Block out;
    Block dq;
    Block dk;
    Block dv;
    Block dGain;
    Block dBias;
    DropoutMask mask;
    Rotary table;
    boolean inverse;
    Rows rows;
    double[] stats;
    int numbers;
    double eps;
    int channels;
    int groups;
    int sequence;
    int heads;
    boolean causal;

    /** For each type a row of ones, for norms without gain. */
    private final Map<Type, Block> ones = new EnumMap<>(Type.class);

    /** A gain, or if there is none at least {@code n} ones: a product with 1 is exact, so that the kernels need no second form. */
    Block orOnes(Block gain, Type type, int n) {
        return gain == null ? ones(type, n) : gain;
    }

    private Block ones(Type type, int n) {
        Block own = ones.get(type);
        if (own == null || own.cols() < n) {
            if (own != null) {
                ones.remove(type).close();
            }
            own = Block.scratch(type, 1, n);
            own.fill(1);
            ones.put(type, own);
        }
        return own;
    }

    static LayerJob enter() {
        return enter(JOBS);
    }

    @Override
    protected void clear() {
        activation = null;
        x = null;
        u = null;
        dg = null;
        du = null;
        k = null;
        v = null;
        gain = null;
        bias = null;
        dy = null;
        out = null;
        dq = null;
        dk = null;
        dv = null;
        dGain = null;
        dBias = null;
        mask = null;
        table = null;
        rows = null;
        stats = null;
    }

    @Override
    public void run(int from, int to) {
        if (x.type() == Type.F32) {
            F32LayerJob.run(this, from, to);
        } else {
            F64LayerJob.run(this, from, to);
        }
    }
}
