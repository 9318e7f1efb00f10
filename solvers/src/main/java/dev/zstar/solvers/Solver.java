package dev.zstar.solvers;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/** What all solvers have in common: a workspace, planned once for an engine, an element type, the most rows of a batch, and n. */
public abstract class Solver implements Shaped, AutoCloseable {
    /** The memory of this solver. */
    protected final Workspace workspace;

    /** For subclasses. The solver closes the workspace. */
    protected Solver(Workspace workspace) {
        this.workspace = workspace;
    }

    /** The bytes that this solver holds. */
    public final long bytes() {
        return workspace.bytes();
    }

    @Override
    public final Engine engine() {
        return workspace.engine();
    }

    @Override
    public final Type type() {
        return workspace.type();
    }

    @Override
    public final int n() {
        return workspace.n();
    }

    @Override
    public final int batch() {
        return workspace.batch();
    }

    /**
     * Throws unless this solver is planned on this engine, for rows of this type and length, and for at least {@code batch} rows.
     *
     * @param what the role of this solver, for the message
     */
    public final void requireFits(String what, Engine engine, Type type, int batch, int n) {
        workspace.requireFits(what, engine, type, batch, n);
    }

    @Override
    public final void close() {
        workspace.close();
    }
}
