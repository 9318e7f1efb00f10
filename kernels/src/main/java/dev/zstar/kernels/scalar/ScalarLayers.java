package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.spi.LayerShapes;

/** The formulas of {@link Layers}, in f64 throughout; results are rounded once, where they are stored. */
final class ScalarLayers implements Layers {
    static final ScalarLayers INSTANCE = new ScalarLayers();

    private ScalarLayers() {}

    @Override
    public void gate(Activation activation, Block g, Block u, Block out) {
        LayerShapes.gate(activation, g, u, out);
        for (int p = 0; p < g.rows(); p++) {
            for (int i = 0; i < g.cols(); i++) {
                out.set(p, i, activation.apply(g.get(p, i)) * u.get(p, i));
            }
        }
    }

    @Override
    public void gateVjp(Activation activation, Block g, Block u, Block dy, Block dg, Block du) {
        LayerShapes.gateVjp(activation, g, u, dy, dg, du);
        for (int p = 0; p < g.rows(); p++) {
            for (int i = 0; i < g.cols(); i++) {
                double gi = g.get(p, i);
                double ui = u.get(p, i);
                double d = dy.get(p, i);
                dg.set(p, i, activation.derivative(gi) * ui * d);
                du.set(p, i, activation.apply(gi) * d);
            }
        }
    }

    @Override
    public void gateJvp(Activation activation, Block g, Block u, Block dg, Block du, Block out) {
        LayerShapes.gateJvp(activation, g, u, dg, du, out);
        for (int p = 0; p < g.rows(); p++) {
            for (int i = 0; i < g.cols(); i++) {
                double gi = g.get(p, i);
                out.set(p, i, activation.derivative(gi) * u.get(p, i) * dg.get(p, i) + activation.apply(gi) * du.get(p, i));
            }
        }
    }

    @Override
    public void softmax(Block x, Block out) {
        Operands.elementwise("softmax", "x", x, "out", out);
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
                // Halves, because the difference may be twice the largest number.
                dx.set(p, i, 2 * y.get(p, i) * (0.5 * dy.get(p, i) - 0.5 * dot));
            }
        }
    }

    @Override
    public void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats) {
        LayerShapes.rmsNorm(x, gain, eps, out, stats);
        normalise(x, x.cols(), 1, gain, null, eps, out, stats, 1);
    }

    @Override
    public void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain) {
        LayerShapes.rmsNormVjp(x, gain, stats, dy, dx, dGain);
        gradients(x, x.cols(), 1, gain, stats, 1, dy, dx, dGain, null);
    }

    @Override
    public void groupNorm(Block x, int channels, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        LayerShapes.groupNorm(x, channels, groups, gain, bias, eps, out, stats);
        normalise(x, channels, groups, gain, bias, eps, out, stats, 2 * groups);
    }

    @Override
    public void groupNormVjp(
            Block x, int channels, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        LayerShapes.groupNormVjp(x, channels, groups, gain, stats, dy, dx, dGain, dBias);
        gradients(x, channels, groups, gain, stats, 2 * groups, dy, dx, dGain, dBias);
    }

    private static void normalise(
            Block x, int channels, int groups, Block gain, Block bias, double eps, Block out, double[] stats, int numbers) {
        for (int p = 0; p < x.rows(); p++) {
            NormFormulas.statistics(x, p, groups, channels, eps, stats, numbers);
            NormFormulas.apply(x, p, groups, channels, gain, bias, out, stats, numbers);
        }
    }

    private static void gradients(
            Block x, int channels, int groups, Block gain, double[] stats, int numbers, Block dy, Block dx, Block dGain, Block dBias) {
        for (int p = 0; p < x.rows(); p++) {
            NormFormulas.vjp(x, p, groups, channels, gain, stats, numbers, dy, dx);
        }
        for (int c = 0; c < channels; c++) {
            if (dGain != null) {
                dGain.set(0, c, dGain.get(0, c) + NormFormulas.gainGradient(x, groups, channels, c, stats, numbers, dy));
            }
            if (dBias != null) {
                double sum = 0;
                for (int p = 0; p < x.rows(); p++) {
                    for (int i = c; i < x.cols(); i += channels) {
                        sum += dy.get(p, i);
                    }
                }
                dBias.set(0, c, dBias.get(0, c) + sum);
            }
        }
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
    public void rotate(Block x, int sequence, int heads, Rotary table, boolean inverse, Block out) {
        LayerShapes.rotate(x, sequence, heads, table, out);
        int d = x.cols() / heads;
        boolean halves = table.pairing() == Rotary.Pairing.HALVES;
        for (int p = 0; p < x.rows(); p++) {
            for (int pair = 0; pair < x.cols() / 2; pair++) {
                int i = pair % (d / 2);
                int first = halves ? i : 2 * i;
                int a = pair / (d / 2) * d + first;
                int b = a + (halves ? d / 2 : 1);
                double cosine = table.cosines().get(p % sequence, first);
                double sine = (inverse ? 1 : -1) * table.sines().get(p % sequence, first);
                double xa = x.get(p, a);
                double xb = x.get(p, b);
                out.set(p, a, xa * cosine - xb * sine);
                out.set(p, b, xb * cosine + xa * sine);
            }
        }
    }

    @Override
    public void attention(Block q, Block k, Block v, int sequence, int heads, boolean causal, Block out, double[] lse) {
        LayerShapes.attention(q, k, v, sequence, heads, out, lse);
        try (var _ = CallScope.enter()) {
            ScalarAttention own = ScalarAttention.own();
            for (int first = 0; first < q.rows(); first += sequence) {
                for (int h = 0; h < heads; h++) {
                    for (int i = 0; i < sequence; i++) {
                        own.forward(q, k, v, first, sequence, heads, h, causal, out, lse, i);
                    }
                }
            }
        }
    }

    @Override
    public void attentionVjp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut, Block dq, Block dk, Block dv) {
        LayerShapes.attentionVjp(q, k, v, sequence, heads, lse, dOut, dq, dk, dv);
        try (var _ = CallScope.enter()) {
            ScalarAttention own = ScalarAttention.own();
            for (int first = 0; first < q.rows(); first += sequence) {
                for (int h = 0; h < heads; h++) {
                    own.backward(q, k, v, first, sequence, heads, h, causal, dOut, dq, dk, dv);
                }
            }
        }
    }

    @Override
    public void attentionJvp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dq, Block dk, Block dv, Block out) {
        LayerShapes.attentionJvp(q, k, v, sequence, heads, lse, dq, dk, dv, out);
        try (var _ = CallScope.enter()) {
            ScalarAttention own = ScalarAttention.own();
            for (int first = 0; first < q.rows(); first += sequence) {
                for (int h = 0; h < heads; h++) {
                    for (int i = 0; i < sequence; i++) {
                        own.tangent(q, k, v, first, sequence, heads, h, causal, dq, dk, dv, out, i);
                    }
                }
            }
        }
    }
}
