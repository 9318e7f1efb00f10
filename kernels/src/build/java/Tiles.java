import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes {@code F32Tiles.java}, {@code F64Tiles.java}, {@code Bf16Tiles.java} and {@code Int8Tiles.java}: the register tiles of matrix
 * products, unrolled into local variables, which is the form that the JIT keeps in registers. Called by the build with the source root to
 * write to.
 *
 * <p>Sums come from one heap array, of zeros or of what bias and earlier sweeps left, and go to another, where the rest of the epilogue
 * works on them; one row against several panels may also start from zeros and end in memory ({@code freshPanels}). One method with a
 * branch would merge so many live vectors that the JIT boxes them.
 *
 * <p>What is known of the form, measured on JDK 25 with 512-bit vectors:
 * <ul>
 *   <li>Accumulators that were both loaded from and stored to a memory segment made C1 run out of virtual registers (24 of them). It
 *       then never profiles the method, which can stay in code that boxes every vector (1.3 GFLOP/s). Through a heap array, or with stores
 *       to memory only, it compiles.
 *   <li>A tile that starts from zeros and stores to memory spilled in its loop however it was written: 0.66 to 0.80 of the ceiling where
 *       the same tile on arrays reached 0.84 to 0.91 (one Granite Rapids core, 8×3, K = 128 … 512; C with intrinsics 0.90).
 *   <li>Rows lie at constant distances from one moving address, each distance masked to 31 bits. Then the JIT folds address and distance
 *       into the load. With an address and a counter each load took an addition, a comparison and a branch, which compete with the
 *       multiply-adds for the ports of an Intel core: 0.65 to 0.70 of the ceiling.
 *   <li>A tile's counter is masked, so that the JIT does not take it for one: it would unroll the loop, and then
 *       spilled the accumulators (tile 4×2: 48 GFLOP/s unrolled, 117 not; 2×3: 66 and 111; 4×1: 51 and 78, on Zen 4). Unrolled by hand to
 *       two steps, 8×3 boxed every vector.
 *   <li>{@code do … while}, not {@code for}: the merge with the path that skips the loop costs spills (150 against 40).
 *   <li>Memory is read through one constant segment that spans all of it, unaligned, at addresses masked to 59 bits. The mask tells the JIT
 *       that no sum of address and offset leaves the segment, so that it drops the test of every access (with them the front end of an
 *       Intel core was the limit, 150 against 180) and does not split the loop in three with a long preamble: one row of n = 16, 32 and
 *       64 took 17, 35 and 124 ns without and 14, 30 and 91 ns with masks.
 *   <li>So the rows of a batch are read where they lie. Copied to the heap and interleaved, which the tests once made necessary, a
 *       product of n = 256 and B = 256 was 2% slower for the copying.
 *   <li>The tile itself calls the vector API. A helper of our own is subject to the JIT's node budget, from which the
 *       API's methods are exempt; when it runs out, every use of the helper boxes.
 * </ul>
 */
final class Tiles {
    private static final int[] ROWS = {1, 2, 4, 8};
    /**
     * The largest number of rows of a tile of bf16: the weights of two inputs and 24 accumulators are more than 32 registers (8 rows: half
     * the speed).
     */
    private static final int PAIR_ROWS = 4;
    /** Vectors of a full panel. */
    private static final int VECTORS = 3;

    /**
     * Panels that one row takes at once: their number, their width in vectors, and the width of the last. A last panel of 1 is taken by
     * itself.
     */
    private record Group(int panels, int width, int last) {
        static final Group[] ALL = {
            new Group(1, 1, 1), new Group(1, 2, 2), new Group(1, 3, 3), new Group(2, 2, 2), new Group(2, 3, 2), new Group(2, 3, 3),
            new Group(3, 3, 2), new Group(3, 3, 3), new Group(4, 3, 2), new Group(4, 3, 3)
        };

        int total() {
            return (panels - 1) * width + last;
        }

        int code() {
            return panels * 16 + width * 4 + last;
        }

        @Override
        public String toString() {
            return panels + "x" + width + "x" + last;
        }
    }

