package dev.zstar.kernels;

/** {@link Shapes} for {@link Layers}: what fits what, and how a misfit is said. For engines. */
public final class LayerShapes {
    private LayerShapes() {}

    /** The operands of {@link Layers#softmaxVjp}. */
    public static void softmaxVjp(Block y, Block dy, Block dx) {
        Shapes.same("softmaxVjp", "y", y, "dy", dy);
        Shapes.elementwise("softmaxVjp", "dy", dy, "dx", dx);
        Shapes.requireApart("softmaxVjp", "dx", dx, "y", y);
    }

    /** The operands of {@link Layers#rmsNorm}. */
    public static void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats) {
        width("rmsNorm", x, gain);
        norm("rmsNorm", x, gain, eps, out, stats, 1);
    }

    /** The operands of {@link Layers#groupNorm}. */
    public static void groupNorm(Block x, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        channels("groupNorm", x, groups, gain);
        norm("groupNorm", x, gain, eps, out, stats, 2 * groups);
        if (bias != null) {
            bias.requireShape("groupNorm", "bias", x.type(), 1, gain.cols());
            Shapes.requireApart("groupNorm", "out", out, "bias", bias);
        }
    }

    private static void norm(String operation, Block x, Block gain, double eps, Block out, double[] stats, int numbers) {
        Shapes.same(operation, "x", x, "out", out);
        if (!(eps >= 0)) {
            throw new IllegalArgumentException(operation + ": eps is " + eps + ", expected at least 0");
        }
        Shapes.room(operation, "stats", stats, (long) numbers * x.rows());
        Shapes.requireApart(operation, "out", out, "x", x);
        Shapes.requireApart(operation, "out", out, "gain", gain);
    }

    /** The operands of {@link Layers#rmsNormVjp}. */
    public static void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain) {
        width("rmsNormVjp", x, gain);
        normVjp("rmsNormVjp", x, gain, stats, 1, dy, dx);
        gradient("rmsNormVjp", x, gain, dy, dx, "dGain", dGain);
    }

    /** The operands of {@link Layers#groupNormVjp}. */
    public static void groupNormVjp(
            Block x, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        channels("groupNormVjp", x, groups, gain);
        normVjp("groupNormVjp", x, gain, stats, 2 * groups, dy, dx);
        gradient("groupNormVjp", x, gain, dy, dx, "dGain", dGain);
        gradient("groupNormVjp", x, gain, dy, dx, "dBias", dBias);
        if (dGain != null && dBias != null) {
            Shapes.requireApart("groupNormVjp", "dBias", dBias, "dGain", dGain);
        }
    }

    private static void normVjp(String operation, Block x, Block gain, double[] stats, int numbers, Block dy, Block dx) {
        Shapes.same(operation, "x", x, "dy", dy);
        Shapes.same(operation, "x", x, "dx", dx);
        Shapes.room(operation, "stats", stats, (long) numbers * x.rows());
        Shapes.requireApart(operation, "dx", dx, "x", x);
        Shapes.requireApart(operation, "dx", dx, "dy", dy);
        Shapes.requireApart(operation, "dx", dx, "gain", gain);
    }

    private static void gradient(String operation, Block x, Block gain, Block dy, Block dx, String operand, Block gradient) {
        if (gradient != null) {
            gradient.requireShape(operation, operand, x.type(), 1, gain.cols());
            Shapes.requireApart(operation, operand, gradient, "x", x);
            Shapes.requireApart(operation, operand, gradient, "gain", gain);
            Shapes.requireApart(operation, operand, gradient, "dy", dy);
            Shapes.requireApart(operation, operand, gradient, "dx", dx);
        }
    }

    /** A gain for each column of {@code x}. */
    static void width(String operation, Block x, Block gain) {
        Shapes.open(operation, "x", x);
        Shapes.require(operation, "gain", gain, x.type(), 1, x.cols());
    }

    private static void channels(String operation, Block x, int groups, Block gain) {
        Shapes.open(operation, "x", x);
        Shapes.present(operation, "gain", gain);
        int channels = gain.cols();
        gain.requireShape(operation, "gain", x.type(), 1, channels);
        if (channels == 0 ? x.cols() != 0 : x.cols() % channels != 0) {
            throw new IllegalArgumentException(operation + ": gain has " + channels + " channels, expected a divisor of x's " + x.cols());
        }
        if (groups < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(operation + ": " + groups + " groups, expected a divisor of " + channels + " channels");
        }
    }

    /** The operands of {@link Layers#dropout}. */
    public static void dropout(Block x, DropoutMask mask, Rows rows, Block out) {
        Shapes.present("dropout", "the mask", mask);
        Shapes.elementwise("dropout", "x", x, "out", out);
        Block factors = mask.block();
        factors.requireShape("dropout", "the mask", x.type(), factors.rows(), x.cols());
        Shapes.requireApart("dropout", "out", out, "the mask", factors);
        if (rows != null && rows.count() < x.rows()) {
            throw new IllegalArgumentException("dropout: a row map of " + rows.count() + " rows, expected at least " + x.rows());
        }
        int batch = rows == null ? x.rows() : rows.capacity();
        if (!mask.isShared() && factors.rows() < batch) {
            throw new IllegalArgumentException(
                    "dropout: the mask is " + factors.shape() + ", expected at least " + batch + " rows, or one that is shared");
        }
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
        Shapes.same(operation, "q", q, "dOut", dOut);
        output(operation, q, k, v, "dq", dq);
        output(operation, q, k, v, "dk", dk);
        output(operation, q, k, v, "dv", dv);
        Shapes.requireApart(operation, "dq", dq, "dOut", dOut);
        Shapes.requireApart(operation, "dk", dk, "dOut", dOut);
        Shapes.requireApart(operation, "dv", dv, "dOut", dOut);
        Shapes.requireApart(operation, "dk", dk, "dq", dq);
        Shapes.requireApart(operation, "dv", dv, "dq", dq);
        Shapes.requireApart(operation, "dv", dv, "dk", dk);
    }

    private static void heads(String operation, Block q, Block k, Block v, int sequence, int heads, double[] lse) {
        Shapes.same(operation, "q", q, "k", k);
        Shapes.same(operation, "q", q, "v", v);
        if (sequence < 1 || q.rows() % sequence != 0) {
            throw new IllegalArgumentException(operation + ": sequences of " + sequence + " tokens, expected a divisor of q's " + q.rows() + " rows");
        }
        if (heads < 1 || q.cols() % heads != 0) {
            throw new IllegalArgumentException(operation + ": " + heads + " heads, expected a divisor of q's " + q.cols() + " columns");
        }
        Shapes.room(operation, "lse", lse, (long) q.rows() * heads);
    }

    private static void output(String operation, Block q, Block k, Block v, String output, Block out) {
        Shapes.same(operation, "q", q, output, out);
        Shapes.requireApart(operation, output, out, "q", q);
        Shapes.requireApart(operation, output, out, "k", k);
        Shapes.requireApart(operation, output, out, "v", v);
    }
}
