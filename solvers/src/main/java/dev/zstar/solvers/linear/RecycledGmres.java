package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;

/**
 * GMRES for a sequence of systems {@code (I - T_i) u_i = b_i} that change slowly, such as the backward solves of training. For each row of
 * the batch it keeps, from one solve to the next, directions in which {@code I - T} is small, and their images, and deflates them
 * ({@link RecycledPairs}).
 *
 * <p>In the paper (Parks, de Sturler, Mackey, Johnson and Maiti 2006) each new system costs k products for the images of the old space.
 * Here the images stay as they are and act as a right preconditioner. That costs no product. If T has changed, the images are slightly
 * outdated; each cycle replaces some of them by exact ones. Right-hand sides need not be related.
 *
 * <p>It pays off if a few directions slow GMRES down, for example if ρ(J) is near 1: it then takes a third to a half of the products of
 * GMRES(20). If the spectrum fills an interval or a disc that ends well before 1, there is little to deflate. The small matrices take about
 * 50 µs for each cycle and row at the default size (Zen 4), so it is meant for maps that cost more than a dense layer with n = 256: there a
 * row took half the products and 1.7 times the time.
 */
public final class RecycledGmres extends LinearSolver {
    /**
     * How much is kept between solves.
     *
     * @param vectors m, the total number of vectors stored per row, 4 to 200
     * @param pairs k, the number of directions kept, from 1 to {@code (m - 2) / 2}; each takes two vectors, itself and its image. The other
     *     {@code m - 2 k} vectors hold the Krylov space, so it has {@code m - 2 k - 1} steps
     */
    public record Options(int vectors, int pairs) {
        /** Six pairs, and Krylov spaces of seven steps, in the memory of {@link Gmres} with cycles of 20. */
        public static final Options DEFAULT = new Options(20, 6);

        /** Checks the ranges. */
        public Options {
            if (vectors < 4 || vectors > 200) {
                throw new IllegalArgumentException("RecycledGmres.Options: vectors is " + vectors + ", expected 4 to 200");
            }
            if (pairs < 1 || vectors - 2 * pairs < 2) {
                throw new IllegalArgumentException(
                        "RecycledGmres.Options: pairs is " + pairs + " with " + vectors + " vectors, expected 1 to " + (vectors - 2) / 2);
            }
        }
    }

    private final RecycledGmresCycle cycle;

    private RecycledGmres(Workspace workspace, RecycledGmresCycle cycle, Stopping stopping) {
        super(workspace, "recycled GMRES", stopping, cycle);
        this.cycle = cycle;
    }

    /**
     * For batches of up to {@code batch} rows of {@code n} elements. Allocates {@code m + 5} blocks, as {@link Gmres} does with cycles of m
     * steps, and k vectors for the whole batch.
     */
    public static RecycledGmres plan(Engine engine, Type type, int batch, int n, Options options, Stopping stopping) {
        Arguments.present("plan", "options", options);
        return Workspace.build(engine, type, batch, n,
                workspace -> new RecycledGmres(workspace, new RecycledGmresCycle(workspace, options), stopping));
    }

    /** Forgets the spaces of all rows: the next solve is like the first. Not needed when the systems change, even abruptly. */
    public void forget() {
        for (int b = 0; b < batch(); b++) {
            cycle.forget(b);
        }
    }

    /** Forgets the space of row {@code b} of the batch, for example when the row now holds a different sample. */
    public void forget(int b) {
        if (b < 0 || b >= batch()) {
            throw new IllegalArgumentException("forget: row " + b + " of the batch, expected 0 to " + (batch() - 1));
        }
        cycle.forget(b);
    }

    /** The number of directions that row {@code b} of the batch keeps. */
    int kept(int b) {
        return cycle.kept(b);
    }
}
