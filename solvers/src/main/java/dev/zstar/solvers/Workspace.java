package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * The memory of a solver, allocated once for n, the most rows and its options. It also guards the solver: it refuses a second thread, use
 * after {@link #close}, and blocks of the wrong shape.
 */
public final class Workspace implements AutoCloseable {
    private final Engine engine;
    private final Type type;
    private final int n;
    private final int batch;
    private final List<Block> blocks = new ArrayList<>();
    private final List<Workspace> parts = new ArrayList<>();
    private final double[] ones;
    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    /** A workspace that holds nothing yet. */
    public Workspace(Engine engine, Type type, int batch, int n) {
        if (n < 1 || batch < 1) {
            throw new IllegalArgumentException("a plan for " + batch + " rows of " + n + "; expected at least 1 of each");
        }
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.batch = batch;
        ones = new double[batch];
        Arrays.fill(ones, 1);
    }

    /** Builds a solver on a new workspace. Frees the memory if the constructor throws. */
    public static <S> S build(Engine engine, Type type, int batch, int n, Function<Workspace, S> constructor) {
        Workspace workspace = new Workspace(engine, type, batch, n);
        try {
            return constructor.apply(workspace);
        } catch (Throwable t) {
            workspace.close();
            throw t;
        }
    }

    /** The engine that computes. */
    public Engine engine() {
        return engine;
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /** Elements of a row. */
    public int n() {
        return n;
    }

    /** The most rows of a batch. */
    public int batch() {
        return batch;
    }

    /** A 1 for each row of the batch: coefficients that scale nothing. Not to be written. */
    public double[] ones() {
        return ones;
    }

    /** Allocates a block of {@code batch × n} with its views of fewer rows, so that no solve has to make one. */
    public Block block() {
        Block block = engine.allocate(type, batch, n).withHeads();
        blocks.add(block);
        return block;
    }

    /** Allocates {@code capacity} vectors for each row of the batch. */
    public Basis basis(int capacity) {
        Basis basis = Basis.allocate(engine, type, batch, capacity, n);
        blocks.add(basis.block());
        return basis;
    }

    /** Allocates {@code count} vectors in all, not for each row of the batch. */
    public Block vectors(int count) {
        Block block = engine.allocate(type, count, n);
        blocks.add(block);
        return block;
    }

    /** Makes another workspace a part of this one: its bytes count here, and it closes with this one. */
    public void include(Workspace part) {
        parts.add(part);
    }

    /** The bytes of all blocks. */
    public long bytes() {
        return blocks.stream().mapToLong(Block::bytes).sum() + parts.stream().mapToLong(Workspace::bytes).sum();
    }

    /** Throws unless this workspace is on that engine, for rows of that type and length, and for at least that many rows. */
    public void requireFits(String what, Engine engine, Type type, int batch, int n) {
        if (!this.engine.equals(engine) || this.type != type || this.n != n || this.batch < batch) {
            throw new IllegalArgumentException(what + " is planned for " + this.batch + " rows of " + this.n + " " + this.type + " on "
                    + describe(this.engine) + ", expected at least " + batch + " rows of " + n + " " + type + " on the engine given, "
                    + describe(engine));
        }
    }

    private static String describe(Engine engine) {
        return engine.name() + " with " + engine.threads() + (engine.threads() == 1 ? " thread" : " threads");
    }

    /** {@link #enter(String, String, Block)} for the operation {@code solve}. */
    public void enter(String operand, Block block) {
        enter("solve", operand, block);
    }

    /**
     * Begins a solve, which ends with {@link #leave} in a {@code finally}. Throws if the workspace is closed or in use, or if the block
     * does not fit.
     *
     * @param operation the operation, for messages
     */
    public void enter(String operation, String operand, Block block) {
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

    /** Ends the solve that {@link #enter(String, Block)} began. */
    public void leave() {
        busy.set(false);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            blocks.forEach(Block::close);
            parts.forEach(Workspace::close);
        }
    }
}
