package dev.zstar.kernels.simd.layers;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.spi.LayerShapes;

/** Checks each call and shares it with the engine's team: by rows, gradients by channels, attention by sequences and heads. */
public final class SimdLayers implements Layers {
    private final Team team;

    public SimdLayers(Team team) {
        this.team = team;
    }

    private static void fill(LayerJob job, LayerJob.Kind kind, Block x, Block out) {
        job.kind = kind;
        job.x = x;
        job.out = out;
    }

    /** Runs a job row by row, with about {@code operations} for each element. */
    private void rowwise(LayerJob job, double operations) {
        Tuning.share(team, job, job.x.rows(), operations * job.x.rows() * job.x.cols());
    }

    @Override
    public void gate(Activation activation, Block g, Block u, Block out) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.gate(activation, g, u, out);
            gate(job, LayerJob.Kind.GATE, activation, g, u, null, null, null, out);
        }
    }

    @Override
    public void gateVjp(Activation activation, Block g, Block u, Block dy, Block dg, Block du) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.gateVjp(activation, g, u, dy, dg, du);
            gate(job, LayerJob.Kind.GATE_VJP, activation, g, u, dy, null, du, dg);
        }
    }

    @Override
    public void gateJvp(Activation activation, Block g, Block u, Block dg, Block du, Block out) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.gateJvp(activation, g, u, dg, du, out);
            gate(job, LayerJob.Kind.GATE_JVP, activation, g, u, null, dg, du, out);
        }
    }

    private void gate(
            LayerJob job, LayerJob.Kind kind, Activation activation, Block g, Block u, Block dy, Block dg, Block du, Block out) {
        fill(job, kind, g, out);
        job.activation = activation;
        job.u = u;
        job.dy = dy;
        job.dg = dg;
        job.du = du;
        rowwise(job, 32);
    }

    @Override
    public void softmax(Block x, Block out) {
        try (LayerJob job = LayerJob.enter()) {
            Operands.elementwise("softmax", "x", x, "out", out);
            fill(job, LayerJob.Kind.SOFTMAX, x, out);
            rowwise(job, 32);
        }
    }

    @Override
    public void softmaxVjp(Block y, Block dy, Block dx) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.softmaxVjp(y, dy, dx);
            fill(job, LayerJob.Kind.SOFTMAX_VJP, y, dx);
            job.dy = dy;
            rowwise(job, 8);
        }
    }

    @Override
    public void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.rmsNorm(x, gain, eps, out, stats);
            fill(job, LayerJob.Kind.RMS_NORM, x, out);
            job.gain = job.orOnes(gain, x.type(), x.cols());
            job.bias = null;
            job.channels = x.cols();
            job.groups = 1;
            job.numbers = 1;
            job.eps = eps;
            job.stats = stats;
            rowwise(job, 8);
        }
    }

    @Override
    public void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.rmsNormVjp(x, gain, stats, dy, dx, dGain);
            normVjp(job, LayerJob.Kind.RMS_NORM_VJP, x, x.cols(), 1, gain, stats, 1, dy, dx, dGain, null);
        }
    }

    @Override
    public void groupNorm(Block x, int channels, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.groupNorm(x, channels, groups, gain, bias, eps, out, stats);
            if (x.cols() == 0) {
                return;
            }
            fill(job, LayerJob.Kind.GROUP_NORM, x, out);
            job.gain = job.orOnes(gain, x.type(), channels);
            job.channels = channels;
            job.bias = bias;
            job.groups = groups;
            job.eps = eps;
            job.stats = stats;
            job.numbers = 2 * groups;
            rowwise(job, 16);
        }
    }

    @Override
    public void groupNormVjp(
            Block x, int channels, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.groupNormVjp(x, channels, groups, gain, stats, dy, dx, dGain, dBias);
            normVjp(job, LayerJob.Kind.GROUP_NORM_VJP, x, channels, groups, gain, stats, 2 * groups, dy, dx, dGain, dBias);
        }
    }

    private void normVjp(
            LayerJob job, LayerJob.Kind kind, Block x, int channels, int groups, Block gain, double[] stats, int numbers, Block dy,
            Block dx, Block dGain, Block dBias) {
        if (x.cols() == 0) {
            return;
        }
        fill(job, kind, x, dx);
        job.gain = job.orOnes(gain, x.type(), channels);
        job.channels = channels;
        job.groups = groups;
        job.stats = stats;
        job.numbers = numbers;
        job.dy = dy;
        job.dGain = dGain;
        job.dBias = dBias;
        rowwise(job, 16);
        if (dGain != null || dBias != null) {
            job.kind = LayerJob.Kind.GRADIENTS;
            int pieces = (channels + LayerJob.CHANNELS - 1) / LayerJob.CHANNELS;
            Tuning.share(team, job, pieces, 8.0 * x.rows() * x.cols());
        }
    }

    @Override
    public void dropout(Block x, DropoutMask mask, Rows rows, Block out) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.dropout(x, mask, rows, out);
            fill(job, LayerJob.Kind.DROPOUT, x, out);
            job.mask = mask;
            job.rows = rows;
            rowwise(job, 4);
        }
    }

    @Override
    public void rotate(Block x, int sequence, int heads, Rotary table, boolean inverse, Block out) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.rotate(x, sequence, heads, table, out);
            fill(job, LayerJob.Kind.ROTATE, x, out);
            job.sequence = sequence;
            job.heads = heads;
            job.table = table;
            job.inverse = inverse;
            rowwise(job, 4);
        }
    }

    @Override
    public void attention(Block q, Block k, Block v, int sequence, int heads, boolean causal, Block out, double[] lse) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.attention(q, k, v, sequence, heads, out, lse);
            attention(job, LayerJob.Kind.ATTENTION, q, k, v, sequence, heads, causal, lse, null, out, null, null);
        }
    }

    @Override
    public void attentionVjp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut, Block dq, Block dk, Block dv) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.attentionVjp(q, k, v, sequence, heads, lse, dOut, dq, dk, dv);
            attention(job, LayerJob.Kind.ATTENTION_VJP, q, k, v, sequence, heads, causal, lse, dOut, dq, dk, dv);
        }
    }

    @Override
    public void attentionJvp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dq, Block dk, Block dv, Block out) {
        try (LayerJob job = LayerJob.enter()) {
            LayerShapes.attentionJvp(q, k, v, sequence, heads, lse, dq, dk, dv, out);
            job.dq = dq;
            attention(job, LayerJob.Kind.ATTENTION_JVP, q, k, v, sequence, heads, causal, lse, null, out, dk, dv);
        }
    }

    private void attention(
            LayerJob job, LayerJob.Kind kind, Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut,
            Block out, Block dk, Block dv) {
        fill(job, kind, q, out);
        job.k = k;
        job.v = v;
        job.sequence = sequence;
        job.heads = heads;
        job.causal = causal;
        job.stats = lse;
        job.dy = dOut;
        job.dk = dk;
        job.dv = dv;
        Tuning.share(team, job, q.rows() / sequence * heads,
                (kind == LayerJob.Kind.ATTENTION ? 4.0 : 10.0) * q.rows() * sequence * q.cols());
    }
}
