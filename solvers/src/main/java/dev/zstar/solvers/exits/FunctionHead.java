package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;

/** A head from a function. */
record FunctionHead(Engine engine, Type type, int batch, int n, int outputs, Logits f) implements Head {
    @Override
    public void apply(Block z, Block out, Rows rows) {
        f.apply(z, out, rows);
    }
}
