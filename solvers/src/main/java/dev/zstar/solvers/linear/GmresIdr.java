package dev.zstar.solvers.linear;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;

/**
 * GMRES that does not restart: the default linear solver. A row that is not solved within a cycle of m steps goes on with IDR(s) (Sonneveld
 * and van Gijzen 2008), in the memory of that cycle. Rows that need no more than m steps are solved by {@link Gmres} with the same bits.
 *
 * <p>A restart forgets the space, and restarted GMRES may then stagnate. IDR(s) has short recurrences and forgets nothing. It takes about
 * {@code 1 + 1/s} times the products of GMRES without restarts. From the space of the first cycle it keeps the s directions in which
 * {@code I - T} is smallest. {@link dev.zstar.solvers.Outcome#cycles} says which rows went on.
 *
 * <p>s is {@code (m - 1) / 2}, rounded down: 9 for cycles of 20 steps. If that is 0, or if n is at most m, all cycles are of GMRES.
 */
public final class GmresIdr extends LinearSolver {
    /** The default m. Backward solves of a deep equilibrium model typically take 5 to 15 steps. */
    static final int STEPS = 20;

    private final String words;

    private GmresIdr(Workspace workspace, int steps, Stopping stopping) {
        super(workspace, "GMRES and IDR", stopping, own -> new GmresIdrCycle(own, steps));
        int s = pairs(steps, workspace.n());
        words = s == 0 ? "GMRES with cycles of " + Plural.of(steps, "step") : Plural.of(steps, "step") + " of GMRES, then IDR(" + s + ")";
    }

    /**
     * For batches of up to {@code batch} rows of {@code n} elements. Allocates {@code m + 5} blocks, as {@link Gmres} does, and s vectors
     * and s numbers per row. Each thread that solves groups of rows has such vectors and numbers of its own.
     *
     * @param steps m, the steps of the first cycle, 1 to 500
     */
    public static GmresIdr plan(Engine engine, Type type, int batch, int n, int steps, Stopping stopping) {
        return plan(new Workspace(engine, type, batch, n), steps, stopping);
    }

    /** The same in a workspace, such as one of {@link dev.zstar.solvers.SharedMemory}. The solver closes it. */
    public static GmresIdr plan(Workspace workspace, int steps, Stopping stopping) {
        Arguments.present("plan", "the workspace", workspace);
        return workspace.build(own -> new GmresIdr(own, steps, stopping));
    }

    /** The method in words, such as {@code 20 steps of GMRES, then IDR(9)}. */
    @Override
    public String toString() {
        return words;
    }

    /** s, for spaces of n elements; 0 if IDR is not needed or has no memory. */
    static int pairs(int steps, int n) {
        return n <= steps ? 0 : (steps - 1) / 2;
    }
}