    /** The form in which weights are stored. */
    private enum Weight {
        F32("float", 1, 1),
        F64("double", 1, 1),
        BF16("float", 2, 2),
        INT8("float", 4, 1);

        final String element;
        /** The number of weights that take the memory of one element. */
        final int packing;
        /** Inputs of one step, whose weights lie side by side for each output. */
        final int inputs;

        Weight(String element, int packing, int inputs) {
            this.element = element;
            this.packing = packing;
            this.inputs = inputs;
        }

        String className() {
            return name().charAt(0) + name().substring(1).toLowerCase(java.util.Locale.ROOT) + "Tiles";
        }
    }

    private final StringBuilder out = new StringBuilder();
    private final Weight weight;
    private final String element;
    private final String vector;
    private final int elementBytes;

    private Tiles(Weight weight) {
        this.weight = weight;
        this.element = weight.element;
        this.vector = Character.toUpperCase(element.charAt(0)) + element.substring(1) + "Vector";
        this.elementBytes = element.equals("float") ? 4 : 8;
    }

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0], "dev", "zstar", "kernels", "simd", "products");
        Files.createDirectories(folder);
        for (Weight weight : Weight.values()) {
            write(folder.resolve(weight.className() + ".java"), new Tiles(weight).source());
        }
    }

    private static void write(Path file, String text) throws IOException {
        if (!Files.exists(file) || !Files.readString(file).equals(text)) {
            Files.writeString(file, text);
        }
    }

    private boolean full() {
        return weight.packing == 1;
    }

    private int[] rows() {
        return java.util.Arrays.stream(ROWS).filter(rows -> weight.inputs == 1 || rows <= PAIR_ROWS).toArray();
    }

    private String source() {
        line("// Generated by kernels/src/build/java/Tiles.java; edit that file.");
        line("package dev.zstar.kernels.simd.products;");
        line("");
        line("import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;");
        line("import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;");
        line("import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;");
        line("import static dev.zstar.kernels.simd.lanes.NativeMemory.SPAN;");
        line("import static dev.zstar.kernels.simd.lanes.NativeMemory.%s;".formatted(layout()));
        line("");
        if (!full()) {
            line("import jdk.incubator.vector.%s;".formatted(weight == Weight.BF16 ? "IntVector" : "ByteVector"));
            line("import jdk.incubator.vector.VectorOperators;");
            line("import jdk.incubator.vector.VectorShape;");
        }
        line("import jdk.incubator.vector.%s;".formatted(vector));
        line("import jdk.incubator.vector.VectorSpecies;");
        line("");
        line("public final class %s {".formatted(weight.className()));
        line("    private static final VectorSpecies<%s> S = %s.SPECIES_PREFERRED;".formatted(box(), vector));
        line("    private static final int L = S.length();");
        if (!full()) {
            line(("    private static final VectorSpecies<%s> N ="
                    + " VectorSpecies.of(%s.class, VectorShape.forBitSize(S.vectorBitSize() / %d));")
                    .formatted(weight == Weight.BF16 ? "Integer" : "Byte", weight == Weight.BF16 ? "int" : "byte",
                            weight.packing / weight.inputs));
        }
        line("    private static final long BYTES = S.vectorByteSize() / %d;".formatted(weight.packing / weight.inputs));
        line("");
        line("    private %s() {}".formatted(weight.className()));
        dispatchTiles();
        dispatchPanels(false);
        if (full()) {
            dispatchPanels(true);
        }
        for (int rows : rows()) {
            for (int vectors = 1; vectors <= VECTORS; vectors++) {
                tile(rows, vectors);
            }
        }
        for (Group group : Group.ALL) {
            panels(group, false);
            if (full()) {
                panels(group, true);
            }
        }
        line("}");
        return out.toString();
    }

    private String box() {
        return element.equals("float") ? "Float" : "Double";
    }

    private void dispatchTiles() {
        line("");
        line("    /**");
        line("     * {@code t[r, v] = from[r, v] + Σ_k z[min(r, last), k] · w[k, v]}; {@code t} may be {@code from}.");
        line("     * There are count ≥ 1 steps of %d inputs, in w wk bytes apart. Rows of z lie zr bytes apart.".formatted(weight.inputs));
        line("     */");
        line("    public static void tile(");
        line("            int rows, int vectors, long w, long wk, long z, long zr, int last, int count, %s[] from, %s[] t) {"
                .formatted(element, element));
        line("        tile(rows, vectors, w, wk, z, zr, last, count, from, 0, t, 0);");
        line("    }");
        line("");
        line("    /** The same from the element {@code start} of {@code from} on, to the element {@code end} of {@code t} on. */");
        line("    static void tile(int rows, int vectors, long w, long wk, long z, long zr, int last, int count, %s[] from, int start,"
                .formatted(element));
        line("            %s[] t, int end) {".formatted(element));
        line("        switch (rows * 8 + vectors) {");
        for (int rows : rows()) {
            for (int vectors = 1; vectors <= VECTORS; vectors++) {
                line("            case %d -> tile%dx%d(w, wk, z, zr, last, count, from, start, t, end);".formatted(rows * 8 + vectors, rows, vectors));
            }
        }
        line("            default -> throw new AssertionError(rows + \"×\" + vectors);");
        line("        }");
        line("    }");
    }

    /** Where the accumulators of several panels go: to memory, or back to the array that they come from. */
    private String target(boolean fresh) {
        return fresh ? "long out" : element + "[] from, " + element + "[] t";
    }

    private void dispatchPanels(boolean fresh) {
        line("");
        if (fresh) {
            line("    /** {@code out[q, v] = Σ_k z[k] · w[q, k, v]}, as {@link #panels}. */");
        } else {
            line("    /**");
            line("     * {@code t[q, v] = from[q, v] + Σ_k z[k] · w[q, k, v]} for one row and count ≥ 1 steps.");
            line("     * Panels have width vectors each, the last its own width, and lie wq bytes apart.");
            line("     */");
        }
        line("    public static void %s(int panels, int width, int last, long w, long wq, long z, int count, %s) {"
                .formatted(fresh ? "freshPanels" : "panels", target(fresh)));
        line("        switch (panels * 16 + width * 4 + last) {");
        for (Group group : Group.ALL) {
            line("            case %d -> %s%s(w, wq, z, count, %s);"
                    .formatted(group.code(), fresh ? "freshPanels" : "panels", group, fresh ? "out" : "from, t"));
        }
        line("            default -> throw new AssertionError(panels + \"×\" + width + \"×\" + last);");
        line("        }");
        line("    }");
    }

    /** The weights of one vector at an address. */
    private String load(String at) {
        return switch (weight) {
            case F32, F64 -> "%s.fromMemorySegment(S, ALL, %s, ORDER)".formatted(vector, at);
            case BF16 -> "IntVector.fromMemorySegment(N, ALL, %s, ORDER)".formatted(at);
            case INT8 -> "ByteVector.fromMemorySegment(N, ALL, %s, ORDER)".formatted(at);
        };
    }

    /** The weights of the input {@code g} out of what was loaded. The 16 bits of a bf16 are the upper half of an f32. */
    private String unpack(String loaded, int g) {
        return switch (weight) {
            case F32, F64 -> loaded;
            case BF16 -> (g == 0 ? "%s.lanewise(VectorOperators.LSHL, 16)" : "%s.and(0xffff0000)").formatted(loaded)
                    + ".reinterpretAsFloats()";
            case INT8 -> "((FloatVector) %s.convertShape(VectorOperators.B2F, S, 0))".formatted(loaded);
        };
    }

    private void tile(int rows, int vectors) {
        line("");
        line("    private static void tile%dx%d(long w, long wk, long z, long zr, int last, int count, %s[] from, int start,"
                .formatted(rows, vectors, element));
        line("            %s[] t, int end) {".formatted(element));
        for (int t = 0; t < rows * vectors; t++) {
            line("        %s t%d = %s.fromArray(S, from, start + %d * L);".formatted(vector, t, vector, t));
        }
        line("        w &= MASK;");
        line("        z &= MASK;");
        for (int r = 1; r < rows; r++) {
            line("        long z%d = (Math.min(%d, last) * zr) & SPAN;".formatted(r, r));
        }
        line("        int k = count & SPAN;");
        line("        do {");
        for (int v = 0; v < vectors; v++) {
            line("            var v%d = %s;".formatted(v, load("w + %d * BYTES".formatted(v))));
        }
        for (int g = 0; g < weight.inputs; g++) {
            for (int v = 0; v < vectors; v++) {
                line("            var w%d_%d = %s;".formatted(g, v, unpack("v" + v, g)));
            }
            for (int r = 0; r < rows; r++) {
                line("            var b%d_%d = %s;".formatted(g, r, broadcast(r, g)));
                for (int v = 0; v < vectors; v++) {
                    line("            t%d = b%d_%d.fma(w%d_%d, t%d);".formatted(r * vectors + v, g, r, g, v, r * vectors + v));
                }
            }
        }
        line("            w = (w + wk) & MASK;");
        line("            z = (z + %d) & MASK;".formatted(weight.inputs * elementBytes));
        line("            k = (k - 1) & SPAN;");
        line("        } while (k != 0);");
        for (int t = 0; t < rows * vectors; t++) {
            line("        t%d.intoArray(t, end + %d * L);".formatted(t, t));
        }
        line("    }");
    }

    /** The state of the input {@code g} of step k, in every lane. */
    private String broadcast(int row, int g) {
        return "%s.broadcast(S, ALL.get(%s, z%s + %d))".formatted(vector, layout(), row == 0 ? "" : " + z" + row, g * elementBytes);
    }

    private String layout() {
        return element.equals("float") ? "F32" : "F64";
    }

    /** One row against several panels at once: enough accumulators to hide the latency of the multiply-add. */
    private void panels(Group group, boolean fresh) {
        line("");
        line("    private static void %s%s(long w, long wq, long z, int count, %s) {"
                .formatted(fresh ? "freshPanels" : "panels", group, target(fresh)));
        start(group.total(), fresh ? null : "from");
        line("        long w0 = w & MASK;");
        for (int panel = 1; panel < group.panels; panel++) {
            line("        long w%d = (w + %dL * wq) & MASK;".formatted(panel, panel));
        }
        line("        z &= MASK;");
        // Counted loops are unrolled: that makes one row of n = 16 … 512 a tenth faster for full weights, and narrow ones a quarter slower.
        if (!full()) {
            line("        count &= SPAN;");
        }
        line("        do {");
        for (int g = 0; g < weight.inputs; g++) {
            line("            %s b%d = %s.broadcast(S, ALL.get(%s, z + %d));".formatted(vector, g, vector, layout(), g * elementBytes));
        }
        for (int t = 0; t < group.total(); t++) {
            line("            var v%d = %s;".formatted(t, load("w%d + %d * BYTES".formatted(t / group.width, t % group.width))));
            for (int g = 0; g < weight.inputs; g++) {
                line("            t%d = b%d.fma(%s, t%d);".formatted(t, g, unpack("v" + t, g), t));
            }
        }
        for (int panel = 0; panel < group.panels; panel++) {
            line("            w%d = (w%d + %d * BYTES) & MASK;"
                    .formatted(panel, panel, panel == group.panels - 1 ? group.last : group.width));
        }
        line("            z = (z + %d) & MASK;".formatted(weight.inputs * elementBytes));
        line(full() ? "        } while (--count > 0);" : "        } while ((count = (count - 1) & SPAN) != 0);");
        for (int t = 0; t < group.total(); t++) {
            line(fresh
                    ? "        t%d.intoMemorySegment(ALL, (out + %d * S.vectorByteSize()) & MASK, ORDER);".formatted(t, t)
                    : "        t%d.intoArray(t, %d * L);".formatted(t, t));
        }
        line("    }");
    }

    /** Accumulators from an array, or zeros. */
    private void start(int count, String from) {
        for (int t = 0; t < count; t++) {
            line(from == null
                    ? "        %s t%d = %s.zero(S);".formatted(vector, t, vector)
                    : "        %s t%d = %s.fromArray(S, %s, %d * L);".formatted(vector, t, vector, from, t));
        }
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
