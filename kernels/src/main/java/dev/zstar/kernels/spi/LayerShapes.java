package dev.zstar.kernels.spi;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Rows;

/** Checks of the operands of {@link Layers}: each method throws, naming the operand, unless all operands fit each other. */
public final class LayerShapes {
    private LayerShapes() {}

    /** The operands of {@link Layers#gate}. */
    public static void gate(Activation activation, Block g, Block u, Block out) {
        Operands.present("gate", "the activation", activation);
        Operands.same("gate", "g", g, "u", u);
        Operands.elementwise("gate", "g", g, "out", out);
        Operands.sameOrApart("gate", "out", out, "u", u);
    }

    /** The operands of {@link Layers#gateVjp}. */
    public static void gateVjp(Activation activation, Block g, Block u, Block dy, Block dg, Block du) {
        Operands.present("gateVjp", "the activation", activation);
        Operands.same("gateVjp", "g", g, "u", u);
        Operands.same("gateVjp", "g", g, "dy", dy);
        Operands.elementwise("gateVjp", "g", g, "dg", dg);
        Operands.elementwise("gateVjp", "g", g, "du", du);
        Operands.sameOrApart("gateVjp", "dg", dg, "u", u);
        Operands.sameOrApart("gateVjp", "dg", dg, "dy", dy);
        Operands.sameOrApart("gateVjp", "du", du, "u", u);
        Operands.sameOrApart("gateVjp", "du", du, "dy", dy);
        Operands.apart("gateVjp", "du", du, "dg", dg);
    }

    /** The operands of {@link Layers#gateJvp}. */
    public static void gateJvp(Activation activation, Block g, Block u, Block dg, Block du, Block out) {
        Operands.present("gateJvp", "the activation", activation);
        Operands.same("gateJvp", "g", g, "u", u);
        Operands.same("gateJvp", "g", g, "dg", dg);
        Operands.same("gateJvp", "g", g, "du", du);
        Operands.elementwise("gateJvp", "g", g, "out", out);
        Operands.sameOrApart("gateJvp", "out", out, "u", u);
        Operands.sameOrApart("gateJvp", "out", out, "dg", dg);
        Operands.sameOrApart("gateJvp", "out", out, "du", du);
    }

    /** The operands of {@link Layers#softmaxVjp}. */
    public static void softmaxVjp(Block y, Block dy, Block dx) {
        Operands.same("softmaxVjp", "y", y, "dy", dy);
        Operands.elementwise("softmaxVjp", "dy", dy, "dx", dx);
        Operands.apart("softmaxVjp", "dx", dx, "y", y);
    }

