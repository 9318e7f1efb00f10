package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Memory for solvers that never run at the same time, such as the forward and the backward solver of an equilibrium layer. Together they
 * take as much as the largest of them, not the sum. Each solver is planned in a {@link #workspace} of its own:
 *
 * <pre>{@code
 * try (var memory = SharedMemory.allocate(engine, type, batch, n, 25);
 *         var forward = Anderson.plan(memory.workspace(), Anderson.Options.DEFAULT, stopping);
 *         var backward = Gmres.plan(memory.workspace(), 20, stopping)) {
 *     …                                                 // 25 blocks instead of 50
 * }
 * }</pre>
 *
 * <p>A solver gives the same bits here as in memory of its own. What must outlive a solve, such as Broyden's directions or recorded states,
 * is allocated separately ({@link Workspace#kept}). So is what a solver needs beyond the shared blocks. A solve that begins while another
 * one runs on the same memory throws {@link IllegalStateException}. Close the memory after its solvers.
 */
public final class SharedMemory implements AutoCloseable {
    private final Engine engine;
    private final int batch;
    private final int blocks;
    private final Block memory;
    /** The workspace whose solve runs. */
    private final AtomicReference<Workspace> user = new AtomicReference<>();

    private SharedMemory(Engine engine, Type type, int batch, int n, int blocks) {
        this.engine = engine;
        this.batch = batch;
        this.blocks = blocks;
        memory = engine.allocate(type, batch * blocks, n);
    }

    /**
     * Allocates {@code blocks} blocks of {@code batch × n}.
     *
     * @param batch the most rows of a batch
     * @param n the number of elements of a row
     * @param blocks at least 1; a solver's {@code plan} says how many it takes
     * @throws IllegalArgumentException if a number is out of its range, or all blocks have 2³¹ rows or more
     */
    public static SharedMemory allocate(Engine engine, Type type, int batch, int n, int blocks) {
        Arguments.present("shared memory", "the engine", engine);
        Arguments.present("shared memory", "the type", type);
        Arguments.atLeast("shared memory", "the batch", batch, 1);
        Arguments.atLeast("shared memory", "n", n, 1);
        Arguments.atLeast("shared memory", "the number of blocks", blocks, 1);
        if ((long) batch * blocks > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("shared memory: the number of blocks is " + blocks + " for a batch of " + batch
                    + ", expected fewer than 2³¹ rows in all");
        }
        return new SharedMemory(engine, type, batch, n, blocks);
    }

    /** A new workspace that hands out all blocks, from the first on. */
    public Workspace workspace() {
        return workspace(0);
    }

    /**
     * A new workspace that hands out the blocks from number {@code first} on, for a solver that leaves the blocks before it alone. Blocks
     * beyond the last are allocated.
     *
     * @param first 0 to {@link #blocks}
     */
    public Workspace workspace(int first) {
        if (first < 0 || first > blocks) {
            throw new IllegalArgumentException("workspace: the first block is " + first + ", expected 0 to " + blocks);
        }
        return new Workspace(engine, memory.type(), batch, memory.cols(), this, first);
    }

    /** The number of blocks. */
    public int blocks() {
        return blocks;
    }

    /** The bytes of all blocks. */
    public long bytes() {
        return memory.bytes();
    }

    /** The memory of {@code count} blocks. */
    Block range(int first, int count) {
        return memory.range(first * batch, count * batch);
    }

    /** A solve begins in a workspace. Returns false if another one runs. */
    boolean enter(Workspace workspace) {
        return user.compareAndSet(null, workspace);
    }

    /** The solve in a workspace ends, if it runs here. */
    void leave(Workspace workspace) {
        user.compareAndSet(workspace, null);
    }

    @Override
    public void close() {
        memory.close();
    }
}
