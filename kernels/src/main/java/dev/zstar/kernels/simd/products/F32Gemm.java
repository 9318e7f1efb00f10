package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.simd.lanes.F32Square;
import dev.zstar.kernels.simd.lanes.Scratch;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.simd.vectors.F32Rows;
import jdk.incubator.vector.FloatVector;

/**
 * Products of plain blocks, with the tiles of packed products. The columns of {@code op(b)} are panels. They are read in place if
 * {@code b} is not transposed and there are few rows. Otherwise they are packed, one panel and one sweep along k at a time.
 */
public final class F32Gemm {
    private static final int L = FloatVector.SPECIES_PREFERRED.length();

    /** One panel of one sweep along k. */
    private static final CallLocal<Scratch> PANEL = new CallLocal<>(Scratch::new);
    /** Rows of a transposed {@code a}. */
    private static final CallLocal<Scratch> ROWS = new CallLocal<>(Scratch::new);
    /** Sums of several sweeps before the product with α, by panel and row. A product with each part would round once for each sweep. */
    private static final CallLocal<Scratch> SUMS = new CallLocal<>(Scratch::new);

    /** Bytes of a row of the widest panel. */
    private static final long WIDEST = (long) Panels.VECTORS * L * F32.byteSize();

    /** Where the sums of earlier sweeps are. */
    private enum Sums { ZERO, OUT, KEPT }

    private F32Gemm() {}

    /** {@code c = α op(a) op(b) + β c} for a range of panels of columns and of rows of c. */
    public static void run(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c, int fromPanel,
            int toPanel, int fromRow, int toRow) {
        int inputs = transposeA ? a.rows() : a.cols();
        int width = vectors(c);
        float[] t = F32Epilogue.tile();
        boolean zeros = beta == 0;
        boolean scaled = alpha != 1;
        boolean empty = alpha == 0 || inputs == 0;
        if (beta != 1 && (empty || scaled || !zeros)) {
            scale(beta, c, fromPanel, toPanel, fromRow, toRow);
            zeros = false;
        }
        if (empty) {
            return;
        }
        int sweep = Tuning.sweep(inputs);
        int block = Tuning.batchRows(toRow - fromRow, sweep * F32.byteSize(), Panels.VECTORS * L);
        boolean pack = transposeB || toRow - fromRow >= Tuning.PACK;
        for (int row0 = fromRow; row0 < toRow; row0 += block) {
            int row1 = Math.min(row0 + block, toRow);
            long sums = scaled && inputs > sweep ? SUMS.get().address((toPanel - fromPanel) * (long) (row1 - row0) * WIDEST) : 0;
            for (int k0 = 0; k0 < inputs; k0 += sweep) {
                int k = Math.min(sweep, inputs - k0);
                boolean last = k0 + k == inputs;
                Sums state = k0 == 0 && (zeros || scaled) ? Sums.ZERO : scaled ? Sums.KEPT : Sums.OUT;
                long zr = transposeA ? Block.bytes(a.type(), 1, k) : a.strideBytes();
                long z = transposeA ? rows(a, row0, row1, k0, k, zr) : a.address() + row0 * zr + k0 * F32.byteSize();
                int part = Tuning.part(k, row1 - row0, k * F32.byteSize());
                for (int panel = fromPanel; panel < toPanel; panel++) {
                    int vectors = Panels.width(width, panel);
                    int column = Panels.first(width, panel) * L;
                    long wk = pack ? (long) vectors * L * F32.byteSize() : b.strideBytes();
                    long from = pack ? PANEL.get().address(wk * k) : b.address() + k0 * b.strideBytes() + column * F32.byteSize();
                    if (pack) {
                        pack(b, transposeB, column, Math.min(vectors * L, c.cols() - column), vectors * L, k0, k, from);
                    }
                    for (int row = row0; row < row1; row += Tuning.GROUP) {
                        long kept = sums + ((panel - fromPanel) * (long) (row1 - row0) + row - row0) * WIDEST;
                        group(from, wk, vectors, z + (row - row0) * zr, zr, k, part, state, last, alpha, c, row,
                                Math.min(row + Tuning.GROUP, row1), column, kept, t);
                    }
                }
            }
        }
    }

