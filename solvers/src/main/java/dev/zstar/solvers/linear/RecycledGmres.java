package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * GMRES for a sequence of systems {@code (I - T_i) u_i = b_i} that change slowly, such as the backward solves of training. From one solve
 * to the next, each row of the batch keeps a space of directions in which {@code I - T} is small, with their images, and deflates them
 * ({@link RecycledPairs}).
 *
 * <p>In the paper (Parks, de Sturler, Mackey, Johnson and Maiti 2006) each new system costs k products for the images of the old space.
 * Here the images stay as they are and act as a right preconditioner. That costs no product, and is slightly wrong where T has changed; the
 * true images come in with each cycle. Right-hand sides need not be related.
 *
 * <p>It gains where a few directions slow GMRES down, as with a Jacobian whose spectral radius is near 1: there it takes a third to a half
 * of the products. Where the spectrum fills an interval or a disc that ends well before 1, there is little to deflate. The small matrices
 * take about 50 µs for each cycle and row at the default size (Zen 4), so it is for maps that cost more than one small dense layer: with
 * n = 256 a row took half the products and 1.7 times the time.
 */
public final class RecycledGmres extends LinearSolver {
    /**
     * What to remember.
     *
     * @param vectors m, for each row in all, 4 to 200
     * @param pairs k, directions that are kept, each with its image: two vectors; {@code m - 2 k} are left for the Krylov space, which is
     *     one more than a cycle has steps
     */
    public record Options(int vectors, int pairs) {
        /** Six pairs and cycles of seven steps, in the memory of {@link Gmres} with cycles of 20. */
        public static final Options DEFAULT = new Options(20, 6);

        /** Checks the ranges. */
        public Options {
            if (vectors < 4 || vectors > 200) {
                throw new IllegalArgumentException(vectors + " vectors; expected 4 to 200");
            }
            if (pairs < 1 || vectors - 2 * pairs < 2) {
                throw new IllegalArgumentException(pairs + " pairs in " + vectors + " vectors; expected 1 to " + (vectors - 2) / 2);
            }
        }
    }

    private final RecycledGmresCycle cycle;

    private RecycledGmres(Workspace workspace, RecycledGmresCycle cycle, Stopping stopping) {
        super(workspace, "GMRES with a recycled space", stopping, cycle);
        this.cycle = cycle;
    }

    /**
     * Allocates, for batches of up to {@code batch} rows of {@code n} elements, {@code m + 5} blocks, as {@link Gmres} does with cycles of
     * m steps, and k vectors in all.
     */
    public static RecycledGmres plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        return Workspace.build(engine, type, batch, n,
                workspace -> new RecycledGmres(workspace, new RecycledGmresCycle(workspace, options), stopping));
    }

    /** Forgets the spaces of all rows: the next solve is like the first. Not needed where the systems change, however much. */
    public void forget() {
        for (int b = 0; b < batch(); b++) {
            cycle.forget(b);
        }
    }

    /** Forgets the space of row {@code b} of the batch, as where the row now holds another sample. */
    public void forget(int b) {
        if (b < 0 || b >= batch()) {
            throw new IllegalArgumentException("forget: row " + b + " of the batch, expected 0 to " + (batch() - 1));
        }
        cycle.forget(b);
    }

    /** How many directions row {@code b} of the batch keeps. */
    int kept(int b) {
        return cycle.kept(b);
    }
}
