package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * The memory of a solver, allocated once for n, the largest batch and the options. It also guards the solver: it refuses a second solve
 * while one runs, use after {@link #close}, and blocks of the wrong shape. Do not close it while a solve runs: that solve may then end with
 * an {@link IllegalStateException} about one of its blocks.
 */
public final class Workspace implements AutoCloseable {
    private final Engine engine;
    private final Type type;
    private final int n;
    private final int batch;
    private final List<Block> blocks = new ArrayList<>();
    private final List<Workspace> parts = new ArrayList<>();
    /** What {@link #block} and {@link #basis} have handed out, in order: the blocks of all rows, and the vectors of each row. */
    private final List<Basis> handed = new ArrayList<>();
    private final double[] ones;
    private final AtomicBoolean busy = new AtomicBoolean();
    /** Null if all memory is this workspace's own. */
    private final SharedMemory shared;
    /** Null if this is no part of another workspace; else the workspace, and the first of its rows that are this one's. */
    private Workspace whole;
    private int firstRow;
    /** The block of the shared memory, or of the whole, that is handed out next. */
    private int next;
    private int handedOut;
    private Workspace kept;
    private boolean closed;

    /** Creates a workspace that holds nothing yet. */
    public Workspace(Engine engine, Type type, int batch, int n) {
        this(engine, type, batch, n, null, 0);
    }

    /** @param first the first block of the shared memory that this workspace hands out */
    Workspace(Engine engine, Type type, int batch, int n, SharedMemory shared, int first) {
        Arguments.present("plan", "the engine", engine);
        Arguments.present("plan", "the type", type);
        Arguments.atLeast("plan", "the batch", batch, 1);
        Arguments.atLeast("plan", "n", n, 1);
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.batch = batch;
        this.shared = shared;
        next = first;
        ones = new double[batch];
        Arrays.fill(ones, 1);
    }

    /** Builds a solver on a new workspace. Frees the memory if the constructor throws. */
    public static <S> S build(Engine engine, Type type, int batch, int n, Function<Workspace, S> constructor) {
        return new Workspace(engine, type, batch, n).build(constructor);
    }

    /** Builds a solver on this workspace. Frees the memory if the constructor throws. */
    public <S> S build(Function<Workspace, S> constructor) {
        try {
            return Arguments.present("plan", "the constructor", constructor).apply(this);
        } catch (Throwable t) {
            close();
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

    /** The number of elements of a row. */
    public int n() {
        return n;
    }

    /** The most rows of a batch. */
    public int batch() {
        return batch;
    }

    /** A 1 for each row of the batch: coefficients that scale nothing. Must not be written. */
    public double[] ones() {
        return ones;
    }

    /**
     * A block of {@code batch × n} with its views of the first rows, so that no solve has to make a view. In {@link SharedMemory} its
     * content is undefined at the start of each solve; otherwise it is zero at first.
     */
    public Block block() {
        return basis(1).block().withHeads();
    }

    /** {@code capacity} vectors for each row of the batch: the memory of as many blocks. In shared memory the content is undefined too. */
    public Basis basis(int capacity) {
        Basis basis = whole != null ? whole.part(next++, capacity, firstRow, batch) : null;
        Block rows = basis == null ? take(capacity) : null;
        if (rows != null) {
            basis = new Basis(rows, capacity);
        } else if (basis == null) {
            basis = Basis.allocate(engine, type, batch, capacity, n);
            blocks.add(basis.block());
        }
        handed.add(basis);
        return basis;
    }

    /**
     * A workspace of some rows of this one, for a second solver like the one that was built here: what it takes are views of the same
     * rows of what this one handed out, in the same order. Only one of the two may run at a time.
     *
     * @param first the first row
     */
    public Workspace part(int first, int rows) {
        Workspace part = new Workspace(engine, type, rows, n);
        part.whole = this;
        part.firstRow = first;
        include(part);
        return part;
    }

    /** Rows of what was handed out as number {@code i}; null if that was not this many vectors for each row. */
    private Basis part(int i, int capacity, int first, int rows) {
        return i < handed.size() && handed.get(i).capacity() == capacity
                ? new Basis(handed.get(i).block().range(first * capacity, rows * capacity), capacity)
                : null;
    }

    /** The next blocks of the shared memory; null if there is none, or not enough of it. */
    private Block take(int count) {
        handedOut += count;
        if (shared == null || count > shared.blocks() - next) {
            return null;
        }
        next += count;
        return shared.range(next - count, count);
    }

    /**
     * A part of this workspace whose content stays as it is until the next solve, such as states that an outcome returns, even if this
     * workspace is in shared memory. Always the same object.
     */
    public Workspace kept() {
        if (kept == null) {
            kept = new Workspace(engine, type, batch, n);
            include(kept);
        }
        return kept;
    }

    /** How many blocks {@link #block} and {@link #basis} have handed out, without those of {@link #kept}. */
    public int blocks() {
        return handedOut;
    }

    /** Allocates {@code count} vectors in total, not for each row of the batch. They are never shared. */
    public Block vectors(int count) {
        Block block = engine.allocate(type, count, n);
        blocks.add(block);
        return block;
    }

    /** Makes another workspace part of this one: {@link #bytes} includes it, and it closes with this one. */
    public void include(Workspace part) {
        parts.add(Arguments.present("include", "the other workspace", part));
    }

    /** The bytes of all blocks, without those in shared memory. */
    public long bytes() {
        return blocks.stream().mapToLong(Block::bytes).sum() + parts.stream().mapToLong(Workspace::bytes).sum();
    }

    /** Throws unless this workspace is planned on this engine, for rows of this type and length, and for at least {@code batch} rows. */
    public void requireFits(String what, Engine engine, Type type, int batch, int n) {
        Arguments.present("requireFits", "the engine", engine);
        Arguments.present("requireFits", "the type", type);
        if (!this.engine.equals(engine) || this.type != type || this.n != n || this.batch < batch) {
            String own = describe(this.engine);
            if (this.type == type && this.n == n && this.batch >= batch && own.equals(describe(engine))) {
                throw new IllegalArgumentException(what + " is planned on another Engine object (" + own + "), expected the same object");
            }
            throw new IllegalArgumentException(what + " is planned for " + Plural.of(this.batch, "row") + " of " + this.n + " " + this.type
                    + " on " + own + ", expected at least " + Plural.of(batch, "row") + " of " + n + " " + type + " on the engine given, "
                    + describe(engine));
        }
    }

    private static String describe(Engine engine) {
        return engine.name() + " with " + Plural.of(engine.threads(), "thread");
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
        enterKept(operation, operand, block);
        if (shared != null && !shared.enter(this)) {
            busy.set(false);
            throw new IllegalStateException(operation + ": another solver runs on the memory that this one shares, expected one solve at a "
                    + "time");
        }
    }

    /** {@link #enter(String, String, Block)} for a use of {@link #kept} memory alone: another solver may run on the shared memory. */
    public void enterKept(String operation, String operand, Block block) {
        if (closed) {
            throw new IllegalStateException(
                    operation + ": this solver (batch " + batch + ", n " + n + ", " + type + ") was used after it was closed");
        }
        if (Arguments.present(operation, operand, block).rows() > batch) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " has " + Plural.of(block.rows(), "row") + ", expected at most " + batch + ", as planned");
        }
        block.requireShape(operation, operand, type, block.rows(), n);
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(operation + ": this solver is already running a solve, in another thread or further up this "
                    + "thread's stack, expected a solver of its own for each solve that runs");
        }
    }

    /** Ends the solve that {@link #enter(String, Block)} began. */
    public void leave() {
        if (shared != null) {
            shared.leave(this);
        }
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
