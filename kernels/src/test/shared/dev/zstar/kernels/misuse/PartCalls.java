package dev.zstar.kernels.misuse;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Rotary;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A right call of each method of the parts of an engine: layers, images, small matrices. */
final class PartCalls {
    private PartCalls() {}

    static void addTo(Map<String, Consumer<Scene>> calls) {
        calls.put("gate", PartCalls::gate);
        calls.put("gateVjp", PartCalls::gateVjp);
        calls.put("gateJvp", PartCalls::gateJvp);
        calls.put("softmax", PartCalls::softmax);
        calls.put("softmaxVjp", PartCalls::softmaxVjp);
        calls.put("layerNorm", s -> norm(s, "layerNorm"));
        calls.put("layerNormVjp", s -> normVjp(s, "layerNorm"));
        calls.put("rmsNorm", s -> norm(s, "rmsNorm"));
        calls.put("rmsNormVjp", s -> normVjp(s, "rmsNorm"));
        calls.put("groupNorm", s -> norm(s, "groupNorm"));
        calls.put("groupNormVjp", s -> normVjp(s, "groupNorm"));
        calls.put("groupNorm of channels", s -> norm(s, "channels"));
        calls.put("groupNormVjp of channels", s -> normVjp(s, "channels"));
        calls.put("dropout", PartCalls::dropout);
        calls.put("rotate", PartCalls::rotate);
        calls.put("attention", s -> attention(s, false));
        calls.put("attentionVjp", s -> attention(s, true));
        calls.put("attentionJvp", PartCalls::attentionJvp);
        calls.put("pack a convolution", PartCalls::pack);
        calls.put("update a convolution", PartCalls::update);
        calls.put("convolve", PartCalls::convolve);
        calls.put("convolveTransposed", PartCalls::convolveTransposed);
        calls.put("addGradients", PartCalls::addGradients);
        calls.put("upsample", s -> resample(s, true, false));
        calls.put("upsampleTransposed", s -> resample(s, true, true));
        calls.put("downsample", s -> resample(s, false, false));
        calls.put("downsampleTransposed", s -> resample(s, false, true));
        calls.put("small multiply", PartCalls::multiply);
        calls.put("transform", PartCalls::transform);
        calls.put("solve", PartCalls::solve);
        calls.put("cholesky", PartCalls::cholesky);
        calls.put("solveCholesky", PartCalls::solveCholesky);
        calls.put("qr", PartCalls::qr);
        calls.put("solveQr", PartCalls::solveQr);
    }

    // ---- layers

    /** An activation, and blocks of one shape. */
    private static void gate(Scene s, String... blocks) {
        int rows = s.size();
        int cols = s.size();
        s.add("activation", EngineCalls.activation(s), "activation").notNull();
        for (String block : blocks) {
            s.block(block, rows, cols);
        }
    }

    private static void gate(Scene s) {
        gate(s, "g", "u", "out");
        s.apartOrSame("out", "g", "u");
        s.call(o -> o.engine.layers().gate((Activation) o.get("activation"), o.b("g"), o.b("u"), o.b("out")));
    }

    private static void gateVjp(Scene s) {
        gate(s, "g", "u", "dy", "dg", "du");
        s.apartOrSame("dg", "g", "u", "dy");
        s.apartOrSame("du", "g", "u", "dy");
        s.apart("du", "dg");
        s.call(o -> o.engine.layers().gateVjp(
                (Activation) o.get("activation"), o.b("g"), o.b("u"), o.b("dy"), o.b("dg"), o.b("du")));
    }

    private static void gateJvp(Scene s) {
        gate(s, "g", "u", "dg", "du", "out");
        s.apartOrSame("out", "g", "u", "dg", "du");
        s.call(o -> o.engine.layers().gateJvp(
                (Activation) o.get("activation"), o.b("g"), o.b("u"), o.b("dg"), o.b("du"), o.b("out")));
    }

