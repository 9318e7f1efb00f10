package dev.zstar.kernels.simd;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.LayerShapes;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Team;

/** Checks each call and splits it among the engine's team: by rows, gradients by channels, attention by sequences and heads. */
final class SimdLayers implements Layers {
    private final Team team;
    private final ThreadLocal<LayerJob> jobs = ThreadLocal.withInitial(LayerJob::new);

    SimdLayers(Team team) {
        this.team = team;
    }

    private LayerJob job(LayerJob.Kind kind, Block x, Block out) {
        LayerJob job = jobs.get();
        job.kind = kind;
        job.x = x;
        job.out = out;
        return job;
    }

    /** Runs a job row by row, at about so many operations an element. */
    private void rowwise(LayerJob job, double operations) {
        Tuning.share(team, job, job.x.rows(), operations * job.x.rows() * job.x.cols());
    }

    @Override
    public void softmax(Block x, Block out) {
        LayerShapes.elementwise("softmax", "x", x, "out", out);
        LayerJob job = job(LayerJob.Kind.SOFTMAX, x, out);
        rowwise(job, 32);
        job.clear();
    }

    @Override
    public void softmaxVjp(Block y, Block dy, Block dx) {
        LayerShapes.softmaxVjp(y, dy, dx);
        LayerJob job = job(LayerJob.Kind.SOFTMAX_VJP, y, dx);
        job.dy = dy;
        rowwise(job, 8);
        job.clear();
    }

    @Override
    public void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats) {
        LayerShapes.rmsNorm(x, gain, eps, out, stats);
        LayerJob job = job(LayerJob.Kind.RMS_NORM, x, out);
        job.gain = gain;
        job.bias = null;
        job.groups = 1;
        job.numbers = 1;
        job.eps = eps;
        job.stats = stats;
        rowwise(job, 8);
        job.clear();
    }

    @Override
    public void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain) {
        LayerShapes.rmsNormVjp(x, gain, stats, dy, dx, dGain);
        normVjp(LayerJob.Kind.RMS_NORM_VJP, x, 1, gain, stats, 1, dy, dx, dGain, null);
    }

    @Override
    public void groupNorm(Block x, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        LayerShapes.groupNorm(x, groups, gain, bias, eps, out, stats);
        if (x.cols() == 0) {
            return;
        }
        LayerJob job = job(LayerJob.Kind.GROUP_NORM, x, out);
        job.gain = gain;
        job.bias = bias;
        job.groups = groups;
        job.eps = eps;
        job.stats = stats;
        job.numbers = 2 * groups;
        rowwise(job, 16);
        job.clear();
    }

    @Override
    public void groupNormVjp(Block x, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        LayerShapes.groupNormVjp(x, groups, gain, stats, dy, dx, dGain, dBias);
        normVjp(LayerJob.Kind.GROUP_NORM_VJP, x, groups, gain, stats, 2 * groups, dy, dx, dGain, dBias);
    }

    private void normVjp(
            LayerJob.Kind kind, Block x, int groups, Block gain, double[] stats, int numbers, Block dy, Block dx, Block dGain, Block dBias) {
        if (x.cols() == 0) {
            return;
        }
        LayerJob job = job(kind, x, dx);
        job.gain = gain;
        job.groups = groups;
        job.stats = stats;
        job.numbers = numbers;
        job.dy = dy;
        job.dGain = dGain;
        job.dBias = dBias;
        rowwise(job, 16);
        if (dGain != null || dBias != null) {
            job.kind = LayerJob.Kind.GRADIENTS;
            int pieces = (gain.cols() + LayerJob.CHANNELS - 1) / LayerJob.CHANNELS;
            Tuning.share(team, job, pieces, 8.0 * x.rows() * x.cols());
        }
        job.clear();
    }

    @Override
    public void dropout(Block x, DropoutMask mask, Rows rows, Block out) {
        LayerShapes.dropout(x, mask, rows, out);
        LayerJob job = job(LayerJob.Kind.DROPOUT, x, out);
        job.mask = mask;
        job.rows = rows;
        rowwise(job, 4);
        job.clear();
    }

    @Override
    public void attention(Block q, Block k, Block v, int sequence, int heads, boolean causal, Block out, double[] lse) {
        LayerShapes.attention(q, k, v, sequence, heads, out, lse);
        attention(LayerJob.Kind.ATTENTION, q, k, v, sequence, heads, causal, lse, null, out, null, null);
    }

    @Override
    public void attentionVjp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut, Block dq, Block dk, Block dv) {
        LayerShapes.attentionVjp(q, k, v, sequence, heads, lse, dOut, dq, dk, dv);
        attention(LayerJob.Kind.ATTENTION_VJP, q, k, v, sequence, heads, causal, lse, dOut, dq, dk, dv);
    }

    private void attention(
            LayerJob.Kind kind, Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut, Block out,
            Block dk, Block dv) {
        LayerJob job = job(kind, q, out);
        job.k = k;
        job.v = v;
        job.sequence = sequence;
        job.heads = heads;
        job.causal = causal;
        job.stats = lse;
        job.dy = dOut;
        job.dk = dk;
        job.dv = dv;
        Tuning.share(team, job, q.rows() / sequence * heads, (kind == LayerJob.Kind.ATTENTION ? 4.0 : 10.0) * q.rows() * sequence * q.cols());
        job.clear();
    }
}
