package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.ReplicatedOperator;
import dev.zstar.solvers.guard.OneCaller;
import dev.zstar.solvers.guard.PerWorker;
import dev.zstar.solvers.parameters.Parameter;
import java.util.function.IntFunction;

/** The replicas of a cell's map and of its adjoint. They share its parameters, and have intermediate values of their own. */
final class CellReplicas implements ReplicatedMap {
    private final Cell cell;
    private final Programs source;
    private final CellChecks checks;
    private final long weightBytes;
    private final long rowBytes;
    private final long productRowBytes;
    private final PerWorker<Replica> replicas;
    /** A slot holds a row of one solve. */
    private final OneCaller solves = new OneCaller("cell", "solved", "solve");

    /**
     * Replicas that are planned at their first use.
     *
     * @param source the programs of the map, which hold the inputs and the points of all rows
     * @param plan plans programs for a number of rows
     */
    CellReplicas(Cell cell, Programs source, CellChecks checks, IntFunction<Programs> plan) {
        this.cell = cell;
        this.source = source;
        this.checks = checks;
        replicas = new PerWorker<>(slots -> new Replica(plan.apply(slots)));
        // Weights of the input alone are not read while a solve runs.
        weightBytes = cell.type().bytes() * cell.order().stream().filter(node -> node.ofState() && !node.isLeaf())
                .flatMap(node -> node.operation().parameters().stream()).distinct().mapToLong(Parameter::size).sum();
        rowBytes = source.memory.rowBytes(source.value.program());
        productRowBytes = source.memory.rowBytes(source.vjp.program());
    }

    @Override
    public long weightBytes() {
        return weightBytes;
    }

    @Override
    public long rowBytes() {
        return rowBytes;
    }

    /** {@link #rowBytes} of a product with the Jacobian. */
    long productRowBytes() {
        return productRowBytes;
    }

    @Override
    public Replica replica(int worker, int slots) {
        checks.requireOpen("solve");
        return replicas.get(worker, slots);
    }

    @Override
    public void begin(String operation) {
        solves.enter(operation);
    }

    @Override
    public void end() {
        solves.leave();
    }

    /** Throws if the map is closed, and while a solve uses the replicas, which read the inputs of all rows and the parameters. */
    void requireIdle(String operation) {
        checks.requireOpen(operation);
        if (solves.isBusy()) {
            throw new IllegalStateException(operation + ": a solve of this cell is running, expected this call before or after it");
        }
    }

    /** Programs for some rows, with a copy of what depends on their inputs. */
    final class Replica implements ReplicatedMap.Replica {
        private final Programs programs;
        /** Null until it is first asked for. */
        private Adjoint adjoint;

        /** Packs the transposed matrices that f multiplies by. All replicas share them, so this is done before other threads run. */
        private Replica(Programs programs) {
            this.programs = programs;
            programs.value.program().pack();
        }

        @Override
        public void load(int slot, int row) {
            programs.inputs.load("apply", slot, source.inputs, row);
        }

        @Override
        public double rowOperations() {
            return cell.rowOperations();
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            programs.apply(checks, z, out, rows);
        }

        /** The adjoint in these programs. Packs the transposed matrices that its products read, for the same reason. */
        Adjoint adjoint() {
            if (adjoint == null) {
                programs.vjp.program().pack();
                adjoint = new Adjoint(programs);
            }
            return adjoint;
        }
    }

    /** The products with the Jacobian and its transpose, with a copy of the linearisation. */
    final class Adjoint implements ReplicatedOperator.Replica {
        private final Programs programs;

        private Adjoint(Programs programs) {
            this.programs = programs;
        }

        @Override
        public void load(int slot, int row) {
            programs.loadDerivative("vjp", slot, source, row);
        }

        @Override
        public void apply(Block u, Block out, Rows rows) {
            programs.vjp(checks, u, out, rows);
        }

        @Override
        public void applyTransposed(Block v, Block out, Rows rows) {
            programs.jvp(checks, v, out, rows);
        }
    }
}