    private static void softmax(Scene s) {
        int rows = s.size();
        int cols = s.size();
        s.block("x", rows, cols);
        s.block("out", rows, cols);
        s.apartOrSame("out", "x");
        s.call(o -> o.engine.layers().softmax(o.b("x"), o.b("out")));
    }

    private static void softmaxVjp(Scene s) {
        int rows = s.size();
        int cols = s.size();
        s.block("y", rows, cols);
        s.block("dy", rows, cols);
        s.block("dx", rows, cols);
        s.apart("dx", "y");
        s.apartOrSame("dx", "dy");
        s.call(o -> o.engine.layers().softmaxVjp(o.b("y"), o.b("dy"), o.b("dx")));
    }

    /** Groups, and channels that they divide, and columns that those divide. */
    private static int[] channels(Scene s, String kind) {
        boolean grouped = kind.equals("groupNorm") || kind.equals("channels");
        int groups = grouped ? s.few() : 1;
        int channels = groups * s.few();
        int positions = grouped ? s.few() : 1;
        return new int[] {groups, channels, positions * channels};
    }

    /** A gain, which may be null if it does not name the channels, and the numbers of channels and groups. */
    private static void gain(Scene s, String kind, int[] g) {
        s.maybe("gain", 1, g[1]);
        s.number("groups", g[0], "groups");
        s.number("channels", g[1], "channels");
        if (kind.equals("groupNorm")) {
            s.operands.get("gain").notNull();
        }
        if (kind.equals("groupNorm") || kind.equals("channels")) {
            s.operands.get("groups").wrong("of 0", 0).wrong("of -1", -1).wrong("too many", g[1] + 1)
                    .wrong("far too many", Integer.MAX_VALUE);
        }
        if (kind.equals("channels")) {
            s.operands.get("channels").mismatch("of 0", 0).mismatch("of -1", -1).mismatch("too many", g[2] + 1)
                    .mismatch("far too few", Integer.MIN_VALUE);
        }
    }

    private static void norm(Scene s, String kind) {
        int rows = s.size();
        int[] g = channels(s, kind);
        s.block("x", rows, g[2]).without(g[2] == g[1] ? "" : "a column more");
        s.block("out", rows, g[2]);
        gain(s, kind, g);
        int numbers = kind.equals("rmsNorm") ? 1 : 2 * g[0];
        s.doubles("stats", rows * numbers);
        s.add("eps", 1e-5, "eps").wrong("NaN", Double.NaN).wrong("negative", -1.0);
        s.apart("out", "x", "gain");
        if (!kind.equals("rmsNorm")) {
            s.maybe("bias", 1, g[1]);
            s.apart("out", "bias");
        }
        s.call(o -> {
            double eps = (double) o.get("eps");
            switch (kind) {
                case "layerNorm" -> o.engine.layers().layerNorm(o.b("x"), o.b("gain"), o.b("bias"), eps, o.b("out"), o.d("stats"));
                case "rmsNorm" -> o.engine.layers().rmsNorm(o.b("x"), o.b("gain"), eps, o.b("out"), o.d("stats"));
                case "channels" -> o.engine.layers().groupNorm(
                        o.b("x"), o.n("channels"), o.n("groups"), o.b("gain"), o.b("bias"), eps, o.b("out"), o.d("stats"));
                default -> o.engine.layers().groupNorm(o.b("x"), o.n("groups"), o.b("gain"), o.b("bias"), eps, o.b("out"), o.d("stats"));
            }
        });
    }

