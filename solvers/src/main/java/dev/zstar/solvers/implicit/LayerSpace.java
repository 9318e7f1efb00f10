package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.SharedMemory;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * The memory of a layer. The forward and the backward pass never run at once, so both begin at the first block of the shared memory, and so
 * do all modes of a schedule. What must outlive a pass is allocated separately.
 */
final class LayerSpace implements AutoCloseable {
    private final OwnedMemory memory;
    private final SharedMemory shared;
    private final LayerBlocks blocks;
    private final int forward;

    /**
     * @param forward how many of the shared blocks the forward solver takes
     * @param packed whether there is room for packed rows from the beginning
     */
    LayerSpace(Engine engine, Type type, int batch, int n, LayerBlocks blocks, int forward, boolean packed) {
        this.blocks = blocks;
        this.forward = Math.max(forward, blocks.unrolled());
        memory = new OwnedMemory(engine);
        int backward = packed ? blocks.backwardWithPackedRows() : blocks.backward();
        shared = memory.add(SharedMemory.allocate(engine, type, batch, n, Math.max(this.forward, backward)), SharedMemory::close,
                SharedMemory::bytes);
    }

    /** What the layer owns: the shared memory, and everything else. */
    OwnedMemory memory() {
        return memory;
    }

    /** For the solver of the forward pass. */
    Workspace forward() {
        return shared.workspace();
    }

    /** For the cotangents. */
    Workspace cotangents() {
        return owned(shared.workspace());
    }

    /** For a linear solver, which closes it. */
    Workspace adjoint() {
        return shared.workspace(blocks.cotangents());
    }

    /** For the states of a segment of an unrolled network. */
    Workspace segment() {
        return owned(adjoint());
    }

    /** For the rows that have a gradient. */
    Workspace packed() {
        return owned(shared.workspace(Math.min(blocks.packed(), shared.blocks())));
    }

    private Workspace owned(Workspace workspace) {
        return memory.add(workspace, Workspace::close, Workspace::bytes);
    }

    /** @param map the bytes of the map */
    LayerMemory count(long map) {
        long block = shared.bytes() / shared.blocks();
        return new LayerMemory(forward * block, blocks.backward() * block, shared.bytes(), memory.bytes() - shared.bytes(), map, block);
    }

    @Override
    public void close() {
        memory.close();
    }
}
