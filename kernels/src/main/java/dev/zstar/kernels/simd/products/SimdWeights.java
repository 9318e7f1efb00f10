package dev.zstar.kernels.simd.products;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.ProductShapes;

/** Panels of {@code W}, and after the first transposed product also of {@code Wᵀ}. */
public final class SimdWeights implements Weights {
    /** The name of the engine that these weights belong to. */
    public static final String ENGINE = "simd";

    private final Panels panels;
    private volatile Panels transposed;

    public SimdWeights(Block w, Format format) {
        try (var _ = CallScope.enter(); Allocation allocation = new Allocation()) {
            ProductShapes.pack(w, format);
            panels = allocation.add(Panels.of(format, w.type(), w.rows(), w.cols()));
            panels.pack(w);
            allocation.keep();
        }
    }

    @Override
    public synchronized void update(Block w) {
        try (var _ = CallScope.enter()) {
            Operands.require("update", "w", w, type(), rows(), cols());
            panels().pack(w);
            if (transposed != null) {
                transposed.pack(w);
            }
        }
    }

    @Override
    public synchronized void prepareTransposed() {
        try (var _ = CallScope.enter()) {
            if (transposed == null) {
                transposed = panels().transpose();
            }
        }
    }

    /** The panels of {@code W}. */
    public Panels panels() {
        if (panels.closed()) {
            throw ProductShapes.closed(this);
        }
        return panels;
    }

    /** The panels of {@code Wᵀ}. */
    public Panels transposedPanels() {
        panels();
        if (transposed == null) {
            prepareTransposed();
        }
        return transposed;
    }

    @Override
    public String engine() {
        return ENGINE;
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
    public synchronized void close() {
        panels.close();
        if (transposed != null) {
            transposed.close();
        }
    }
}