    private static void normVjp(Scene s, String kind) {
        int rows = s.size();
        int[] g = channels(s, kind);
        s.block("x", rows, g[2]);
        gain(s, kind, g);
        s.block("dy", rows, g[2]);
        s.block("dx", rows, g[2]);
        s.maybe("dGain", 1, g[1]);
        s.doubles("stats", rows * (kind.equals("rmsNorm") ? 1 : 2 * g[0]));
        s.apart("dx", "x", "dy", "gain");
        s.apart("dGain", "x", "dy", "dx", "gain");
        if (!kind.equals("rmsNorm")) {
            s.maybe("dBias", 1, g[1]);
            s.apart("dBias", "x", "dy", "dx", "gain", "dGain");
        }
        s.call(o -> {
            switch (kind) {
                case "layerNorm" ->
                    o.engine.layers().layerNormVjp(o.b("x"), o.b("gain"), o.d("stats"), o.b("dy"), o.b("dx"), o.b("dGain"), o.b("dBias"));
                case "rmsNorm" ->
                    o.engine.layers().rmsNormVjp(o.b("x"), o.b("gain"), o.d("stats"), o.b("dy"), o.b("dx"), o.b("dGain"));
                case "channels" -> o.engine.layers().groupNormVjp(o.b("x"), o.n("channels"), o.n("groups"), o.b("gain"), o.d("stats"),
                        o.b("dy"), o.b("dx"), o.b("dGain"), o.b("dBias"));
                default -> o.engine.layers().groupNormVjp(
                        o.b("x"), o.n("groups"), o.b("gain"), o.d("stats"), o.b("dy"), o.b("dx"), o.b("dGain"), o.b("dBias"));
            }
        });
    }

    private static void dropout(Scene s) {
        int batch = s.size();
        int active = 1 + s.random.nextInt(batch);
        int n = s.size();
        s.block("x", active, n);
        s.block("out", active, n);
        DropoutMask closed = DropoutMask.perElement(s.engine, s.type, batch, n, 0.5, 1);
        closed.close();
        s.add("mask", s.own(DropoutMask.perElement(s.engine, s.type, batch, n, 0.5, 1)), "mask")
                .notNull()
                .wrong("closed", closed)
                .wrong("of another type", s.own(DropoutMask.perElement(s.engine, s.otherType(), batch, n, 0.5, 1)))
                .wrong("a column less", s.own(DropoutMask.perElement(s.engine, s.type, batch, n - 1, 0.5, 1)))
                .wrong("a row less", s.own(DropoutMask.perElement(s.engine, s.type, batch - 1, n, 0.5, 1)));
        s.add("rows", s.map(batch, active), "rows")
                .wrong("fewer rows", s.map(batch, active - 1))
                .mismatch("a larger batch", s.map(batch + 1, active));
        s.apartOrSame("out", "x");
        s.call(o -> o.engine.layers().dropout(o.b("x"), (DropoutMask) o.get("mask"), o.rows("rows"), o.b("out")));
    }

    private static void rotate(Scene s) {
        int sequence = s.few();
        int heads = s.few();
        int d = 2 * s.few();
        int rows = sequence * s.few();
        Rotary.Pairing pairing = s.any(Rotary.Pairing.values());
        s.block("x", rows, heads * d);
        s.block("out", rows, heads * d);
        s.number("sequence", sequence, "sequences", 0, -1, rows + 1, Integer.MAX_VALUE);
        s.number("heads", heads, "heads", 0, -1, heads * d + 1, Integer.MIN_VALUE);
        Rotary closed = Rotary.of(s.engine, s.type, sequence, d, 100, pairing);
        closed.close();
        s.add("table", s.own(Rotary.of(s.engine, s.type, sequence + s.random.nextInt(2), d, 100, pairing)), "table")
                .notNull()
                .wrong("closed", closed)
                .wrong("of another type", s.own(Rotary.of(s.engine, s.otherType(), sequence, d, 100, pairing)))
                .wrong("of wider heads", s.own(Rotary.of(s.engine, s.type, sequence, d + 2, 100, pairing)))
                .wrong("a position less", s.own(Rotary.of(s.engine, s.type, sequence - 1, d, 100, pairing)));
        s.apartOrSame("out", "x");
        boolean inverse = s.random.nextBoolean();
        s.call(o -> o.engine.layers().rotate(o.b("x"), o.n("sequence"), o.n("heads"), (Rotary) o.get("table"), inverse, o.b("out")));
    }

