package dev.zstar.kernels.spi;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Operands;

/** Checks of the operands of {@link Images}: each method throws, naming the operand, unless all operands fit each other. */
public final class ImageShapes {
    private ImageShapes() {}

    /** The operands of {@link Images#pack}. */
    public static void pack(Convolution convolution, Block w) {
        Operands.present("pack", "the convolution", convolution);
        Operands.present("pack", "w", w);
        w.requireShape("pack", "w", w.type(), convolution.outChannels(), convolution.inputs());
    }

    /** The exception for weights of another engine. */
    public static IllegalArgumentException foreign(ConvolutionWeights w, String engine) {
        return new IllegalArgumentException("the weights of a convolution were packed by another engine (" + w.getClass().getSimpleName()
                + "), expected weights that the " + engine + " engine packed");
    }

    /** The exception for closed weights. */
    public static IllegalStateException closed(Convolution convolution) {
        return new IllegalStateException("the weights of a convolution of " + convolution.inChannels() + " to " + convolution.outChannels()
                + " channels were used after they were closed");
    }

    /** The operands of {@link Images#convolve}. */
    public static void convolve(ConvolutionWeights w, ImageShape shape, Block z, Block out, Epilogue epilogue) {
        Operands.present("convolve", "the weights", w);
        Operands.present("convolve", "z", z);
        Operands.present("convolve", "out", out);
        Operands.present("convolve", "the epilogue", epilogue);
        Convolution convolution = w.convolution();
        channels("convolve", convolution, shape);
        int width = size("convolve", convolution, shape);
        z.requireShape("convolve", "z", w.type(), z.rows(), shape.size());
        out.requireShape("convolve", "out", w.type(), z.rows(), width);
        Operands.apart("convolve", "out", out, "z", z);
        if (epilogue.norms() != null) {
            throw new IllegalArgumentException("convolve: the epilogue has norms, expected none");
        }
        if (epilogue.slope() != null) {
            epilogue.slope().requireShape("convolve", "slope", w.type(), z.rows(), width);
            EpilogueShapes.slopeApart("convolve", epilogue, z, out);
        }
        if (epilogue.bias() != null) {
            epilogue.bias().requireShape("convolve", "bias", w.type(), 1, convolution.outChannels());
            Operands.apart("convolve", "out", out, "bias", epilogue.bias());
        }
        Block injection = epilogue.injection();
        if (injection != null) {
            EpilogueShapes.injection("convolve", epilogue, w.type(), z.rows(), width);
            if (epilogue.rows() != null || injection.address() != out.address() || injection.rows() != out.rows()) {
                Operands.apart("convolve", "out", out, "injection", injection);
            }
        }
    }

    /** The operands of {@link Images#convolveTransposed}. */
    public static void convolveTransposed(ConvolutionWeights w, ImageShape shape, Block u, Block out) {
        Operands.present("convolveTransposed", "the weights", w);
        Operands.present("convolveTransposed", "u", u);
        Operands.present("convolveTransposed", "out", out);
        channels("convolveTransposed", w.convolution(), shape);
        u.requireShape("convolveTransposed", "u", w.type(), u.rows(), size("convolveTransposed", w.convolution(), shape));
        out.requireShape("convolveTransposed", "out", w.type(), u.rows(), shape.size());
        Operands.apart("convolveTransposed", "out", out, "u", u);
    }

    /** The operands of {@link Images#addGradients}. */
    public static void addGradients(Convolution convolution, ImageShape shape, Block u, Block z, Block dw, Block db) {
        Operands.present("addGradients", "the convolution", convolution);
        Operands.present("addGradients", "u", u);
        channels("addGradients", convolution, shape);
        u.requireShape("addGradients", "u", u.type(), u.rows(), size("addGradients", convolution, shape));
        Operands.require("addGradients", "z", z, u.type(), u.rows(), shape.size());
        if (dw != null) {
            dw.requireShape("addGradients", "dw", u.type(), convolution.outChannels(), convolution.inputs());
            Operands.apart("addGradients", "dw", dw, "u", u);
            Operands.apart("addGradients", "dw", dw, "z", z);
        }
        if (db != null) {
            db.requireShape("addGradients", "db", u.type(), 1, convolution.outChannels());
            Operands.apart("addGradients", "db", db, "u", u);
            Operands.apart("addGradients", "db", db, "z", z);
        }
        if (dw != null && db != null) {
            Operands.apart("addGradients", "db", db, "dw", dw);
        }
    }

    /** The operands of {@link Images#upsample}: a block of images of {@code shape}, and one of images {@code factor} times as large. */
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

    // Sizes without ImageShape objects: a call allocates nothing, so it makes no shape.

    private static int size(String operation, Convolution c, ImageShape in) {
        long size = (long) c.strided(in.height()) * c.strided(in.width()) * c.outChannels();
        if (size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    operation + ": the shape " + in + " gives images of " + size + " elements, expected fewer than 2³¹");
        }
        return (int) size;
    }

    private static int size(String operation, ImageShape shape) {
        Operands.present(operation, "the shape", shape);
        return shape.size();
    }

    private static int larger(String operation, ImageShape shape, int factor) {
        Operands.present(operation, "the shape", shape);
        if (factor < 1 || (long) factor * factor > Integer.MAX_VALUE / shape.size()) {
            throw new IllegalArgumentException(operation + ": a factor of " + factor + " for images of " + shape
                    + ", expected at least 1, and images of fewer than 2³¹ elements");
        }
        return shape.size() * factor * factor;
    }

    private static int smaller(String operation, ImageShape shape, int factor) {
        Operands.present(operation, "the shape", shape);
        if (factor < 1 || shape.height() % factor != 0 || shape.width() % factor != 0) {
            throw new IllegalArgumentException(
                    operation + ": a factor of " + factor + " for images of " + shape + ", expected a divisor of height and width");
        }
        return shape.size() / factor / factor;
    }

    private static void resize(String operation, String operand, int from, int to, Block in, Block out) {
        Operands.present(operation, operand, in);
        in.requireShape(operation, operand, in.type(), in.rows(), from);
        Operands.require(operation, "out", out, in.type(), in.rows(), to);
        Operands.apart(operation, "out", out, operand, in);
    }

    private static void channels(String operation, Convolution convolution, ImageShape shape) {
        Operands.present(operation, "the shape", shape);
        if (shape.channels() != convolution.inChannels()) {
            throw new IllegalArgumentException(
                    operation + ": the shape is " + shape + ", expected " + convolution.inChannels() + " channels");
        }
    }
}
