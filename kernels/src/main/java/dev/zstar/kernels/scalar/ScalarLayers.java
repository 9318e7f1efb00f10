package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Call;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Kept;
import dev.zstar.kernels.LayerShapes;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Shapes;

/** The formulas of {@link Layers}, in f64 throughout; results are rounded once, where they are stored. */
final class ScalarLayers implements Layers {
    static final ScalarLayers INSTANCE = new ScalarLayers();

    private static final Kept<ScalarAttention> ATTENTION = new Kept<>(ScalarAttention::new);

    private ScalarLayers() {}

    @Override
    public void softmax(Block x, Block out) {
        Shapes.elementwise("softmax", "x", x, "out", out);
        for (int p = 0; p < x.rows(); p++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < x.cols(); i++) {
                max = Math.max(max, x.get(p, i));
            }
            double sum = 0;
            for (int i = 0; i < x.cols(); i++) {
                sum += Math.exp(x.get(p, i) - max);
            }
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, Math.exp(x.get(p, i) - max) / sum);
            }
        }
    }

    @Override
    public void softmaxVjp(Block y, Block dy, Block dx) {
        LayerShapes.softmaxVjp(y, dy, dx);
        for (int p = 0; p < y.rows(); p++) {
            double dot = 0;
            for (int i = 0; i < y.cols(); i++) {
                dot += y.get(p, i) * dy.get(p, i);
            }
            for (int i = 0; i < y.cols(); i++) {
                dx.set(p, i, y.get(p, i) * (dy.get(p, i) - dot));
            }
        }
    }

    @Override
    public void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats) {
        LayerShapes.rmsNorm(x, gain, eps, out, stats);
        for (int p = 0; p < x.rows(); p++) {
            double squares = 0;
            for (int i = 0; i < x.cols(); i++) {
                squares += x.get(p, i) * x.get(p, i);
            }
            stats[p] = 1 / Math.sqrt(squares / x.cols() + eps);
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, x.get(p, i) * stats[p] * gain.get(0, i));
            }
        }
    }

    @Override
    public void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain) {
        LayerShapes.rmsNormVjp(x, gain, stats, dy, dx, dGain);
        for (int p = 0; p < x.rows(); p++) {
            double slope = 0;
            for (int i = 0; i < x.cols(); i++) {
                slope += gain.get(0, i) * dy.get(p, i) * x.get(p, i) * stats[p];
            }
            slope /= x.cols();
            for (int i = 0; i < x.cols(); i++) {
                dx.set(p, i, stats[p] * (gain.get(0, i) * dy.get(p, i) - slope * x.get(p, i) * stats[p]));
            }
        }
        if (dGain != null) {
            for (int i = 0; i < x.cols(); i++) {
                double sum = 0;
                for (int p = 0; p < x.rows(); p++) {
                    sum += dy.get(p, i) * x.get(p, i) * stats[p];
                }
                dGain.set(0, i, dGain.get(0, i) + sum);
            }
        }
    }

    @Override
    public void groupNorm(Block x, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        LayerShapes.groupNorm(x, groups, gain, bias, eps, out, stats);
        int channels = gain.cols();
        int width = channels / groups;
        int size = x.cols() / groups;
        for (int p = 0; p < x.rows(); p++) {
            for (int g = 0; g < groups; g++) {
                double sum = 0;
                for (int position = 0; position < x.cols(); position += channels) {
                    for (int c = g * width; c < (g + 1) * width; c++) {
                        sum += x.get(p, position + c);
                    }
                }
                double mean = sum / size;
                double squares = 0;
                for (int position = 0; position < x.cols(); position += channels) {
                    for (int c = g * width; c < (g + 1) * width; c++) {
                        squares += (x.get(p, position + c) - mean) * (x.get(p, position + c) - mean);
                    }
                }
                stats[2 * (p * groups + g)] = mean;
                stats[2 * (p * groups + g) + 1] = 1 / Math.sqrt(squares / size + eps);
            }
            for (int i = 0; i < x.cols(); i++) {
                double shift = bias == null ? 0 : bias.get(0, i % channels);
                out.set(p, i, normalised(x, p, i, groups, channels, stats) * gain.get(0, i % channels) + shift);
            }
        }
    }

    @Override
    public void groupNormVjp(Block x, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        LayerShapes.groupNormVjp(x, groups, gain, stats, dy, dx, dGain, dBias);
        int channels = gain.cols();
        int width = channels / groups;
        int size = x.cols() / groups;
        for (int p = 0; p < x.rows(); p++) {
            for (int g = 0; g < groups; g++) {
                double mean = 0;
                double slope = 0;
                for (int position = 0; position < x.cols(); position += channels) {
                    for (int c = g * width; c < (g + 1) * width; c++) {
                        double d = gain.get(0, c) * dy.get(p, position + c);
                        mean += d / size;
                        slope += d * normalised(x, p, position + c, groups, channels, stats) / size;
                    }
                }
                double r = stats[2 * (p * groups + g) + 1];
                for (int position = 0; position < x.cols(); position += channels) {
                    for (int c = g * width; c < (g + 1) * width; c++) {
                        double d = gain.get(0, c) * dy.get(p, position + c);
                        dx.set(p, position + c, r * (d - mean - slope * normalised(x, p, position + c, groups, channels, stats)));
                    }
                }
            }
        }
        for (int c = 0; c < channels; c++) {
            double gainSum = 0;
            double biasSum = 0;
            for (int p = 0; p < x.rows(); p++) {
                for (int i = c; i < x.cols(); i += channels) {
                    gainSum += dy.get(p, i) * normalised(x, p, i, groups, channels, stats);
                    biasSum += dy.get(p, i);
                }
            }
            if (dGain != null) {
                dGain.set(0, c, dGain.get(0, c) + gainSum);
            }
            if (dBias != null) {
                dBias.set(0, c, dBias.get(0, c) + biasSum);
            }
        }
    }

    /** {@code (x - μ) / σ}. */
    private static double normalised(Block x, int p, int i, int groups, int channels, double[] stats) {
        int at = 2 * (p * groups + i % channels / (channels / groups));
        return (x.get(p, i) - stats[at]) * stats[at + 1];
    }

    @Override
    public void dropout(Block x, DropoutMask mask, Rows rows, Block out) {
        LayerShapes.dropout(x, mask, rows, out);
        for (int p = 0; p < x.rows(); p++) {
            int row = mask.row(rows == null ? p : rows.index(p));
            for (int i = 0; i < x.cols(); i++) {
                out.set(p, i, x.get(p, i) * mask.block().get(row, i));
            }
        }
    }

    @Override
    public void attention(Block q, Block k, Block v, int sequence, int heads, boolean causal, Block out, double[] lse) {
        LayerShapes.attention(q, k, v, sequence, heads, out, lse);
        Call call = Call.enter();
        try {
            ScalarAttention own = ATTENTION.of(call);
            for (int first = 0; first < q.rows(); first += sequence) {
                for (int h = 0; h < heads; h++) {
                    own.forward(q, k, v, first, sequence, heads, h, causal, out, lse);
                }
            }
        } finally {
            call.leave();
        }
    }

    @Override
    public void attentionVjp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut, Block dq, Block dk, Block dv) {
        LayerShapes.attentionVjp(q, k, v, sequence, heads, lse, dOut, dq, dk, dv);
        Call call = Call.enter();
        try {
            ScalarAttention own = ATTENTION.of(call);
            for (int first = 0; first < q.rows(); first += sequence) {
                for (int h = 0; h < heads; h++) {
                    own.backward(q, k, v, first, sequence, heads, h, causal, lse, dOut, dq, dk, dv);
                }
            }
        } finally {
            call.leave();
        }
    }
}
