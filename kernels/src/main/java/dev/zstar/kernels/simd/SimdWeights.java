package dev.zstar.kernels.simd;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/** Panels of {@code W}, and of {@code Wᵀ} once a backward solve has asked. */
final class SimdWeights implements Weights {
    private final int rows;
    private final int cols;
    private final Type type;
    private final Block panels;
    private volatile Block transposed;

    SimdWeights(Block w) {
        rows = w.rows();
        cols = w.cols();
        type = w.type();
        panels = allocate(rows, cols);
        update(w);
    }

    private Block allocate(int outputs, int inputs) {
        boolean f32 = type == Type.F32;
        int count = f32 ? F32Product.panels(outputs) : F64Product.panels(outputs);
        return Block.allocate(type, count, Math.multiplyExact(f32 ? F32Product.PANEL : F64Product.PANEL, inputs));
    }

    @Override
    public void update(Block w) {
        w.requireShape("update", "w", type, rows, cols);
        panels.requireOpen();
        pack(w, false, panels);
        if (transposed != null) {
            pack(w, true, transposed);
        }
    }

    private void pack(Block w, boolean transpose, Block to) {
        if (type == Type.F32) {
            F32Product.pack(w, transpose, to);
        } else {
            F64Product.pack(w, transpose, to);
        }
    }

    @Override
    public synchronized void prepareTransposed() {
        if (transposed == null) {
            Block copy = allocate(cols, rows);
            if (type == Type.F32) {
                F32Product.packTransposed(panels, rows, cols, copy);
            } else {
                F64Product.packTransposed(panels, rows, cols, copy);
            }
            transposed = copy;
        }
    }

    /** The panels of {@code W}. */
    Block panels() {
        panels.requireOpen();
        return panels;
    }

    /** The panels of {@code Wᵀ}. */
    Block transposedPanels() {
        panels.requireOpen();
        if (transposed == null) {
            prepareTransposed();
        }
        return transposed;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int cols() {
        return cols;
    }

    @Override
    public Type type() {
        return type;
    }

    @Override
    public long bytes() {
        return panels.bytes() + (transposed == null ? 0 : transposed.bytes());
    }

    @Override
    public void close() {
        panels.close();
        if (transposed != null) {
            transposed.close();
        }
    }
}
