package dev.zstar.kernels.spi;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Products;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/** Checks of the operands of {@link Products}: each method throws, naming the operand, unless all operands fit each other. */
public final class ProductShapes {
    private ProductShapes() {}

    /** The operands of {@link Products#pack}. */
    public static void pack(Block w, Format format) {
        Operands.open("pack", "w", w);
        Operands.present("pack", "the format", format);
        if (format != Format.FULL && w.type() != Type.F32) {
            throw new IllegalArgumentException("pack: w is " + w.shape() + ", expected f32 elements for the format " + format);
        }
    }

    /** The exception for weights of another engine. */
    public static IllegalArgumentException foreign(Weights w, String engine) {
        return new IllegalArgumentException(
                "weights of " + w.shape() + " were packed by the " + w.engine() + " engine, expected weights that the " + engine
                        + " engine packed");
    }

    /** The exception for closed weights. */
    public static IllegalStateException closed(Weights w) {
        return new IllegalStateException("weights of " + w.shape() + " were used after they were closed");
    }

    /** The operands of {@link Products#apply}. */
    public static void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        Operands.present("apply", "w", w);
        Operands.present("apply", "z", z);
        Operands.present("apply", "the epilogue", epilogue);
        z.requireShape("apply", "z", w.type(), z.rows(), w.cols());
        Operands.require("apply", "out", out, w.type(), z.rows(), w.rows());
        Operands.apart("apply", "out", out, "z", z);
        EpilogueShapes.check("apply", epilogue, w.type(), z.rows(), w.rows(), w.cols());
        EpilogueShapes.apart("apply", epilogue, z, out);
    }

    /** The operands of {@link Products#applyTransposed}. */
    public static void applyTransposed(Weights w, Block u, Block out) {
        Operands.present("applyTransposed", "w", w);
        Operands.present("applyTransposed", "u", u);
        u.requireShape("applyTransposed", "u", w.type(), u.rows(), w.rows());
        Operands.require("applyTransposed", "out", out, w.type(), u.rows(), w.cols());
        Operands.apart("applyTransposed", "out", out, "u", u);
    }

    /** The operands of {@link Products#gemm}. */
    public static void gemm(Block a, boolean transposeA, Block b, boolean transposeB, Block c) {
        Operands.open("gemm", "a", a);
        Operands.present("gemm", "b", b);
        Operands.present("gemm", "c", c);
        int m = transposeA ? a.cols() : a.rows();
        int k = transposeA ? a.rows() : a.cols();
        int n = transposeB ? b.rows() : b.cols();
        b.requireShape("gemm", transposeB ? "b (transposed)" : "b", a.type(), transposeB ? n : k, transposeB ? k : n);
        c.requireShape("gemm", "c", a.type(), m, n);
        Operands.apart("gemm", "c", c, "a", a);
        Operands.apart("gemm", "c", c, "b", b);
    }

    /** The operands of {@code count} products at once. */
    public static void gemm(int count, Block a, boolean transposeA, Block b, boolean transposeB, Block c) {
        Operands.groups("gemm", "a", a, count);
        Operands.groups("gemm", "b", b, count);
        Operands.groups("gemm", "c", c, count);
        // Blocks of different systems may not overlap either.
        Operands.apart("gemm", "c", c, "a", a);
        Operands.apart("gemm", "c", c, "b", b);
        gemm(a.part(0, count), transposeA, b.part(0, count), transposeB, c.part(0, count));
    }

    /** The operands of {@link Products#finish}. */
    public static void finish(Block z, Block out, Epilogue epilogue) {
        Operands.present("finish", "z", z);
        Operands.open("finish", "out", out);
        Operands.present("finish", "the epilogue", epilogue);
        if (epilogue.norms() != null) {
            Operands.require("finish", "z", z, out.type(), out.rows(), out.cols());
            Operands.apart("finish", "out", out, "z", z);
        }
        EpilogueShapes.check("finish", epilogue, out.type(), out.rows(), out.cols(), out.cols());
        EpilogueShapes.apart("finish", epilogue, epilogue.norms() == null ? null : z, out);
    }
}
