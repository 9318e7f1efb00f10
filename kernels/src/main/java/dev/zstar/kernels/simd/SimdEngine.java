package dev.zstar.kernels.simd;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.images.SimdImages;
import dev.zstar.kernels.simd.layers.SimdLayers;
import dev.zstar.kernels.simd.products.SimdWeights;
import dev.zstar.kernels.simd.small.SimdSmallMatrices;
import dev.zstar.kernels.simd.tuning.Caches;

/**
 * The parts of the engine and their team. Each method of a part checks its operands, shares the work with the team if there is enough of
 * it, and passes addresses to the kernels of the operands' type.
 *
 * <p>A method checks and computes inside a call scope: the memory of a block that is open at its check stays valid until the scope is
 * closed. Products, operations on rows, sweeps and updates share {@link Job}. They are interfaces with default methods, so that
 * there is no delegate between a call of the engine and the method.
 */
final class SimdEngine implements Engine, SimdProducts, SimdVectors, SimdSweeps, SimdUpdates {
    private final Team team;
    private final Layers layers;
    private final SmallMatrices small;
    private final Images images;

    /** The engine closes the team. */
    SimdEngine(Team team) {
        this.team = team;
        layers = new SimdLayers(team);
        small = new SimdSmallMatrices(team);
        images = new SimdImages(team);
    }

    @Override
    public String name() {
        return SimdWeights.ENGINE;
    }

    @Override
    public int threads() {
        return team.threads();
    }

    @Override
    public boolean reproducible() {
        return true;
    }

    @Override
    public Team team() {
        return team;
    }

    @Override
    public void parallel(int pieces, Team.Loop loop) {
        Operands.present("parallel", "the loop", loop);
        team.run(pieces, loop);
    }

    @Override
    public long cachePerThread() {
        return Caches.secondLevel();
    }

    @Override
    public Layers layers() {
        return layers;
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
    public void close() {
        team.close();
    }

    @Override
    public String toString() {
        return name() + " engine with " + threads() + (threads() == 1 ? " thread" : " threads");
    }
}
