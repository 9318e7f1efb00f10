package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.ReplicatedOperator;

/** {@code Jᵀ} of a cell's map, with J as its transpose. */
final class CellAdjoint implements LinearOperator, ReplicatedOperator {
    private final CellMap map;
    private final CellReplicas replicas;

    CellAdjoint(CellMap map, CellReplicas replicas) {
        this.map = map;
        this.replicas = replicas;
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        map.vjp(u, out, rows);
    }

    @Override
    public void applyTransposed(Block u, Block out, Rows rows) {
        map.jvp(u, out, rows);
    }

    @Override
    public ReplicatedOperator replicas() {
        return this;
    }

    @Override
    public Replica replica(int worker, int slots) {
        return replicas.replica(worker, slots).adjoint();
    }

    @Override
    public void begin(String operation) {
        replicas.begin(operation);
    }

    @Override
    public void end() {
        replicas.end();
    }

    @Override
    public long weightBytes() {
        return replicas.weightBytes();
    }

    @Override
    public long rowBytes() {
        return replicas.productRowBytes();
    }
}
