package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;

/** The outputs of a head for the active rows. Holds a block of {@code batch × outputs}. */
final class Outputs implements AutoCloseable {
    private final OwnedMemory memory;
    private final Head head;
    private final Block values;

    Outputs(String rule, Head head) {
        this.head = Arguments.present(rule, "the head", head);
        memory = new OwnedMemory(head.engine());
        values = memory.block(head.type(), head.batch(), head.outputs());
    }

    /** A block of {@code batch × outputs}, for a rule that compares outputs. It closes with this. */
    Block like() {
        return memory.block(head.type(), head.batch(), head.outputs());
    }

    int batch() {
        return head.batch();
    }

    /** The logits, {@code rows.count() × outputs}. */
    Block logits(Block z, Rows rows) {
        Planned.require("evaluated", head, z, rows);
        Block out = values.head(rows.count());
        head.apply(z, out, rows);
        return out;
    }

    /** Their softmax. */
    Block probabilities(Block z, Rows rows) {
        Block p = logits(z, rows);
        head.engine().layers().softmax(p, p);
        return p;
    }

    long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