    /** The operands of {@link Layers#rmsNorm}. */
    public static void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats) {
        width("rmsNorm", x, gain);
        norm("rmsNorm", x, gain, eps, out, stats, 1);
    }

    /** The operands of {@link Layers#groupNorm(Block, int, int, Block, Block, double, Block, double[])}. */
    public static void groupNorm(
            Block x, int channels, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        channels("groupNorm", x, channels, groups, gain);
        norm("groupNorm", x, gain, eps, out, stats, 2 * groups);
        if (bias != null) {
            bias.requireShape("groupNorm", "bias", x.type(), 1, channels);
            Operands.apart("groupNorm", "out", out, "bias", bias);
        }
    }

    private static void norm(String operation, Block x, Block gain, double eps, Block out, double[] stats, int numbers) {
        Operands.same(operation, "x", x, "out", out);
        if (!(eps >= 0)) {
            throw new IllegalArgumentException(operation + ": eps is " + eps + ", expected at least 0");
        }
        Operands.capacity(operation, "stats", stats, (long) numbers * x.rows());
        Operands.apart(operation, "out", out, "x", x);
        if (gain != null) {
            Operands.apart(operation, "out", out, "gain", gain);
        }
    }

    /** The operands of {@link Layers#rmsNormVjp}. */
    public static void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain) {
        width("rmsNormVjp", x, gain);
        normVjp("rmsNormVjp", x, gain, stats, 1, dy, dx);
        gradient("rmsNormVjp", x, x.cols(), gain, dy, dx, "dGain", dGain);
    }

    /** The operands of {@link Layers#groupNormVjp(Block, int, int, Block, double[], Block, Block, Block, Block)}. */
    public static void groupNormVjp(
            Block x, int channels, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        channels("groupNormVjp", x, channels, groups, gain);
        normVjp("groupNormVjp", x, gain, stats, 2 * groups, dy, dx);
        gradient("groupNormVjp", x, channels, gain, dy, dx, "dGain", dGain);
        gradient("groupNormVjp", x, channels, gain, dy, dx, "dBias", dBias);
        if (dGain != null && dBias != null) {
            Operands.apart("groupNormVjp", "dBias", dBias, "dGain", dGain);
        }
    }

    private static void normVjp(String operation, Block x, Block gain, double[] stats, int numbers, Block dy, Block dx) {
        Operands.same(operation, "x", x, "dy", dy);
        Operands.same(operation, "x", x, "dx", dx);
        Operands.capacity(operation, "stats", stats, (long) numbers * x.rows());
        Operands.apart(operation, "dx", dx, "x", x);
        Operands.apart(operation, "dx", dx, "dy", dy);
        if (gain != null) {
            Operands.apart(operation, "dx", dx, "gain", gain);
        }
    }

    private static void gradient(
            String operation, Block x, int channels, Block gain, Block dy, Block dx, String operand, Block gradient) {
        if (gradient != null) {
            gradient.requireShape(operation, operand, x.type(), 1, channels);
            Operands.apart(operation, operand, gradient, "x", x);
            if (gain != null) {
                Operands.apart(operation, operand, gradient, "gain", gain);
            }
            Operands.apart(operation, operand, gradient, "dy", dy);
            Operands.apart(operation, operand, gradient, "dx", dx);
        }
    }

    /** A gain for each column of {@code x}, or none. */
    private static void width(String operation, Block x, Block gain) {
        Operands.open(operation, "x", x);
        if (gain != null) {
            gain.requireShape(operation, "gain", x.type(), 1, x.cols());
        }
    }

    private static void channels(String operation, Block x, int channels, int groups, Block gain) {
        Operands.open(operation, "x", x);
        if (gain != null) {
            gain.requireShape(operation, "gain", x.type(), 1, channels);
        }
        if (channels < 1 ? channels != 0 || x.cols() != 0 : x.cols() % channels != 0) {
            throw new IllegalArgumentException(
                    operation + ": " + channels + " channels, expected a divisor of x's " + x.cols() + " columns");
        }
        if (groups < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(operation + ": " + groups + " groups, expected a divisor of " + channels + " channels");
        }
    }

    /** The operands of {@link Layers#dropout}. */
    public static void dropout(Block x, DropoutMask mask, Rows rows, Block out) {
        Operands.present("dropout", "the mask", mask);
        Operands.elementwise("dropout", "x", x, "out", out);
        Block factors = mask.block();
        factors.requireShape("dropout", "the mask", x.type(), factors.rows(), x.cols());
        Operands.apart("dropout", "out", out, "the mask", factors);
        if (rows != null && rows.count() < x.rows()) {
            throw new IllegalArgumentException("dropout: rows has " + rows.count() + " active rows, expected at least " + x.rows());
        }
        int batch = rows == null ? x.rows() : rows.capacity();
        if (!mask.isShared() && factors.rows() < batch) {
            throw new IllegalArgumentException(
                    "dropout: the mask is " + factors.shape() + ", expected at least " + batch + " rows, or a shared mask");
        }
    }

    /** The operands of {@link Layers#rotate}. */
    public static void rotate(Block x, int sequence, int heads, Rotary table, Block out) {
        Operands.elementwise("rotate", "x", x, "out", out);
        heads("rotate", "x", x, sequence, heads);
        Operands.present("rotate", "the table", table);
        Block cosines = table.cosines();
        Block sines = table.sines();
        cosines.requireShape("rotate", "the table", x.type(), cosines.rows(), x.cols() / heads);
        sines.requireShape("rotate", "the table", x.type(), cosines.rows(), x.cols() / heads);
        if (sequence > cosines.rows() && x.rows() > 0) {
            throw new IllegalArgumentException(
                    "rotate: the table has " + cosines.rows() + " positions, expected at least " + sequence);
        }
        Operands.apart("rotate", "out", out, "the table", cosines);
        Operands.apart("rotate", "out", out, "the table", sines);
    }

    /** The operands of {@link Layers#attention}. */
    public static void attention(Block q, Block k, Block v, int sequence, int heads, Block out, double[] lse) {
        heads("attention", q, k, v, sequence, heads, lse);
        output("attention", q, k, v, "out", out);
    }

    /** The operands of {@link Layers#attentionVjp}. */
    public static void attentionVjp(
            Block q, Block k, Block v, int sequence, int heads, double[] lse, Block dOut, Block dq, Block dk, Block dv) {
        String operation = "attentionVjp";
        heads(operation, q, k, v, sequence, heads, lse);
        Operands.same(operation, "q", q, "dOut", dOut);
        output(operation, q, k, v, "dq", dq);
        output(operation, q, k, v, "dk", dk);
        output(operation, q, k, v, "dv", dv);
        Operands.apart(operation, "dq", dq, "dOut", dOut);
        Operands.apart(operation, "dk", dk, "dOut", dOut);
        Operands.apart(operation, "dv", dv, "dOut", dOut);
        Operands.apart(operation, "dk", dk, "dq", dq);
        Operands.apart(operation, "dv", dv, "dq", dq);
        Operands.apart(operation, "dv", dv, "dk", dk);
    }

    /** The operands of {@link Layers#attentionJvp}. */
    public static void attentionJvp(
            Block q, Block k, Block v, int sequence, int heads, double[] lse, Block dq, Block dk, Block dv, Block out) {
        String operation = "attentionJvp";
        heads(operation, q, k, v, sequence, heads, lse);
        Operands.same(operation, "q", q, "dq", dq);
        Operands.same(operation, "q", q, "dk", dk);
        Operands.same(operation, "q", q, "dv", dv);
        output(operation, q, k, v, "out", out);
        Operands.apart(operation, "out", out, "dq", dq);
        Operands.apart(operation, "out", out, "dk", dk);
        Operands.apart(operation, "out", out, "dv", dv);
    }

    private static void heads(String operation, Block q, Block k, Block v, int sequence, int heads, double[] lse) {
        Operands.same(operation, "q", q, "k", k);
        Operands.same(operation, "q", q, "v", v);
        heads(operation, "q", q, sequence, heads);
        Operands.capacity(operation, "lse", lse, (long) q.rows() * heads);
    }

    private static void heads(String operation, String operand, Block x, int sequence, int heads) {
        if (sequence < 1 || x.rows() % sequence != 0) {
            throw new IllegalArgumentException(
                    operation + ": sequences of " + sequence + " tokens, expected a divisor of " + operand + "'s " + x.rows() + " rows");
        }
        if (heads < 1 || x.cols() % heads != 0) {
            throw new IllegalArgumentException(
                    operation + ": " + heads + " heads, expected a divisor of " + operand + "'s " + x.cols() + " columns");
        }
    }

    private static void output(String operation, Block q, Block k, Block v, String output, Block out) {
        Operands.same(operation, "q", q, output, out);
        Operands.apart(operation, output, out, "q", q);
        Operands.apart(operation, output, out, "k", k);
        Operands.apart(operation, output, out, "v", v);
    }
}
