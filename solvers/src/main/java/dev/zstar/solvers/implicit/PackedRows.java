package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;

/** v, z and x of the rows that have a gradient, moved to the front. Allocated the first time that a row has none. */
final class PackedRows {
    private final OwnedMemory memory;
    private final Type type;
    private final int batch;
    private final int n;
    private Block v;
    private Block z;
    private Block x;
    private int count;

    /** Allocates from the layer's memory, which also closes it. */
    PackedRows(OwnedMemory memory, Type type, int batch, int n) {
        this.memory = memory;
        this.type = type;
        this.batch = batch;
        this.n = n;
    }

    /** Copies the rows used. */
    void pack(Rows used, Block v, Block z, Block x) {
        if (this.v == null) {
            this.v = memory.block(type, batch, n);
            this.z = memory.block(type, batch, n);
        }
        if (this.x == null || this.x.cols() != x.cols()) {
            if (this.x != null) {
                memory.release(this.x);
                this.x = null;
            }
            this.x = memory.block(type, batch, x.cols());
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
