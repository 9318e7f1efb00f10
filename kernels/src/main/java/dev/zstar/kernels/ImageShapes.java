package dev.zstar.kernels;

/** The checks of {@link Images}, as {@link Shapes} has those of {@link Engine}. */
public final class ImageShapes {
    private ImageShapes() {}

    /** The operands of {@link Images#pack}. */
    public static void pack(Convolution convolution, Block w) {
        w.requireShape("pack", "w", w.type(), convolution.outChannels(), convolution.inputs());
    }

    /** The operands of {@link Images#convolve}. */
    public static void convolve(ConvolutionWeights w, ImageShape shape, Block z, Block out, Epilogue epilogue) {
        Convolution convolution = w.convolution();
        channels("convolve", convolution, shape);
        int width = size(convolution, shape);
        z.requireShape("convolve", "z", w.type(), z.rows(), shape.size());
        out.requireShape("convolve", "out", w.type(), z.rows(), width);
        Shapes.requireApart("convolve", "out", out, "z", z);
        if (epilogue.norms() != null) {
            throw new IllegalArgumentException("convolve: forms no norms; take the epilogue without them");
        }
        if (epilogue.slope() != null) {
            epilogue.slope().requireShape("convolve", "slope", w.type(), z.rows(), width);
            Shapes.requireApart("convolve", "out", out, "slope", epilogue.slope());
            Shapes.requireApart("convolve", "slope", epilogue.slope(), "z", z);
        }
        if (epilogue.bias() != null) {
            epilogue.bias().requireShape("convolve", "bias", w.type(), 1, convolution.outChannels());
            Shapes.requireApart("convolve", "out", out, "bias", epilogue.bias());
        }
        Block injection = epilogue.injection();
        if (injection != null) {
            epilogue.checkInjection(w.type(), z.rows(), width);
            if (epilogue.rows() != null || injection.address() != out.address() || injection.rows() != out.rows()) {
                Shapes.requireApart("convolve", "out", out, "injection", injection);
            }
        }
    }

    /** The operands of {@link Images#convolveTransposed}. */
    public static void convolveTransposed(ConvolutionWeights w, ImageShape shape, Block u, Block out) {
        channels("convolveTransposed", w.convolution(), shape);
        u.requireShape("convolveTransposed", "u", w.type(), u.rows(), size(w.convolution(), shape));
        out.requireShape("convolveTransposed", "out", w.type(), u.rows(), shape.size());
        Shapes.requireApart("convolveTransposed", "out", out, "u", u);
    }

    /** The operands of {@link Images#addGradients}. */
    public static void addGradients(Convolution convolution, ImageShape shape, Block u, Block z, Block dw, Block db) {
        channels("addGradients", convolution, shape);
        u.requireShape("addGradients", "u", u.type(), u.rows(), size(convolution, shape));
        z.requireShape("addGradients", "z", u.type(), u.rows(), shape.size());
        if (dw != null) {
            dw.requireShape("addGradients", "dw", u.type(), convolution.outChannels(), convolution.inputs());
            Shapes.requireApart("addGradients", "dw", dw, "u", u);
            Shapes.requireApart("addGradients", "dw", dw, "z", z);
        }
        if (db != null) {
            db.requireShape("addGradients", "db", u.type(), 1, convolution.outChannels());
            Shapes.requireApart("addGradients", "db", db, "u", u);
            Shapes.requireApart("addGradients", "db", db, "z", z);
        }
        if (dw != null && db != null) {
            Shapes.requireApart("addGradients", "db", db, "dw", dw);
        }
    }

    /** The operands of {@link Images#upsample}: a block of images of {@code shape}, and one of {@code factor} times that. */
    public static void upsample(ImageShape shape, int factor, Block z, Block out) {
        resize("upsample", "z", shape.size(), larger(shape, factor), z, out);
    }

    /** The operands of {@link Images#upsampleTransposed}. */
    public static void upsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        resize("upsampleTransposed", "u", larger(shape, factor), shape.size(), u, out);
    }

    /** The operands of {@link Images#downsample}. */
    public static void downsample(ImageShape shape, int factor, Block z, Block out) {
        resize("downsample", "z", shape.size(), smaller(shape, factor), z, out);
    }

    /** The operands of {@link Images#downsampleTransposed}. */
    public static void downsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        resize("downsampleTransposed", "u", smaller(shape, factor), shape.size(), u, out);
    }

    // Sizes of shapes that are not there: a call allocates nothing, so it makes no shape either.

    private static int size(Convolution c, ImageShape in) {
        return Math.multiplyExact(c.strided(in.height()) * c.strided(in.width()), c.outChannels());
    }

    private static int larger(ImageShape shape, int factor) {
        return factor >= 1 ? Math.multiplyExact(Math.multiplyExact(shape.size(), factor), factor) : shape.times(factor).size();
    }

    private static int smaller(ImageShape shape, int factor) {
        boolean whole = factor >= 1 && shape.height() % factor == 0 && shape.width() % factor == 0;
        return whole ? shape.size() / factor / factor : shape.over(factor).size();
    }

    private static void resize(String operation, String operand, int from, int to, Block in, Block out) {
        in.requireShape(operation, operand, in.type(), in.rows(), from);
        out.requireShape(operation, "out", in.type(), in.rows(), to);
        Shapes.requireApart(operation, "out", out, operand, in);
    }

    private static void channels(String operation, Convolution convolution, ImageShape shape) {
        if (shape.channels() != convolution.inChannels()) {
            throw new IllegalArgumentException(operation + ": images of " + shape + ", expected " + convolution.inChannels() + " channels");
        }
    }
}
