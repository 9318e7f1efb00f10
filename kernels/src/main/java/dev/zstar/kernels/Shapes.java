package dev.zstar.kernels;

/** The checks that every engine makes before it computes: one place for what fits what, and for how a misfit is said. */
public final class Shapes {
    private Shapes() {}

    /** Throws {@link NullPointerException}, naming the operand, if it is not there. */
    public static void present(String operation, String operand, Object value) {
        if (value == null) {
            throw new NullPointerException(operation + ": " + operand + " is null");
        }
    }

    /** Throws unless a block is there, open and of this shape. */
    public static void require(String operation, String operand, Block block, Type type, int rows, int cols) {
        present(operation, operand, block);
        block.requireShape(operation, operand, type, rows, cols);
    }

    /** Throws unless a block is there and open. */
    public static void open(String operation, String operand, Block block) {
        present(operation, operand, block);
        block.requireOpen(operation, operand);
    }

    /** The operands of {@link Engine#pack}. */
    public static void pack(Block w, Format format) {
        open("pack", "w", w);
        present("pack", "the format", format);
        if (format != Format.FULL && w.type() != Type.F32) {
            throw new IllegalArgumentException("pack: w is " + w.shape() + ", expected f32 for the format " + format);
        }
    }

    /** What an engine answers to the weights of another. */
    public static IllegalArgumentException foreign(Weights w, String engine) {
        return new IllegalArgumentException(
                "weights of " + w.shape() + " packed by the engine " + w.engine() + ", expected the engine " + engine + "'s; pack them with it");
    }

    /** What is said of weights that were closed. */
    public static IllegalStateException closed(Weights w) {
        return new IllegalStateException("weights of " + w.shape() + " were used after they were closed");
    }

