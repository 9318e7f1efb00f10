package dev.zstar.kernels;

/** The checks of {@link Images}, as {@link Shapes} has those of {@link Engine}. */
public final class ImageShapes {
    private ImageShapes() {}

    /** The operands of {@link Images#pack}. */
    public static void pack(Convolution convolution, Block w) {
        Shapes.present("pack", "the convolution", convolution);
        Shapes.present("pack", "w", w);
        w.requireShape("pack", "w", w.type(), convolution.outChannels(), convolution.inputs());
    }

    /** What an engine answers to the weights of another. */
    public static IllegalArgumentException foreign(ConvolutionWeights w, String engine) {
        return new IllegalArgumentException("the weights of a convolution were packed by another engine (" + w.getClass().getSimpleName()
                + "), expected the engine " + engine + "'s; pack them with it");
    }

    /** What is said of weights that were closed. */
    public static IllegalStateException closed(Convolution convolution) {
        return new IllegalStateException("the weights of a convolution of " + convolution.inChannels() + " to " + convolution.outChannels()
                + " channels were used after they were closed");
    }

    /** The operands of {@link Images#convolve}. */
    public static void convolve(ConvolutionWeights w, ImageShape shape, Block z, Block out, Epilogue epilogue) {
        Shapes.present("convolve", "the weights", w);
        Shapes.present("convolve", "z", z);
        Shapes.present("convolve", "out", out);
        Shapes.present("convolve", "the epilogue", epilogue);
        Convolution convolution = w.convolution();
        channels("convolve", convolution, shape);
        int width = size("convolve", convolution, shape);
        z.requireShape("convolve", "z", w.type(), z.rows(), shape.size());
        out.requireShape("convolve", "out", w.type(), z.rows(), width);
        Shapes.requireApart("convolve", "out", out, "z", z);
        if (epilogue.norms() != null) {
            throw new IllegalArgumentException("convolve: forms no norms; take the epilogue without them");
        }
        if (epilogue.slope() != null) {
            epilogue.slope().requireShape("convolve", "slope", w.type(), z.rows(), width);
            epilogue.requireSlopeApart("convolve", z, out);
        }
        if (epilogue.bias() != null) {
            epilogue.bias().requireShape("convolve", "bias", w.type(), 1, convolution.outChannels());
            Shapes.requireApart("convolve", "out", out, "bias", epilogue.bias());
        }
        Block injection = epilogue.injection();
        if (injection != null) {
            epilogue.checkInjection("convolve", w.type(), z.rows(), width);
            if (epilogue.rows() != null || injection.address() != out.address() || injection.rows() != out.rows()) {
                Shapes.requireApart("convolve", "out", out, "injection", injection);
            }
        }
    }

    /** The operands of {@link Images#convolveTransposed}. */
    public static void convolveTransposed(ConvolutionWeights w, ImageShape shape, Block u, Block out) {
        Shapes.present("convolveTransposed", "the weights", w);
        Shapes.present("convolveTransposed", "u", u);
        Shapes.present("convolveTransposed", "out", out);
        channels("convolveTransposed", w.convolution(), shape);
        u.requireShape("convolveTransposed", "u", w.type(), u.rows(), size("convolveTransposed", w.convolution(), shape));
        out.requireShape("convolveTransposed", "out", w.type(), u.rows(), shape.size());
        Shapes.requireApart("convolveTransposed", "out", out, "u", u);
    }

    /** The operands of {@link Images#addGradients}. */
    public static void addGradients(Convolution convolution, ImageShape shape, Block u, Block z, Block dw, Block db) {
        Shapes.present("addGradients", "the convolution", convolution);
        Shapes.present("addGradients", "u", u);
        channels("addGradients", convolution, shape);
        u.requireShape("addGradients", "u", u.type(), u.rows(), size("addGradients", convolution, shape));
        Shapes.require("addGradients", "z", z, u.type(), u.rows(), shape.size());
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
        resize("upsample", "z", size("upsample", shape), larger("upsample", shape, factor), z, out);
    }

    /** The operands of {@link Images#upsampleTransposed}. */
    public static void upsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        resize("upsampleTransposed", "u", larger("upsampleTransposed", shape, factor), shape.size(), u, out);
    }

    /** The operands of {@link Images#downsample}. */
    public static void downsample(ImageShape shape, int factor, Block z, Block out) {
        resize("downsample", "z", size("downsample", shape), smaller("downsample", shape, factor), z, out);
    }

    /** The operands of {@link Images#downsampleTransposed}. */
    public static void downsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        resize("downsampleTransposed", "u", smaller("downsampleTransposed", shape, factor), shape.size(), u, out);
    }

    // Sizes of shapes that are not there: a call allocates nothing, so it makes no shape either.

    private static int size(String operation, Convolution c, ImageShape in) {
        long size = (long) c.strided(in.height()) * c.strided(in.width()) * c.outChannels();
        if (size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    operation + ": the shape " + in + " gives images of " + size + " elements, expected less than 2³¹");
        }
        return (int) size;
    }

    private static int size(String operation, ImageShape shape) {
        Shapes.present(operation, "the shape", shape);
        return shape.size();
    }

    private static int larger(String operation, ImageShape shape, int factor) {
        Shapes.present(operation, "the shape", shape);
        if (factor < 1 || (long) factor * factor > Integer.MAX_VALUE / shape.size()) {
            throw new IllegalArgumentException(operation + ": a factor of " + factor + " for images of " + shape
                    + ", expected at least 1, and images of less than 2³¹ elements");
        }
        return shape.size() * factor * factor;
    }

    private static int smaller(String operation, ImageShape shape, int factor) {
        Shapes.present(operation, "the shape", shape);
        if (factor < 1 || shape.height() % factor != 0 || shape.width() % factor != 0) {
            throw new IllegalArgumentException(
                    operation + ": a factor of " + factor + " for images of " + shape + ", expected a divisor of height and width");
        }
        return shape.size() / factor / factor;
    }

    private static void resize(String operation, String operand, int from, int to, Block in, Block out) {
        Shapes.present(operation, operand, in);
        in.requireShape(operation, operand, in.type(), in.rows(), from);
        Shapes.require(operation, "out", out, in.type(), in.rows(), to);
        Shapes.requireApart(operation, "out", out, operand, in);
    }

    private static void channels(String operation, Convolution convolution, ImageShape shape) {
        Shapes.present(operation, "the shape", shape);
        if (shape.channels() != convolution.inChannels()) {
            throw new IllegalArgumentException(
                    operation + ": the shape is " + shape + ", expected " + convolution.inChannels() + " channels");
        }
    }
}
