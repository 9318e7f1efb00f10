package dev.zstar.kernels.simd;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Shapes;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/** Panels of {@code W}, and of {@code Wᵀ} once a backward solve has asked. */
final class SimdWeights implements Weights {
    private final Panels panels;
    private volatile Panels transposed;

    SimdWeights(Block w, Format format) {
        Shapes.pack(w, format);
        panels = Panels.of(format, w.type(), w.rows(), w.cols());
        panels.pack(w);
    }

    @Override
    public void update(Block w) {
        w.requireShape("update", "w", type(), rows(), cols());
        panels.requireOpen();
        panels.pack(w);
        if (transposed != null) {
            transposed.pack(w);
        }
    }

    @Override
    public synchronized void prepareTransposed() {
        if (transposed == null) {
            transposed = panels.transpose();
        }
    }

    /** The panels of {@code W}. */
    Panels panels() {
        panels.requireOpen();
        return panels;
    }

    /** The panels of {@code Wᵀ}. */
    Panels transposedPanels() {
        panels.requireOpen();
        if (transposed == null) {
            prepareTransposed();
        }
        return transposed;
    }

    @Override
    public String engine() {
        return SimdEngine.NAME;
    }

    @Override
    public Format format() {
        return panels.asked();
    }

    @Override
    public int rows() {
        return panels.outputs;
    }

    @Override
    public int cols() {
        return panels.inputs;
    }

    @Override
    public Type type() {
        return panels.type;
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