    /** The operands of {@link Engine#apply}. */
    public static void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        present("apply", "w", w);
        present("apply", "z", z);
        present("apply", "the epilogue", epilogue);
        z.requireShape("apply", "z", w.type(), z.rows(), w.cols());
        require("apply", "out", out, w.type(), z.rows(), w.rows());
        requireApart("apply", "out", out, "z", z);
        epilogue.check("apply", w.type(), z.rows(), w.rows(), w.cols());
        epilogue.requireApart("apply", z, out);
    }

    /** The operands of {@link Engine#applyTransposed}. */
    public static void applyTransposed(Weights w, Block u, Block out) {
        present("applyTransposed", "w", w);
        present("applyTransposed", "u", u);
        u.requireShape("applyTransposed", "u", w.type(), u.rows(), w.rows());
        require("applyTransposed", "out", out, w.type(), u.rows(), w.cols());
        requireApart("applyTransposed", "out", out, "u", u);
    }

    /** The operands of {@link Engine#addOuter}. */
    public static void addOuter(Block d, Block z, Block out) {
        open("addOuter", "d", d);
        present("addOuter", "z", z);
        z.requireShape("addOuter", "z", d.type(), d.rows(), z.cols());
        require("addOuter", "out", out, d.type(), d.cols(), z.cols());
        requireApart("addOuter", "out", out, "d", d);
        requireApart("addOuter", "out", out, "z", z);
    }

    /** The operands of {@link Engine#gemm}. */
    public static void gemm(Block a, boolean transposeA, Block b, boolean transposeB, Block c) {
        open("gemm", "a", a);
        present("gemm", "b", b);
        present("gemm", "c", c);
        int m = transposeA ? a.cols() : a.rows();
        int k = transposeA ? a.rows() : a.cols();
        int n = transposeB ? b.rows() : b.cols();
        b.requireShape("gemm", transposeB ? "b (transposed)" : "b", a.type(), transposeB ? n : k, transposeB ? k : n);
        c.requireShape("gemm", "c", a.type(), m, n);
        requireApart("gemm", "c", c, "a", a);
        requireApart("gemm", "c", c, "b", b);
    }

    /** The operands of {@code count} products at once. */
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
        open("gemm", operand, block);
        if (count < 1 || block.rows() % count != 0) {
            throw new IllegalArgumentException(
                    "gemm: " + operand + " is " + block.shape() + ", expected rows for " + count + " systems of equal size");
        }
    }

    /** The operands of {@link Engine#finish}. */
    public static void finish(Block z, Block out, Epilogue epilogue) {
        open("finish", "out", out);
        present("finish", "the epilogue", epilogue);
        if (epilogue.norms() != null) {
            require("finish", "z", z, out.type(), out.rows(), out.cols());
            requireApart("finish", "out", out, "z", z);
        }
        epilogue.check("finish", out.type(), out.rows(), out.cols(), out.cols());
        epilogue.requireApart("finish", epilogue.norms() == null ? null : z, out);
    }

    /** Two operands of one shape. */
    public static void same(String operation, String first, Block x, String second, Block y) {
        open(operation, first, x);
        require(operation, second, y, x.type(), x.rows(), x.cols());
    }

    /** An output of the shape of {@code x} that is {@code x} itself or apart from it. */
    public static void elementwise(String operation, String input, Block x, String output, Block out) {
        same(operation, input, x, output, out);
        requireSameOrApart(operation, output, out, input, x);
    }

    /** The operands of {@link Engine#axpby(double[], Block, double[], Block)}. */
    public static void axpby(double[] a, Block x, double[] b, Block y) {
        elementwise("axpby", "x", x, "y", y);
        room("axpby", "a", a, x.rows());
        room("axpby", "b", b, x.rows());
    }

    /** The operands of {@link Engine#multiply}. */
    public static void multiply(Block x, Block y, Block out) {
        same("multiply", "x", x, "y", y);
        elementwise("multiply", "x", x, "out", out);
        requireSameOrApart("multiply", "out", out, "y", y);
    }

    /** The operands of {@link Engine#activate} and of the derivatives. */
    public static void activate(String operation, Activation activation, Block x, Block out) {
        present(operation, "the activation", activation);
        elementwise(operation, "x", x, "out", out);
    }

    /** The operands of {@link Engine#dot}. */
    public static void dot(Block x, Block y, double[] out) {
        same("dot", "x", x, "y", y);
        room("dot", "out", out, x.rows());
    }

    /** The operands of a sum over each row of {@code x}. */
    public static void sums(String operation, Block x, double[] out) {
        open(operation, "x", x);
        room(operation, "out", out, x.rows());
    }

    /** The operands of {@link Engine#iamax}. */
    public static void iamax(Block x, int[] out) {
        open("iamax", "x", x);
        room("iamax", "out", out, x.rows());
    }

    /** Room for {@code needed} numbers. */
    public static void room(String operation, String operand, double[] array, long needed) {
        present(operation, operand, array);
        room(operation, operand, array.length, needed);
    }

    /** The same for indices. */
    public static void room(String operation, String operand, int[] array, long needed) {
        present(operation, operand, array);
        room(operation, operand, array.length, needed);
    }

    private static void room(String operation, String operand, int length, long needed) {
        if (length < needed) {
            throw new IllegalArgumentException(operation + ": " + operand + " holds " + length + ", expected at least " + needed);
        }
    }

    private static void sweep(String operation, Basis v, Block w, Rows rows) {
        sweep(operation, "the basis", v, "the working block", w, rows);
    }

    private static void sweep(String operation, String basis, Basis v, String block, Block w, Rows rows) {
        present(operation, basis, v);
        present(operation, block, w);
        present(operation, "the row map", rows);
        v.block().requireShape(operation, basis, w.type(), v.block().rows(), w.cols());
        w.requireShape(operation, block, w.type(), rows.count(), w.cols());
        if (rows.capacity() > v.batch()) {
            throw new IllegalArgumentException(
                    operation + ": a row map for " + rows.capacity() + " rows, expected at most the " + v.batch() + " of " + basis);
        }
    }

    private static void vectors(String operation, Basis v, int count) {
        if (count < 0 || count > v.capacity()) {
            throw new IllegalArgumentException(operation + ": " + count + " vectors of a basis of " + v.capacity());
        }
    }

    private static void slot(String operation, Basis v, int slot) {
        if (slot < 0 || slot >= v.capacity()) {
            throw new IndexOutOfBoundsException(operation + ": slot " + slot + " of a basis of " + v.capacity());
        }
    }

    /** The operands of {@link Engine#multiDot}. */
    public static void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        sweep("multiDot", v, w, rows);
        vectors("multiDot", v, count);
        room("multiDot", "h", h, (long) rows.capacity() * v.capacity());
        rows.requireDistinct("multiDot");
    }

    /** The operands of {@link Engine#multiAxpy}. */
    public static void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        sweep("multiAxpy", v, w, rows);
        vectors("multiAxpy", v, count);
        room("multiAxpy", "c", c, (long) rows.capacity() * v.capacity());
        if (squares != null) {
            room("multiAxpy", "squares", squares, rows.capacity());
            rows.requireDistinct("multiAxpy");
        }
        requireApart("multiAxpy", "the working block", w, "the basis", v.block());
    }

    /** The operands of {@link Engine#mix}. */
    public static void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        sweep("mix", v, z, rows);
        vectors("mix", v, count);
        room("mix", "c", c, (long) rows.capacity() * v.capacity());
        requireApart("mix", "the working block", z, "the basis", v.block());
    }

    /** The operands of {@link Engine#store} and {@link Engine#normalise}. */
    public static void store(String operation, Block w, double[] s, Basis v, int slot, Rows rows) {
        sweep(operation, v, w, rows);
        room(operation, "s", s, rows.capacity());
        slot(operation, v, slot);
        rows.requireDistinct(operation);
        requireApart(operation, "the basis", v.block(), "the working block", w);
    }

    /** The operands of {@link Engine#project}. */
    public static void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        sweep("project", v, w, rows);
        vectors("project", v, count);
        room("project", "h", h, (long) rows.capacity() * v.capacity());
        if (squares != null) {
            room("project", "squares", squares, rows.capacity());
        }
        rows.requireDistinct("project");
        requireApart("project", "the working block", w, "the basis", v.block());
    }

    /** The operands of {@link Engine#residualSweep}. */
    public static void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        String operation = "residualSweep";
        sweep(operation, "residuals", residuals, "z", z, rows);
        sweep(operation, "values", values, "g", g, rows);
        same(operation, "z", z, "g", g);
        room(operation, "gram", gram, (long) rows.capacity() * (residuals.capacity() + 1L));
        room(operation, "slots", slots, rows.capacity());
        room(operation, "counts", counts, rows.capacity());
        int capacity = Math.min(residuals.capacity(), values.capacity());
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (slots[b] < 0 || slots[b] >= counts[b] || counts[b] > capacity) {
                throw new IllegalArgumentException("residualSweep: row " + b + " has slot " + slots[b] + " of " + counts[b]
                        + " vectors; expected a slot below the count: slots[" + b + "] < counts[" + b + "] ≤ " + capacity);
            }
        }
        rows.requireDistinct(operation);
        requireApart(operation, "residuals", residuals.block(), "z", z);
        requireApart(operation, "residuals", residuals.block(), "g", g);
        requireApart(operation, "values", values.block(), "z", z);
        requireApart(operation, "values", values.block(), "g", g);
        requireApart(operation, "values", values.block(), "residuals", residuals.block());
    }

    /** Throws unless the two blocks share no memory. */
    static void requireApart(String operation, String output, Block out, String operand, Block input) {
        if (overlap(out, input)) {
            throw new IllegalArgumentException(operation + ": " + output + " overlaps " + operand + "; it needs memory of its own");
        }
    }

    /** Throws unless two blocks of one shape are the same memory or share none. */
    static void requireSameOrApart(String operation, String output, Block out, String operand, Block input) {
        if (out.address() != input.address() && overlap(out, input)) {
            throw new IllegalArgumentException(
                    operation + ": " + output + " overlaps " + operand + " in part; it needs memory of its own, or all of that");
        }
    }

    private static boolean overlap(Block a, Block b) {
        return a.address() < b.address() + b.bytes() && b.address() < a.address() + a.bytes();
    }
}
