package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * v, z and x of the rows that have a gradient, moved to the front. x is allocated the first time that a row has none, and v and z are taken
 * from the workspace then.
 */
final class PackedRows {
    private final OwnedMemory memory;
    private final Workspace workspace;
    private Block v;
    private Block z;
    private Block x;
    private int count;

    /** Takes memory of the layer, which also closes it. */
    PackedRows(LayerSpace space) {
        memory = space.memory();
        workspace = space.packed();
    }

    /** Copies the rows used. */
    void pack(Rows used, Block v, Block z, Block x) {
        if (this.v == null) {
            this.v = workspace.block();
            this.z = workspace.block();
        }
        if (this.x == null || this.x.cols() != x.cols()) {
            if (this.x != null) {
                memory.release(this.x);
                this.x = null;
            }
            this.x = memory.block(workspace.type(), workspace.batch(), x.cols());
        }
        count = used.count();
        for (int p = 0; p < count; p++) {
            int b = used.index(p);
            this.v.copyRow(v, b, p);
            this.z.copyRow(z, b, p);
            this.x.copyRow(x, b, p);
        }
    }

    Block v() {
        return v.head(count);
    }

    Block z() {
        return z.head(count);
    }

    Block x() {
        return x.head(count);
    }
}