    private static void heads(Scene s, String... blocks) {
        int sequence = s.few();
        int heads = s.few();
        int rows = sequence * s.few();
        int cols = heads * s.few();
        for (String name : blocks) {
            s.block(name, rows, cols);
        }
        s.number("sequence", sequence, "sequences", 0, -1, rows + 1, Integer.MAX_VALUE);
        s.number("heads", heads, "heads", 0, -1, cols + 1, Integer.MIN_VALUE);
        s.doubles("lse", rows * heads);
    }

    private static void attentionJvp(Scene s) {
        heads(s, "q", "k", "v", "dq", "dk", "dv", "out");
        s.apart("out", "q", "k", "v", "dq", "dk", "dv");
        boolean causal = s.random.nextBoolean();
        s.call(o -> o.engine.layers().attentionJvp(o.b("q"), o.b("k"), o.b("v"), o.n("sequence"), o.n("heads"), causal, o.d("lse"),
                o.b("dq"), o.b("dk"), o.b("dv"), o.b("out")));
    }

    private static void attention(Scene s, boolean vjp) {
        boolean causal = s.random.nextBoolean();
        if (!vjp) {
            heads(s, "q", "k", "v", "out");
            s.apart("out", "q", "k", "v");
            s.call(o -> o.engine.layers().attention(
                    o.b("q"), o.b("k"), o.b("v"), o.n("sequence"), o.n("heads"), causal, o.b("out"), o.d("lse")));
            return;
        }
        heads(s, "q", "k", "v", "dOut", "dq", "dk", "dv");
        for (String out : List.of("dq", "dk", "dv")) {
            s.apart(out, "q", "k", "v", "dOut");
        }
        s.apart("dk", "dq");
        s.apart("dv", "dq", "dk");
        s.call(o -> o.engine.layers().attentionVjp(o.b("q"), o.b("k"), o.b("v"), o.n("sequence"), o.n("heads"), causal, o.d("lse"),
                o.b("dOut"), o.b("dq"), o.b("dk"), o.b("dv")));
    }

    // ---- images

    private static Convolution convolution(Scene s) {
        return new Convolution(s.random.nextBoolean() ? 1 : 3, 1 + s.random.nextInt(2), s.few(), s.few());
    }

    private static ImageShape shape(Scene s, int channels) {
        return new ImageShape(s.few(), s.few(), channels);
    }

    private static ConvolutionWeights weights(Scene s, Convolution c) {
        ConvolutionWeights weights = s.own(s.engine.images().pack(c, s.fresh(s.type, c.outChannels(), c.inputs())));
        weights.prepareTransposed();
        return weights;
    }

    private static Operand weights(Scene s, String name, Convolution c) {
        ConvolutionWeights closed = weights(s, c);
        closed.close();
        Operand operand = s.add(name, weights(s, c), "weights");
        Engine foreign = EngineCalls.foreign(s.engine);
        if (foreign != null) {
            operand.wrong("another engine's", s.own(s.own(foreign).images().pack(c, s.fresh(s.type, c.outChannels(), c.inputs()))));
        }
        return operand
                .notNull()
                .wrong("closed", closed)
                .mismatch("of more channels", weights(s, new Convolution(c.kernel(), c.stride(), c.inChannels() + 1, c.outChannels())));
    }

    private static Operand shape(Scene s, String name, ImageShape shape) {
        return s.add(name, shape, "shape")
                .notNull()
                .mismatch("a line more", new ImageShape(shape.height() + 2, shape.width(), shape.channels()))
                .mismatch("a channel more", new ImageShape(shape.height(), shape.width(), shape.channels() + 1))
                .mismatch("far too large", new ImageShape(1 << 14, 1 << 14, 7));
    }

    private static void pack(Scene s) {
        Convolution c = convolution(s);
        s.add("convolution", c, "convolution")
                .notNull()
                .mismatch("of more channels", new Convolution(c.kernel(), c.stride(), c.inChannels(), c.outChannels() + 1));
        s.block("w", c.outChannels(), c.inputs()).without("of another type");
        s.call(o -> o.engine.images().pack((Convolution) o.get("convolution"), o.b("w")).close());
    }

