package dev.zstar.kernels;

/** The checks that every engine makes before it computes: one place for what fits what, and for how a misfit is said. */
public final class Shapes {
    private Shapes() {}

    /** The operands of {@link Engine#pack}. */
    public static void pack(Block w, Format format) {
        w.requireOpen();
        if (format != Format.FULL && w.type() != Type.F32) {
            throw new IllegalArgumentException("pack: w is " + w.shape() + ", expected f32 for the format " + format);
        }
    }

    /** What an engine answers to the weights of another. */
    public static IllegalArgumentException foreign(Weights w, String engine) {
        return new IllegalArgumentException(
                "weights of " + w.shape() + " packed by the engine " + w.engine() + ", expected the engine " + engine + "'s; pack them with it");
    }

    /** The operands of {@link Engine#apply}. */
    public static void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        z.requireShape("apply", "z", w.type(), z.rows(), w.cols());
        out.requireShape("apply", "out", w.type(), z.rows(), w.rows());
        requireApart("apply", "out", out, "z", z);
        epilogue.check(w.type(), z.rows(), w.rows(), w.cols());
        if (epilogue.injection() != null) {
            requireApart("apply", "out", out, "injection", epilogue.injection());
        }
        if (epilogue.slope() != null) {
            requireApart("apply", "out", out, "slope", epilogue.slope());
            requireApart("apply", "slope", epilogue.slope(), "z", z);
        }
    }

    /** The operands of {@link Engine#applyTransposed}. */
    public static void applyTransposed(Weights w, Block u, Block out) {
        u.requireShape("applyTransposed", "u", w.type(), u.rows(), w.rows());
        out.requireShape("applyTransposed", "out", w.type(), u.rows(), w.cols());
        requireApart("applyTransposed", "out", out, "u", u);
    }

    /** The operands of {@link Engine#addOuter}. */
    public static void addOuter(Block d, Block z, Block out) {
        z.requireShape("addOuter", "z", d.type(), d.rows(), z.cols());
        out.requireShape("addOuter", "out", d.type(), d.cols(), z.cols());
        d.requireOpen();
        requireApart("addOuter", "out", out, "d", d);
        requireApart("addOuter", "out", out, "z", z);
    }

    /** The operands of {@link Engine#gemm}. */
    public static void gemm(Block a, boolean transposeA, Block b, boolean transposeB, Block c) {
        int m = transposeA ? a.cols() : a.rows();
        int k = transposeA ? a.rows() : a.cols();
        int n = transposeB ? b.rows() : b.cols();
        b.requireShape("gemm", transposeB ? "b (transposed)" : "b", a.type(), transposeB ? n : k, transposeB ? k : n);
        c.requireShape("gemm", "c", a.type(), m, n);
        a.requireOpen();
        requireApart("gemm", "c", c, "a", a);
        requireApart("gemm", "c", c, "b", b);
    }

    /** The operands of so many products at once. */
    public static void gemm(int count, Block a, boolean transposeA, Block b, boolean transposeB, Block c) {
        requireParts("a", a, count);
        requireParts("b", b, count);
        requireParts("c", c, count);
        // Blocks of different systems may not overlap either.
        requireApart("gemm", "c", c, "a", a);
        requireApart("gemm", "c", c, "b", b);
        gemm(a.part(0, count), transposeA, b.part(0, count), transposeB, c.part(0, count));
    }

    private static void requireParts(String operand, Block block, int count) {
        block.requireOpen();
        if (count < 1 || block.rows() % count != 0) {
            throw new IllegalArgumentException("gemm: " + operand + " is " + block.shape() + ", expected " + count + " systems of as many rows each");
        }
    }

    /** The operands of {@link Engine#finish}. */
    public static void finish(Block z, Block out, Epilogue epilogue) {
        out.requireOpen();
        epilogue.check(out.type(), out.rows(), out.cols(), epilogue.norms() == null ? out.cols() : z.cols());
        if (epilogue.norms() != null) {
            z.requireShape("finish", "z", out.type(), out.rows(), out.cols());
        }
    }

    /** Two operands of one shape. */
    public static void same(String operation, String first, Block x, String second, Block y) {
        y.requireShape(operation, second, x.type(), x.rows(), x.cols());
        x.requireShape(operation, first, x.type(), x.rows(), x.cols());
    }

    /** A room for {@code needed} numbers, one for each of so many rows. */
    public static void room(String operation, String operand, double[] array, int needed) {
        if (array.length < needed) {
            throw new IllegalArgumentException(operation + ": " + operand + " holds " + array.length + ", expected at least " + needed);
        }
    }

    /** The same for indices. */
    public static void room(String operation, String operand, int[] array, int needed) {
        if (array.length < needed) {
            throw new IllegalArgumentException(operation + ": " + operand + " holds " + array.length + ", expected at least " + needed);
        }
    }

    /** A sweep of {@code count} vectors of {@code v} with the rows of {@code w}. */
    public static void sweep(String operation, Basis v, int count, Block w, Rows rows) {
        v.block().requireShape(operation, "the basis", w.type(), v.block().rows(), w.cols());
        w.requireShape(operation, "the working block", w.type(), rows.count(), w.cols());
        if (count < 0 || count > v.capacity()) {
            throw new IllegalArgumentException(operation + ": " + count + " vectors of a basis of " + v.capacity());
        }
        if (rows.capacity() > v.batch()) {
            throw new IllegalArgumentException(
                    operation + ": a row map for " + rows.capacity() + " rows, expected at most the basis's " + v.batch());
        }
    }

    /** The operands of {@link Engine#project}. */
    public static void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        sweep("project", v, count, w, rows);
        room("project", "h", h, rows.capacity() * v.capacity());
        if (squares != null) {
            room("project", "squares", squares, rows.capacity());
        }
        requireApart("project", "the working block", w, "the basis", v.block());
    }

    /** The operands of {@link Engine#normalise}. */
    public static void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        sweep("normalise", v, 0, w, rows);
        room("normalise", "s", s, rows.capacity());
        if (slot < 0 || slot >= v.capacity()) {
            throw new IllegalArgumentException("normalise: slot " + slot + " of a basis of " + v.capacity());
        }
        requireApart("normalise", "the basis", v.block(), "the working block", w);
    }

    /** The operands of {@link Engine#residualSweep}. */
    public static void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        sweep("residualSweep", residuals, 0, z, rows);
        sweep("residualSweep", values, 0, g, rows);
        same("residualSweep", "z", z, "g", g);
        room("residualSweep", "gram", gram, rows.capacity() * (residuals.capacity() + 1));
        room("residualSweep", "slots", slots, rows.capacity());
        room("residualSweep", "counts", counts, rows.capacity());
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (slots[b] < 0 || slots[b] >= counts[b] || counts[b] > Math.min(residuals.capacity(), values.capacity())) {
                throw new IllegalArgumentException("residualSweep: row " + b + " has slot " + slots[b] + " of " + counts[b]
                        + " vectors; expected a slot below the count, and a count of at most " + Math.min(residuals.capacity(), values.capacity()));
            }
        }
    }

    /** Throws unless the two blocks share no memory. */
    static void requireApart(String operation, String output, Block out, String operand, Block input) {
        if (input.address() < out.address() + out.bytes() && out.address() < input.address() + input.bytes()) {
            throw new IllegalArgumentException(operation + ": " + output + " overlaps " + operand + "; it needs memory of its own");
        }
    }
}
