package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.SmallMatrices;

/** The reference engine: each operation is its formula, in one thread. */
final class ScalarEngine implements Engine, ScalarProducts, ScalarVectors, ScalarSweeps, ScalarUpdates {
    static final String NAME = "scalar";

    private final SmallMatrices small = new ScalarSmallMatrices();
    private final Images images = new ScalarImages();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public boolean reproducible() {
        return true;
    }

    @Override
    public Layers layers() {
        return ScalarLayers.INSTANCE;
    }

    @Override
    public SmallMatrices small() {
        return small;
    }

    @Override
    public Images images() {
        return images;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return name() + " engine with " + threads() + (threads() == 1 ? " thread" : " threads");
    }
}