    private static void update(Scene s) {
        Convolution c = convolution(s);
        ImageShape shape = shape(s, c.inChannels());
        weights(s, "weights", c).without("null", "another engine's", "of more channels");
        s.block("w", c.outChannels(), c.inputs());
        s.block("z", 1, shape.size()).wrongs.clear();
        s.block("out", 1, c.output(shape).size()).wrongs.clear();
        s.call(o -> {
            ConvolutionWeights weights = (ConvolutionWeights) o.get("weights");
            weights.update(o.b("w"));
            o.engine.images().convolve(weights, shape, o.b("z"), o.b("out"), Epilogue.NONE);
        });
    }

    private static void convolve(Scene s) {
        Convolution c = convolution(s);
        ImageShape shape = shape(s, c.inChannels());
        int batch = s.few();
        int width = c.output(shape).size();
        weights(s, "weights", c);
        shape(s, "shape", shape);
        s.block("z", batch, shape.size());
        s.block("out", batch, width);
        s.maybe("bias", 1, c.outChannels());
        s.maybe("injection", batch, width).without("a row more");
        s.add("rows", s.map(batch, batch), "rows")
                .mismatch("fewer rows", s.map(batch, batch - 1))
                .mismatch("a larger batch", s.map(batch + 1, batch));
        s.add("activation", EngineCalls.activation(s), "activation").notNull();
        s.maybe("slope", batch, width);
        s.add("norms", null, "norms").wrong("asked for", new Epilogue.Norms(batch));
        s.add("epilogue", "made of the others", "epilogue").notNull();
        s.apart("out", "z", "bias", "injection", "slope");
        s.apart("slope", "z", "bias", "injection");
        s.call(o -> o.engine.images().convolve((ConvolutionWeights) o.get("weights"), (ImageShape) o.get("shape"), o.b("z"), o.b("out"),
                EngineCalls.epilogue(o)));
    }

    private static void convolveTransposed(Scene s) {
        Convolution c = convolution(s);
        ImageShape shape = shape(s, c.inChannels());
        int batch = s.few();
        weights(s, "weights", c);
        shape(s, "shape", shape);
        s.block("u", batch, c.output(shape).size());
        s.block("out", batch, shape.size());
        s.apart("out", "u");
        s.call(o -> o.engine.images().convolveTransposed(
                (ConvolutionWeights) o.get("weights"), (ImageShape) o.get("shape"), o.b("u"), o.b("out")));
    }

    private static void addGradients(Scene s) {
        Convolution c = convolution(s);
        ImageShape shape = shape(s, c.inChannels());
        int batch = s.few();
        s.add("convolution", c, "convolution")
                .notNull()
                .mismatch("of more channels", new Convolution(c.kernel(), c.stride(), c.inChannels() + 1, c.outChannels()));
        shape(s, "shape", shape);
        s.block("u", batch, c.output(shape).size());
        s.block("z", batch, shape.size());
        s.maybe("dw", c.outChannels(), c.inputs());
        s.maybe("db", 1, c.outChannels());
        s.apart("dw", "u", "z");
        s.apart("db", "u", "z", "dw");
        s.call(o -> o.engine.images().addGradients(
                (Convolution) o.get("convolution"), (ImageShape) o.get("shape"), o.b("u"), o.b("z"), o.b("dw"), o.b("db")));
    }