    /** Some rows and one panel of one sweep: one part of the inputs for all rows, then the next. */
    private static void group(long w, long wk, int vectors, long z, long zr, int k, int part, Sums state, boolean end, double alpha,
            Block c, int row0, int row1, int column, long kept, float[] t) {
        float[] sums = F32Epilogue.sums();
        for (int p = 0; p < k; p += part) {
            int inputs = Math.min(part, k - p);
            boolean last = p + inputs == k;
            for (int row = row0; row < row1; ) {
                int rows = Tuning.rows(row1 - row, Format.FULL);
                int real = Math.min(rows, row1 - row);
                int own = (row - row0) * vectors * L;
                long at = kept + (row - row0) * WIDEST;
                float[] begun = p > 0 ? sums : start(state, c, row, real, column, vectors, at, t);
                F32Tiles.tile(rows, vectors, w + p * wk, wk, z + (row - row0) * zr + p * F32.byteSize(), zr, real - 1, inputs, begun,
                        p > 0 ? own : 0, last ? t : sums, last ? 0 : own);
                if (last) {
                    end(end, alpha, c, row, real, column, vectors, at, t);
                }
                row += rows;
            }
        }
    }

    /** The start of the accumulators: t, filled, or zeros. */
    private static float[] start(Sums state, Block c, int row, int rows, int column, int vectors, long kept, float[] t) {
        switch (state) {
            case ZERO -> {
                return F32Epilogue.ZEROS;
            }
            case KEPT -> F32Epilogue.load(kept, rows * vectors, t, 0);
            case OUT -> F32Epilogue.resume(c, row, rows, column, vectors, t);
        }
        return t;
    }

    /** What becomes of the accumulators after a sweep, which may be the last. */
    private static void end(boolean last, double alpha, Block c, int row, int rows, int column, int vectors, long kept, float[] t) {
        if (alpha == 1) {
            F32Epilogue.store(c, row, rows, column, vectors, t);
        } else if (last) {
            F32Epilogue.add(alpha, c, row, rows, column, vectors, t);
        } else {
            F32TileRows.store(t, 0, kept, rows * vectors * L);
        }
    }

    /** Columns {@code row0 … row1 - 1} of rows {@code k0 …} of a, as rows {@code stride} bytes apart. */
    private static long rows(Block a, int row0, int row1, int k0, int k, long stride) {
        int count = row1 - row0;
        long to = ROWS.get().address(count * stride);
        // Only the columns of the square count as its width, so that the reads end with the row.
        F32Square.transpose(a.address() + k0 * a.strideBytes() + row0 * F32.byteSize(), a.strideBytes(), k, (k + L - 1) / L * L, count, to,
                stride);
        return to;
    }

    private static void scale(double beta, Block c, int fromPanel, int toPanel, int fromRow, int toRow) {
        int column = Panels.first(vectors(c), fromPanel) * L;
        int width = Math.min(c.cols(), Panels.first(vectors(c), toPanel) * L) - column;
        for (int row = fromRow; row < toRow; row++) {
            long at = c.address() + row * c.strideBytes() + column * F32.byteSize();
            if (beta == 0) {
                F32Rows.fill(0f, at, width);
            } else {
                F32Rows.scaleBy(beta, at, at, width);
            }
        }
    }

    private static int vectors(Block c) {
        return (c.cols() + L - 1) / L;
    }

    /** Panels of the columns of {@code c}. */
    public static int panels(Block c) {
        return Panels.count(vectors(c));
    }

    /** Columns {@code column … column + real - 1} of {@code op(b)}, side by side for each k. */
    private static void pack(Block b, boolean transposed, int column, int real, int width, int k0, int k, long to) {
        if (transposed) {
            F32Square.transpose(b.address() + column * b.strideBytes() + k0 * F32.byteSize(), b.strideBytes(), real, width, k, to,
                    width * F32.byteSize());
        } else {
            F32Panels.copy(b.address() + k0 * b.strideBytes() + column * F32.byteSize(), b.strideBytes(), real, width, k, to);
        }
    }
}
