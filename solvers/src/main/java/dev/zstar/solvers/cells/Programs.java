package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.cells.operations.Bank;
import dev.zstar.solvers.cells.program.Memory;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.cells.program.RowOrder;
import dev.zstar.solvers.guard.OneCaller;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** All programs of a planned cell and their memory. */
final class Programs {
    /**
     * Up to this number of active rows, everything is prepared in advance: about 10 KB on the heap for each number and 100 instructions.
     * Beyond it the first call with each number of rows allocates.
     */
    private static final int PREPARED = 1024;

    final Memory memory;
    final Code inject;
    final Code value;
    final Code linearise;
    final Code vjp;
    final Code jvp;
    final Code gradients;
    final Code gradientsOfInput;
    /** Whether products with the Jacobian read what depends on x alone; the product of a dense cell does not. */
    private final boolean derivativesReadInputs;
    /** Keeps what depends on x alone in the order of the active rows. */
    final RowOrder inputs;
    /** Keeps the linearisation in the order of the active rows. */
    final RowOrder points;

    /** The memory serves one evaluation at a time. */
    private final OneCaller caller = new OneCaller("cell", "evaluated", "evaluation");

    Programs(Cell cell, Engine engine, Bank bank, OwnedMemory owned, int batch, Keep keep) {
        memory = new Memory(cell.type(), batch);
        Compiler compiler = new Compiler(cell, engine, bank, memory, keep);
        inject = compiler.inject();
        value = compiler.value();
        vjp = compiler.vjp();
        jvp = compiler.jvp();
        gradients = compiler.gradients(false);
        gradientsOfInput = compiler.gradients(true);
        List<Register> frontier = compiler.stored();
        Set<Register> kept = new LinkedHashSet<>();
        for (Code code : List.of(vjp, jvp, gradients, gradientsOfInput)) {
            for (Register register : code.program().inputs()) {
                if (!frontier.contains(register)) {
                    register.store();
                    kept.add(register);
                }
            }
        }
        derivativesReadInputs = Stream.of(vjp, jvp).flatMap(code -> code.program().inputs().stream()).anyMatch(frontier::contains);
        linearise = compiler.linearise();
        List<Code> codes = List.of(inject, value, linearise, vjp, jvp, gradients, gradientsOfInput);
        for (Code code : codes) {
            memory.assign(code.program());
        }
        memory.allocate(owned);
        for (int count = 1; count <= Math.min(batch, PREPARED); count++) {
            for (Code code : codes) {
                code.program().prepare(memory.frame(count));
            }
        }
        inputs = new RowOrder(memory, "input", "inject(x) with a row for it, or inject(row, x), and again after each update");
        inputs.follow(frontier, owned);
        points = new RowOrder(memory, "point of linearisation", "linearise(z, rows) with it, after the last update and inject");
        points.follow(List.copyOf(kept), owned);
    }

    /** Row {@code row} gets what products with the Jacobian read of row {@code other} of other programs of the same cell. */
    void loadDerivative(String operation, int row, Programs from, int other) {
        points.load(operation, row, from.points, other);
        if (derivativesReadInputs) {
            inputs.load(operation, row, from.inputs, other);
        }
    }

    /** {@code out = f(z)}. */
    void apply(CellChecks checks, Block z, Block out, Rows rows) {
        int count = checks.require("apply", "z", z, out, rows);
        caller.enter("apply");
        try {
            inputs.arrange("apply", rows);
            if (count > 0) {
                value.run(memory, count, z, out);
            }
        } finally {
            caller.leave();
        }
    }

    /** {@code out = Jᵀ u}. */
    void vjp(CellChecks checks, Block u, Block out, Rows rows) {
        multiply(checks, "vjp", vjp, "u", u, out, rows);
    }

    /** {@code out = J v}. */
    void jvp(CellChecks checks, Block v, Block out, Rows rows) {
        multiply(checks, "jvp", jvp, "v", v, out, rows);
    }

    private void multiply(CellChecks checks, String operation, Code code, String name, Block in, Block out, Rows rows) {
        int count = checks.require(operation, name, in, out, rows);
        caller.enter(operation);
        try {
            points.arrange(operation, rows);
            if (derivativesReadInputs) {
                inputs.arrange(operation, rows);
            }
            if (count > 0) {
                code.run(memory, count, in, out);
            }
        } finally {
            caller.leave();
        }
    }
}