    private static void resample(Scene s, boolean up, boolean transposed) {
        int factor = 1 + s.random.nextInt(3);
        ImageShape shape = up ? shape(s, s.few()) : new ImageShape(factor * s.few(), factor * s.few(), s.few());
        int other = (up ? shape.times(factor) : shape.over(factor)).size();
        int batch = s.few();
        shape(s, "shape", shape);
        s.number("factor", factor, "factor", 0, -1, Integer.MIN_VALUE, 1 << 20);
        String in = transposed ? "u" : "z";
        s.block(in, batch, transposed ? other : shape.size());
        s.block("out", batch, transposed ? shape.size() : other);
        s.apart("out", in);
        s.call(o -> {
            var images = o.engine.images();
            ImageShape given = (ImageShape) o.get("shape");
            if (up && !transposed) {
                images.upsample(given, o.n("factor"), o.b(in), o.b("out"));
            } else if (up) {
                images.upsampleTransposed(given, o.n("factor"), o.b(in), o.b("out"));
            } else if (!transposed) {
                images.downsample(given, o.n("factor"), o.b(in), o.b("out"));
            } else {
                images.downsampleTransposed(given, o.n("factor"), o.b(in), o.b("out"));
            }
        });
    }

    // ---- small matrices

    private static int order(Scene s) {
        return 2 + s.random.nextInt(3);
    }

    /** Matrices, and operands that the results may replace. */
    private static void systems(Scene s, int count, String matrices, int matrixRows, String operands, int rows) {
        s.block(matrices, matrixRows, count);
        s.block(operands, rows, count);
        s.block("out", rows, count);
        s.apart("out", matrices);
        s.apartOrSame("out", operands);
    }

    private static void multiply(Scene s) {
        int d = order(s);
        int count = s.size();
        systems(s, count, "a", d * d, "b", d * d);
        s.call(o -> o.engine.small().multiply(o.b("a"), o.b("b"), o.b("out")));
    }

    private static void transform(Scene s) {
        int d = order(s);
        // One matrix for all is right: so no count of 1 or 2, of which a column less would be one.
        int count = 3 + s.size();
        int k = s.few();
        systems(s, count, "m", d * d, "v", d * k);
        s.call(o -> o.engine.small().transform(o.b("m"), o.b("v"), o.b("out")));
    }

    private static void solve(Scene s) {
        int d = order(s);
        int count = s.size();
        int k = s.few();
        systems(s, count, "m", d * d, "rhs", d * k);
        s.failures("singular", count);
        s.call(o -> o.engine.small().solve(o.b("m"), o.b("rhs"), o.b("out"), (Failures) o.get("singular")));
    }

    private static void cholesky(Scene s) {
        int n = 2 + s.random.nextInt(7);
        int count = s.size();
        s.block("a", n * n, count).without("of another type", "a column more", "a column less");
        s.failures("indefinite", count);
        s.call(o -> o.engine.small().cholesky(o.b("a"), (Failures) o.get("indefinite")));
    }

    private static void solveCholesky(Scene s) {
        int n = 2 + s.random.nextInt(7);
        int count = s.size();
        s.block("l", n * n, count);
        s.block("rhs", n * s.few(), count);
        s.apart("rhs", "l");
        s.call(o -> o.engine.small().solveCholesky(o.b("l"), o.b("rhs")));
    }

    private static void qr(Scene s) {
        int n = 2 + s.random.nextInt(7);
        int m = n + s.random.nextInt(4);
        int count = s.size();
        s.block("a", m * n, count);
        s.block("tau", n, count).without("a row more", "a row less");
        s.apart("tau", "a");
        s.call(o -> o.engine.small().qr(o.b("a"), o.b("tau")));
    }

    private static void solveQr(Scene s) {
        int n = 2 + s.random.nextInt(7);
        int m = n + s.random.nextInt(4);
        int count = s.size();
        int k = s.few();
        s.block("qr", m * n, count);
        s.block("tau", n, count).without("a row more", "a row less");
        s.block("rhs", m * k, count);
        s.block("out", n * k, count);
        s.failures("singular", count);
        s.apart("out", "qr", "tau");
        if (m == n) {
            s.apartOrSame("out", "rhs");
        } else {
            s.apart("out", "rhs");
        }
        s.call(o -> o.engine.small().solveQr(o.b("qr"), o.b("tau"), o.b("rhs"), o.b("out"), (Failures) o.get("singular")));
    }
}
