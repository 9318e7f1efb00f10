import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes {@code F32Tiles.java}, {@code F64Tiles.java}, {@code Bf16Tiles.java} and {@code Int8Tiles.java}: the register tiles of matrix
 * products, unrolled into local variables, which is the form that the JIT keeps in registers. Called by the build with the source root to
 * write to.
 *
 * <p>There are two of each shape. {@code fresh} starts from zeros and stores to memory; {@code tile} and {@code panels} continue from a
 * heap array and go back to it, which is where bias, activation and norms work on them. One method with a branch would merge so many live
 * vectors that the JIT boxes them.
 *
 * <p>What is known of the form, measured on JDK 25 with 512-bit vectors:
 * <ul>
 *   <li>Accumulators that were both loaded from and stored to a memory segment made the quick compiler run out of virtual registers
 *       (24 of them); it then never profiles the method, which can stay in code that boxes every vector (1.3 GFLOP/s). Through a heap
 *       array, or with stores to memory only, it compiles.
 *   <li>{@code fresh} against array and copy: 114.7 against 110.2 GFLOP/s at n = 256, 117.4 against 114.8 at 512, 115.6 against 113.2 at
 *       1024 (one Zen 4 core with a ceiling of 118.2).
 *   <li>{@code do … while}, not {@code for}: the merge with the path that skips the loop costs spills (150 against 40).
 *   <li>Weights are read through one constant segment that spans all memory, unaligned. With a segment passed in, or with an
 *       aligned layout, each access carries checks, and the front end of the core is the limit (150 against 180).
 *   <li>What a tile broadcasts comes from a heap array, whose bounds the JIT checks before the loop: 203 to 212. With the rows of a tile
 *       side by side there is one pointer instead of eight, and 8×3 was ahead of 6×4 (224 against 200 and 194 against 181 at
 *       k = 1024, two runs on a noisy machine); its weights need a quarter fewer bytes, which may be why.
 *   <li>One row walks by an {@code int} that counts elements: from pointers that advance by constants the JIT computes each address anew
 *       (23 against 17 ns at n = 16, 42 against 35 at 32, which is the latency of the chain).
 *   <li>Calls of the vector API stand in the tile itself. A helper of our own is subject to the JIT's node budget, from which the
 *       API's methods are exempt; when it runs out, every use of the helper boxes.
 * </ul>
 */
final class Tiles {
    private static final int[] ROWS = {1, 2, 4, 8};
    /** Vectors of a full panel. */
    private static final int VECTORS = 3;

    /** Panels that one row takes at once: so many, of a width in vectors, the last of its own width. A last panel of 1 stands alone. */
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

    /** What weights are stored as. */
    private enum Weight {
        F32("float", 1),
        F64("double", 1),
        BF16("float", 2),
        INT8("float", 4);

        final String element;
        /** How many of them take the room of one element. */
        final int packing;

