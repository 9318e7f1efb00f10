package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.simd.tuning.Tuning;
import jdk.incubator.vector.FloatVector;

/**
 * Products of a batch with packed weights. A tile of a few rows and one panel walks along k, broadcasting {@code z[r, k]}. Each output is
 * one chain of multiply-adds over k that starts from bias and injection (integer weights: from 0, scaled at the end), in every tile, so
 * the bits of a row depend only on the row.
 */
public final class F32Product {
    private static final int L = FloatVector.SPECIES_PREFERRED.length();

    private F32Product() {}

    /** {@code out = φ(z Wᵀ + bias + injection)}, and slopes, for a range of panels and of rows. */
    public static void apply(Panels w, Block z, Block out, Epilogue epilogue, int fromPanel, int toPanel, int fromRow, int toRow) {
        if (w.inputs == 0) {
            empty(w, out, epilogue, fromPanel, toPanel, fromRow, toRow);
        } else if (z.rows() == 1) {
            gemv(w, z, out, epilogue, fromPanel, toPanel);
        } else {
            gemm(w, z, out, epilogue, fromPanel, toPanel, fromRow, toRow);
        }
    }

    private static void gemm(Panels w, Block z, Block out, Epilogue epilogue, int fromPanel, int toPanel, int fromRow, int toRow) {
        float[] t = F32Epilogue.tile();
        int inputs = w.inputs;
        int sweep = Tuning.sweep(inputs);
        int block = Tuning.batchRows(toRow - fromRow, sweep * F32.byteSize(), Panels.VECTORS * L);
        for (int row0 = fromRow; row0 < toRow; row0 += block) {
            int row1 = Math.min(row0 + block, toRow);
            for (int k0 = 0; k0 < inputs; k0 += sweep) {
                int k = Math.min(sweep, inputs - k0);
                int part = Tuning.part(k, row1 - row0, k * F32.byteSize());
                for (int panel = fromPanel; panel < toPanel; panel++) {
                    for (int row = row0; row < row1; row += Tuning.GROUP) {
                        group(w, z, out, epilogue, panel, row, Math.min(row + Tuning.GROUP, row1), k0, k, part, t);
                    }
                }
            }
        }
    }

    /** Some rows and one panel, for {@code k} inputs from {@code k0} on: one part of them for all rows, then the next. */
    private static void group(Panels w, Block z, Block out, Epilogue epilogue, int panel, int row0, int row1, int k0, int k,
            int part, float[] t) {
        float[] sums = F32Epilogue.sums();
        int vectors = w.width(panel);
        int column = w.column(panel);
        long wk = w.step(vectors);
        for (int p = 0; p < k; p += part) {
            int inputs = Math.min(part, k - p);
            boolean last = p + inputs == k;
            long from = w.address(panel) + (k0 + p) / w.share * wk;
            for (int row = row0; row < row1; ) {
                int rows = Tuning.rows(row1 - row, w.format);
                int real = Math.min(rows, row1 - row);
                int own = (row - row0) * vectors * L;
                long at = z.address() + row * z.strideBytes() + (k0 + p) * F32.byteSize();
                float[] begun = p > 0 ? sums : start(w, epilogue, k0 == 0, out, row, real, column, vectors, t);
                tile(w.format, rows, vectors, from, wk, at, z.strideBytes(), real - 1, w.steps(inputs), begun, p > 0 ? own : 0,
                        last ? t : sums, last ? 0 : own);
                if (last) {
                    end(w, epilogue, k0 + k == w.inputs, out, row, real, column, vectors, t);
                }
                row += rows;
            }
        }
    }

    private static void tile(Format format, int rows, int vectors, long w, long wk, long z, long zr, int last, int k, float[] from,
            int start, float[] t, int end) {
        switch (format) {
            case FULL -> F32Tiles.tile(rows, vectors, w, wk, z, zr, last, k, from, start, t, end);
            case BF16 -> Bf16Tiles.tile(rows, vectors, w, wk, z, zr, last, k, from, start, t, end); // twin: case BF16, INT8 -> throw new AssertionError(format);
            case INT8 -> Int8Tiles.tile(rows, vectors, w, wk, z, zr, last, k, from, start, t, end); // twin: // bf16 and int8 are for f32
        }
    }

    /** The start of the accumulators: t, filled, or zeros. */
    private static float[] start(
            Panels w, Epilogue epilogue, boolean first, Block out, int row, int rows, int column, int vectors, float[] t) {
        if (!first) {
            F32Epilogue.resume(out, row, rows, column, vectors, t);
            return t;
        }
        return w.scales != null ? F32Epilogue.ZEROS : F32Epilogue.start(epilogue, row, rows, column, vectors, t);
    }

    private static void end(Panels w, Epilogue epilogue, boolean last, Block out, int row, int rows, int column, int vectors, float[] t) {
        if (!last) {
            F32Epilogue.store(out, row, rows, column, vectors, t);
            return;
        }
        if (w.scales != null && !w.transposed) {
            F32Epilogue.scale(w.scales, epilogue, row, rows, column, vectors, t);
        }
        F32Epilogue.end(epilogue, out, row, rows, column, vectors, t);
    }

    /** One row: several panels at once, because one panel has too few accumulators to hide the latency of a multiply-add. */
    private static void gemv(Panels w, Block z, Block out, Epilogue epilogue, int fromPanel, int toPanel) {
        boolean plain = epilogue.isNone() && w.format == Format.FULL;
        for (int panel = fromPanel; panel < toPanel; ) {
            int width = w.width(panel);
            int panels = w.group(panel, toPanel);
            int last = w.width(panel + panels - 1);
            int vectors = (panels - 1) * width + last;
            int column = w.column(panel);
            if (plain && column + vectors * L <= out.cols()) {
                F32Tiles.freshPanels(panels, width, last, w.address(panel), w.stride(), z.address(), w.inputs, out.address()
                        + column * F32.byteSize());
            } else {
                float[] t = F32Epilogue.tile();
                float[] sums = start(w, epilogue, true, out, 0, 1, column, vectors, t);
                panels(w.format, panels, width, last, w.address(panel), w.stride(), z.address(), w.steps(w.inputs), sums, t);
                end(w, epilogue, true, out, 0, 1, column, vectors, t);
            }
            panel += panels;
        }
    }

    private static void panels(Format format, int panels, int width, int last, long w, long wq, long z, int k, float[] from, float[] t) {
        switch (format) {
            case FULL -> F32Tiles.panels(panels, width, last, w, wq, z, k, from, t);
            case BF16 -> Bf16Tiles.panels(panels, width, last, w, wq, z, k, from, t); // twin: case BF16, INT8 -> throw new AssertionError(format);
            case INT8 -> Int8Tiles.panels(panels, width, last, w, wq, z, k, from, t); // twin: // bf16 and int8 are for f32
        }
    }

    /** A product without inputs: the epilogue of 0. */
    private static void empty(Panels w, Block out, Epilogue epilogue, int fromPanel, int toPanel, int fromRow, int toRow) {
        float[] t = F32Epilogue.tile();
        for (int panel = fromPanel; panel < toPanel; panel++) {
            for (int row = fromRow; row < toRow; row++) {
                float[] sums = start(w, epilogue, true, out, row, 1, w.column(panel), w.width(panel), t);
                System.arraycopy(sums, 0, t, 0, w.width(panel) * L);
                end(w, epilogue, true, out, row, 1, w.column(panel), w.width(panel), t);
            }
        }
    }
}
