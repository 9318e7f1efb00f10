package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The memory of a solver for a fixed shape, allocated once, and the guard against its use by two threads or after its end. */
final class Plan implements AutoCloseable {
    final Engine engine;
    final Type type;
    final int n;
    final int batch;
    private final List<Block> blocks = new ArrayList<>();
    private final List<Plan> parts = new ArrayList<>();
    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    Plan(Engine engine, Type type, int n, int batch) {
        if (n < 1 || batch < 1) {
            throw new IllegalArgumentException("a plan for " + batch + " rows of " + n + "; expected at least 1 of each");
        }
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.batch = batch;
    }

    /** A working block, whose views of fewer rows are made now so that no solve has to. */
    Block block() {
        Block block = engine.allocate(type, batch, n).withHeads();
        blocks.add(block);
        return block;
    }

    Basis basis(int capacity) {
        Basis basis = Basis.allocate(engine, type, batch, capacity, n);
        blocks.add(basis.block());
        return basis;
    }

    /** Another plan becomes part of this one: its bytes count here, and it closes with this. */
    void include(Plan part) {
        parts.add(part);
    }

    /** So many vectors in all, not for each row of the batch. */
    Block vectors(int count) {
        Block block = engine.allocate(type, count, n);
        blocks.add(block);
        return block;
    }

    long bytes() {
        return blocks.stream().mapToLong(Block::bytes).sum() + parts.stream().mapToLong(Plan::bytes).sum();
    }

    /** Throws unless this plan is on that engine, for rows of that type and length, and for that many of them or more. */
    void requireFits(String what, Engine engine, Type type, int n, int batch) {
        if (!this.engine.equals(engine) || this.type != type || this.n != n || this.batch < batch) {
            throw new IllegalArgumentException(what + " is planned for " + this.batch + " rows of " + this.n + " " + this.type + " on "
                    + describe(this.engine) + ", expected at least " + batch + " rows of " + n + " " + type + " on the engine given, "
                    + describe(engine));
        }
    }

    private static String describe(Engine engine) {
        return engine.name() + " with " + engine.threads() + (engine.threads() == 1 ? " thread" : " threads");
    }

    void enter(String operand, Block block) {
        enter("solve", operand, block);
    }

    /** @param operation for messages */
    void enter(String operation, String operand, Block block) {
        if (closed) {
            throw new IllegalStateException("this plan was used after it was closed");
        }
        if (block.rows() > batch) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " has " + block.rows() + " rows, expected at most the plan's " + batch);
        }
        block.requireShape(operation, operand, type, block.rows(), n);
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("this plan is in use by another thread; a plan serves one solve at a time");
        }
    }

    void leave() {
        busy.set(false);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            blocks.forEach(Block::close);
            parts.forEach(Plan::close);
        }
    }
}