        Weight(String element, int packing) {
            this.element = element;
            this.packing = packing;
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
        Path folder = Path.of(args[0], "dev", "zstar", "kernels", "simd");
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

    private String source() {
        line("// Generated by kernels/src/build/java/Tiles.java; edit that file.");
        line("package dev.zstar.kernels.simd;");
        line("");
        line("import static dev.zstar.kernels.simd.Memory.ALL;");
        line("import static dev.zstar.kernels.simd.Memory.ORDER;");
        line("import static dev.zstar.kernels.simd.Memory.%s;".formatted(element.equals("float") ? "F32" : "F64"));
        line("");
        switch (weight) {
            case F32, F64 -> {}
            case BF16 -> {
                line("import jdk.incubator.vector.ShortVector;");
                line("import jdk.incubator.vector.IntVector;");
                line("import jdk.incubator.vector.VectorOperators;");
                line("import jdk.incubator.vector.VectorShape;");
            }
            case INT8 -> {
                line("import jdk.incubator.vector.ByteVector;");
                line("import jdk.incubator.vector.VectorOperators;");
                line("import jdk.incubator.vector.VectorShape;");
            }
        }
        line("import jdk.incubator.vector.%s;".formatted(vector));
        line("import jdk.incubator.vector.VectorSpecies;");
        line("");
        line("final class %s {".formatted(weight.className()));
        line("    private static final VectorSpecies<%s> S = %s.SPECIES_PREFERRED;".formatted(box(), vector));
        line("    private static final int L = S.length();");
        switch (weight) {
            case F32, F64 -> {}
            case BF16 -> {
                line("    private static final VectorSpecies<Short> N = VectorSpecies.of(short.class, VectorShape.forBitSize(S.vectorBitSize() / 2));");
                line("    private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, S.vectorShape());");
            }
            case INT8 -> line("    private static final VectorSpecies<Byte> N = VectorSpecies.of(byte.class, VectorShape.forBitSize(S.vectorBitSize() / 4));");
        }
        line("    /** Bytes of one vector's weights. */");
        line("    private static final long BYTES = S.vectorByteSize() / %d;".formatted(weight.packing));
        line("");
        line("    private %s() {}".formatted(weight.className()));
        dispatchTiles(false);
        dispatchPanels(false);
        if (full()) {
            dispatchTiles(true);
            dispatchPanels(true);
        }
        for (int rows : ROWS) {
            for (int vectors = 1; vectors <= VECTORS; vectors++) {
                tile(rows, vectors, false);
                if (full()) {
                    tile(rows, vectors, true);
                }
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

    /** Parameters of either kind after what is multiplied: accumulators come and go through {@code t}, or go to memory. */
    private String target(boolean fresh, boolean rows) {
        return fresh ? rows ? "long out, long stride" : "long out" : element + "[] t";
    }

    private static String targetNames(boolean fresh, boolean rows) {
        return fresh ? rows ? "out, stride" : "out" : "t";
    }

    private void dispatchTiles(boolean fresh) {
        line("");
        line(fresh
                ? "    /** {@code out[r, v] = Σ_k z[at + k · rows + r] · w[k, v]}, as {@link #tile}, with rows of out {@code stride} bytes apart. */"
                : "    /** {@code t[r, v] += Σ_k z[at + k · rows + r] · w[k, v]} for {@code 0 ≤ k < count}, count ≥ 1, steps of w wk bytes apart. */");
        line("    static void %s(int rows, int vectors, long w, long wk, %s[] z, int at, int count, %s) {"
                .formatted(fresh ? "fresh" : "tile", element, target(fresh, true)));
        line("        switch (rows * 8 + vectors) {");
        for (int rows : ROWS) {
            for (int vectors = 1; vectors <= VECTORS; vectors++) {
                line("            case %d -> %s%dx%d(w, wk, z, at, count, %s);"
                        .formatted(rows * 8 + vectors, fresh ? "fresh" : "tile", rows, vectors, targetNames(fresh, true)));
            }
        }
        line("            default -> throw new AssertionError(rows + \"×\" + vectors);");
        line("        }");
        line("    }");
    }

    private void dispatchPanels(boolean fresh) {
        line("");
        line(fresh
                ? "    /** {@code out[q, v] = Σ_k z[k] · w[q, k, v]}, as {@link #panels}. */"
                : "    /** {@code t[q, v] += Σ_k z[k] · w[q, k, v]}: one row, panels of width vectors wq bytes apart, the last of its own width, count ≥ 1. */");
        line("    static void %s(int panels, int width, int last, long w, long wq, long z, int count, %s) {"
                .formatted(fresh ? "freshPanels" : "panels", target(fresh, false)));
        line("        switch (panels * 16 + width * 4 + last) {");
        for (Group group : Group.ALL) {
            line("            case %d -> %s%s(w, wq, z, count, %s);"
                    .formatted(group.code(), fresh ? "freshPanels" : "panels", group, targetNames(fresh, false)));
        }
        line("            default -> throw new AssertionError(panels + \"×\" + width + \"×\" + last);");
        line("        }");
        line("    }");
    }

    /** The weights of one vector, from an address. */
    private String load(String at) {
        return switch (weight) {
            case F32, F64 -> "%s.fromMemorySegment(S, ALL, %s, ORDER)".formatted(vector, at);
            // The 16 bits are the upper half of an f32.
            case BF16 -> "((IntVector) ShortVector.fromMemorySegment(N, ALL, %s, ORDER).convertShape(VectorOperators.S2I, I, 0)).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()"
                    .formatted(at);
            case INT8 -> "((FloatVector) ByteVector.fromMemorySegment(N, ALL, %s, ORDER).convertShape(VectorOperators.B2F, S, 0))".formatted(at);
        };
    }

    private void tile(int rows, int vectors, boolean fresh) {
        line("");
        line("    private static void %s%dx%d(long w, long wk, %s[] z, int at, int count, %s) {"
                .formatted(fresh ? "fresh" : "tile", rows, vectors, element, target(fresh, true)));
        start(rows * vectors, fresh);
        line("        int k = 0;");
        line("        do {");
        for (int v = 0; v < vectors; v++) {
            line("            %s w%d = %s;".formatted(vector, v, load("w + %d * BYTES".formatted(v))));
        }
        for (int r = 0; r < rows; r++) {
            line("            %s z%d = %s.broadcast(S, z[at + k * %d + %d]);".formatted(vector, r, vector, rows, r));
            for (int v = 0; v < vectors; v++) {
                int t = r * vectors + v;
                line("            t%d = z%d.fma(w%d, t%d);".formatted(t, r, v, t));
            }
        }
        line("            w += wk;");
        line("        } while (++k < count);");
        for (int t = 0; t < rows * vectors; t++) {
            end(t, fresh, "out + %d * stride + %d * S.vectorByteSize()".formatted(t / vectors, t % vectors));
        }
        line("    }");
    }

    /** One row against several panels at once: enough accumulators to hide the latency of the multiply-add. */
    private void panels(Group group, boolean fresh) {
        line("");
        line("    private static void %s%s(long w, long wq, long z, int count, %s) {"
                .formatted(fresh ? "freshPanels" : "panels", group, target(fresh, false)));
        start(group.total(), fresh);
        for (int panel = 1; panel < group.panels; panel++) {
            line("        long w%d = w + %dL * wq;".formatted(panel, panel));
        }
        boolean uneven = group.last != group.width;
        line("        int at = 0;");
        if (uneven) {
            line("        int end = 0;");
        }
        line("        int k = 0;");
        line("        int stop = count * %d * L;".formatted(group.width));
        line("        do {");
        line("            %s z0 = %s.broadcast(S, ALL.get(%s, z + (long) k * %d));"
                .formatted(vector, vector, element.equals("float") ? "F32" : "F64", elementBytes));
        for (int t = 0; t < group.total(); t++) {
            int panel = t / group.width;
            String from = "w%s + (long) %s * %d + %d * BYTES".formatted(panel == 0 ? "" : String.valueOf(panel),
                    uneven && panel == group.panels - 1 ? "end" : "at", elementBytes / weight.packing, t % group.width);
            line("            t%d = z0.fma(%s, t%d);".formatted(t, load(from), t));
        }
        line("            at += %d * L;".formatted(group.width));
        if (uneven) {
            line("            end += %d * L;".formatted(group.last));
        }
        line("            k++;");
        line("        } while (at < stop);");
        for (int t = 0; t < group.total(); t++) {
            end(t, fresh, "out + %d * S.vectorByteSize()".formatted(t));
        }
        line("    }");
    }

    private void start(int count, boolean fresh) {
        for (int t = 0; t < count; t++) {
            line(fresh
                    ? "        %s t%d = %s.zero(S);".formatted(vector, t, vector)
                    : "        %s t%d = %s.fromArray(S, t, %d * L);".formatted(vector, t, vector, t));
        }
    }

    private void end(int t, boolean fresh, String address) {
        line(fresh
                ? "        t%d.intoMemorySegment(ALL, %s, ORDER);".formatted(t, address)
                : "        t%d.intoArray(t, %d * L);".formatted(t, t));
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
