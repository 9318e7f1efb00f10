package dev.zstar.kernels.simd;

import static dev.zstar.kernels.simd.Memory.ALL;
import static dev.zstar.kernels.simd.Memory.F32;
import static dev.zstar.kernels.simd.Memory.ORDER;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of a batch with packed weights.
 *
 * <p>A panel holds {@link #PANEL} outputs: for each input k in turn, their weights side by side. A tile of a few rows and one panel
 * walks along k, broadcasting {@code z[r, k]}. Each output is one chain of multiply-adds over k that starts from
 * bias and injection, whatever the tile: a row's bits depend on nothing but the row.
 */
final class F32Product {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** Vectors of a full panel, as the generated tiles have them. */
    private static final int VECTORS = 3;
    /** Outputs of a full panel. */
    static final int PANEL = VECTORS * L;
    /** Rows of a full tile: 8×3 accumulators, 3 weights and a broadcast fit 32 registers; 256-bit x86 has 16, for 4×3. */
    private static final int ROWS = S.vectorBitSize() == 256 ? 4 : 8;
    /** Inputs of one sweep along k: a panel's part (48 · 2048 · 4 B = 384 KiB) stays in a second-level cache of 1 MiB. */
    private static final int INPUTS = Integer.getInteger("zstar.tile.inputs", 2048);
    /** Elements of the batch, a block of rows, that stay in the second-level cache while all panels pass them: 1 MiB of f32. */
    private static final int BATCH = Integer.getInteger("zstar.tile.batch", 256 * 1024);

    /** A tile's accumulators on their way in and out: at most 8×3 vectors, of each thread its own. */
    private static final ThreadLocal<float[]> TILE = ThreadLocal.withInitial(() -> new float[8 * VECTORS * L]);

    /** A block of the batch on the heap, where the JIT can check the bounds of a tile's reads before its loop. */
    private static final ThreadLocal<float[][]> COPY = ThreadLocal.withInitial(() -> new float[1][0]);

    private F32Product() {}

    /** Panels that hold {@code outputs} rows of weights. */
    static int panels(int outputs) {
        return (outputs + PANEL - 1) / PANEL;
    }

    private static int vectors(int outputs, int panel) {
        return Math.min(VECTORS, (outputs - panel * PANEL + L - 1) / L);
    }

    /** Packs {@code w}, or its transpose, into panels: one row of {@code packed} each. Zero beyond the last output. */
    static void pack(Block w, boolean transpose, Block packed) {
        int outputs = transpose ? w.cols() : w.rows();
        int inputs = transpose ? w.rows() : w.cols();
        long rowBytes = transpose ? F32.byteSize() : w.strideBytes();
        long colBytes = transpose ? w.strideBytes() : F32.byteSize();
        for (int panel = 0; panel < panels(outputs); panel++) {
            int width = vectors(outputs, panel) * L;
            int real = Math.min(width, outputs - panel * PANEL);
            long from = w.address() + (long) panel * PANEL * rowBytes;
            long to = packed.address() + panel * packed.strideBytes();
            for (int k0 = 0; k0 < inputs; k0 += 16) {
                int end = Math.min(k0 + 16, inputs);
                for (int i = 0; i < width; i++) {
                    for (int k = k0; k < end; k++) {
                        float value = i < real ? ALL.get(F32, from + i * rowBytes + k * colBytes) : 0;
                        ALL.set(F32, to + ((long) k * width + i) * F32.byteSize(), value);
                    }
                }
            }
        }
    }

    /** Packs the transpose of the {@code outputs × inputs} weights in {@code packed}. */
    static void packTransposed(Block packed, int outputs, int inputs, Block to) {
        try (Block w = Block.allocate(packed.type(), outputs, inputs)) {
            for (int i = 0; i < outputs; i++) {
                int width = vectors(outputs, i / PANEL) * L;
                long from = packed.address() + (i / PANEL) * packed.strideBytes() + i % PANEL * F32.byteSize();
                for (int k = 0; k < inputs; k++) {
                    ALL.set(F32, w.address() + i * w.strideBytes() + k * F32.byteSize(),
                            ALL.get(F32, from + (long) k * width * F32.byteSize()));
                }
            }
            pack(w, true, to);
        }
    }

    /**
     * {@code out = φ(z Wᵀ + bias + injection)} for a range of panels and of rows.
     *
     * @param packed the weights, of {@code out.cols()} outputs, a panel in each row
     * @param norms partial sums, two for each row and panel, or null
     */
    static void apply(
            Block packed, Block z, Block out, Epilogue epilogue, double[] norms, int fromPanel, int toPanel, int fromRow, int toRow) {
        float[] t = TILE.get();
        if (z.rows() == 1) {
            gemv(packed, z, out, epilogue, norms, fromPanel, toPanel, t);
            return;
        }
        int inputs = z.cols();
        int block = Math.max(ROWS, BATCH / Math.max(1, Math.min(inputs, INPUTS)) / ROWS * ROWS);
        for (int row0 = fromRow; row0 < toRow; row0 += block) {
            int row1 = Math.min(row0 + block, toRow);
            for (int k0 = 0; k0 == 0 || k0 < inputs; k0 += INPUTS) {
                int k = Math.min(INPUTS, inputs - k0);
                float[] copy = copy(z, row0, row1, k0, k);
                Epilogue start = k0 == 0 ? epilogue : null;
                Epilogue end = k0 + k == inputs ? epilogue : null;
                for (int panel = fromPanel; panel < toPanel; panel++) {
                    int vectors = vectors(out.cols(), panel);
                    long wk = (long) vectors * S.vectorByteSize();
                    long w = packed.address() + panel * packed.strideBytes() + k0 * wk;
                    for (int row = row0; row < row1; ) {
                        int rows = rows(row1 - row);
                        start(start, out, row, rows, panel * PANEL, vectors, t);
                        if (k > 0) {
                            F32Tiles.tile(rows, vectors, w, wk, copy, (row - row0) * k, t, k);
                        }
                        end(end, norms, z, out, row, rows, panel, vectors, t);
                        row += rows;
                    }
                }
            }
        }
    }

    private static float[] scratch(int length) {
        float[][] holder = COPY.get();
        if (holder[0].length < length) {
            holder[0] = new float[length];
        }
        return holder[0];
    }

    /** Columns {@code k0 … k0 + k - 1} of some rows, packed as tiles read them: for each tile and each k, its rows side by side. */
    private static float[] copy(Block z, int row0, int row1, int k0, int k) {
        float[] copy = scratch((row1 - row0) * k);
        for (int row = row0; row < row1; ) {
            int rows = rows(row1 - row);
            long from = z.address() + row * z.strideBytes() + k0 * F32.byteSize();
            int at = (row - row0) * k;
            if (rows == 8) {
                F32Interleave.eight(from, z.strideBytes(), copy, at, k);
            } else {
                for (int r = 0; r < rows; r++) {
                    for (int i = 0; i < k; i++) {
                        copy[at + i * rows + r] = ALL.get(F32, from + r * z.strideBytes() + i * F32.byteSize());
                    }
                }
            }
            row += rows;
        }
        return copy;
    }

    /** Rows of the next tile. */
    private static int rows(int left) {
        return Math.min(ROWS, Integer.highestOneBit(left));
    }

    /** One row: several panels at once, as one panel has too few accumulators to hide the latency of a multiply-add. */
    private static void gemv(
            Block packed, Block z, Block out, Epilogue epilogue, double[] norms, int fromPanel, int toPanel, float[] t) {
        long wq = packed.strideBytes();
        for (int panel = fromPanel; panel < toPanel; ) {
            int panels = Math.min(4, toPanel - panel);
            int last = vectors(out.cols(), panel + panels - 1);
            int vectors = (panels - 1) * VECTORS + last;
            start(epilogue, out, 0, 1, panel * PANEL, vectors, t);
            if (z.cols() > 0) {
                F32Tiles.panels(panels, last, packed.address() + panel * wq, wq, z.address(), t, z.cols());
            }
            end(epilogue, norms, z, out, 0, 1, panel, vectors, t);
            panel += panels;
        }
    }

    /**
     * Accumulators at the start: bias and injection, or what an earlier sweep left in {@code out} ({@code epilogue} null). Rows are
     * padded to whole vectors, so loads may pass the last column; what they read there is never stored.
     */
    private static void start(Epilogue epilogue, Block out, int row, int rows, int col, int vectors, float[] t) {
        long at = col * F32.byteSize();
        if (epilogue == null) {
            for (int r = 0; r < rows; r++) {
                load(out.address() + (row + r) * out.strideBytes() + at, vectors, t, r * vectors * L);
            }
            return;
        }
        Block bias = epilogue.bias();
        Block injection = epilogue.injection();
        for (int r = 0; r < rows; r++) {
            int to = r * vectors * L;
            if (injection == null && bias == null) {
                java.util.Arrays.fill(t, to, to + vectors * L, 0);
            } else if (injection == null) {
                load(bias.address() + at, vectors, t, to);
            } else {
                load(injection.address() + epilogue.injectionRow(row + r) * injection.strideBytes() + at, vectors, t, to);
                if (bias != null) {
                    add(bias.address() + at, vectors, t, to);
                }
            }
        }
    }

    private static void load(long from, int vectors, float[] t, int to) {
        for (int v = 0; v < vectors; v++) {
            FloatVector.fromMemorySegment(S, ALL, from + v * (long) S.vectorByteSize(), ORDER).intoArray(t, to + v * L);
        }
    }

    private static void add(long from, int vectors, float[] t, int to) {
        for (int v = 0; v < vectors; v++) {
            FloatVector.fromArray(S, t, to + v * L)
                    .add(FloatVector.fromMemorySegment(S, ALL, from + v * (long) S.vectorByteSize(), ORDER))
                    .intoArray(t, to + v * L);
        }
    }

    /** Accumulators at the end: the activation, then out to memory; {@code epilogue} is null where another sweep follows. */
    private static void end(
            Epilogue epilogue, double[] norms, Block z, Block out, int row, int rows, int panel, int vectors, float[] t) {
        if (epilogue != null) {
            activate(epilogue.activation(), t, rows * vectors * L);
        }
        int col = panel * PANEL;
        int real = Math.min(vectors * L, out.cols() - col);
        for (int r = 0; r < rows; r++) {
            long to = out.address() + (row + r) * out.strideBytes() + col * F32.byteSize();
            store(t, r * vectors * L, to, real);
            if (epilogue != null && norms != null) {
                long from = z.address() + (row + r) * z.strideBytes() + col * F32.byteSize();
                for (int first = 0; first < real; first += PANEL) {
                    int width = Math.min(PANEL, real - first);
                    int at = 2 * ((row + r) * panels(out.cols()) + panel + first / PANEL);
                    norms[at] = F32Rows.distance(to + first * F32.byteSize(), from + first * F32.byteSize(), width);
                    norms[at + 1] = F32Rows.dot(to + first * F32.byteSize(), to + first * F32.byteSize(), width);
                }
            }
        }
    }

    private static void activate(Activation activation, float[] t, int length) {
        switch (activation) {
            case IDENTITY -> {}
            case RELU -> {
                for (int i = 0; i < length; i += L) {
                    FloatVector.fromArray(S, t, i).max(0f).intoArray(t, i);
                }
            }
            case TANH -> F32Tanh.apply(t, length);
        }
    }

    /** {@code out = φ(out + injection + bias)} for one row; an address of 0 stands for no operand. */
    static void finish(Activation activation, long injection, long bias, long out, int n) {
        float[] t = TILE.get();
        for (int col = 0; col < n; col += PANEL) {
            int real = Math.min(PANEL, n - col);
            int vectors = (real + L - 1) / L;
            long at = col * F32.byteSize();
            load(out + at, vectors, t, 0);
            if (injection != 0) {
                add(injection + at, vectors, t, 0);
            }
            if (bias != 0) {
                add(bias + at, vectors, t, 0);
            }
            activate(activation, t, vectors * L);
            store(t, 0, out + at, real);
        }
    }

    private static void store(float[] t, int from, long to, int real) {
        int i = 0;
        for (; i <= real - L; i += L) {
            FloatVector.fromArray(S, t, from + i).intoMemorySegment(ALL, to + i * F32.byteSize(), ORDER);
        }
        if (i < real) {
            FloatVector.fromArray(S, t, from + i).intoMemorySegment(ALL, to + i * F32.byteSize(), ORDER, S.indexInRange(i, real));
        }
    }

    /** {@code out += dᵀ z} for a range of panels of columns: the same tiles, with the columns of {@code d} as rows. */
    static void addOuter(Block d, Block z, Block out, int fromPanel, int toPanel) {
        float[] t = TILE.get();
        int k = d.rows();
        float[] columns = transpose(d);
        for (int panel = fromPanel; panel < toPanel; panel++) {
            int vectors = vectors(out.cols(), panel);
            long w = z.address() + (long) panel * PANEL * F32.byteSize();
            for (int row = 0; row < out.rows(); ) {
                int rows = rows(out.rows() - row);
                start(null, out, row, rows, panel * PANEL, vectors, t);
                if (k > 0) {
                    F32Tiles.tile(rows, vectors, w, z.strideBytes(), columns, row * k, t, k);
                }
                end(null, null, null, out, row, rows, panel, vectors, t);
                row += rows;
            }
        }
    }

    private static float[] transpose(Block d) {
        int k = d.rows();
        float[] columns = scratch(k * d.cols());
        for (int row = 0; row < d.cols(); ) {
            int rows = rows(d.cols() - row);
            for (int b = 0; b < k; b++) {
                long from = d.address() + b * d.strideBytes() + row * F32.byteSize();
                for (int r = 0; r < rows; r++) {
                    columns[row * k + b * rows + r] = ALL.get(F32, from + r * F32.byteSize());
                }
            }
            row += rows;
        }
        return columns;
    }
}
