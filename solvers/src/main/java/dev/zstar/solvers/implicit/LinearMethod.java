package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.BiCgStab;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.GmresIdr;
import dev.zstar.solvers.linear.LinearSolver;

/**
 * Plans the linear solver of {@link GradientMode.Exact}. A lambda that calls the {@code plan} of a solver is enough; that solver then has
 * memory of its own. The methods of {@link #gmres} and {@link #biCgStab} use the memory that the passes of a layer share.
 */
@FunctionalInterface
public interface LinearMethod {
    /** Plans a solver for batches of up to {@code batch} rows of {@code n} elements. */
    LinearSolver plan(Engine engine, Type type, int batch, int n);

    /**
     * Plans a solver in a workspace. The default leaves the workspace alone.
     *
     * @param workspace hands out at least {@link #blocks} blocks of memory that other solvers use at other times
     */
    default LinearSolver plan(Workspace workspace) {
        return plan(workspace.engine(), workspace.type(), workspace.batch(), workspace.n());
    }

    /** How many blocks of its workspace {@link #plan(Workspace)} takes; 0 if it takes none. */
    default int blocks() {
        return 0;
    }

    /**
     * {@link GmresIdr}: GMRES in the first {@code steps} steps, then IDR(s). Takes {@code steps + 5} blocks, and s vectors that are not
     * shared.
     *
     * @param steps 1 to 500
     */
    static LinearMethod gmres(int steps, Stopping stopping) {
        return new GmresThenIdr(Gmres.Options.DEFAULT.withRestart(steps).restart(), stopping);
    }

    /** {@link BiCgStab}. Takes 10 blocks. */
    static LinearMethod biCgStab(Stopping stopping) {
        return new ShortRecurrences(stopping);
    }

    /** GMRES in the first m steps, then IDR(s); a {@link LayerMethods budget} chooses another m. */
    record GmresThenIdr(int steps, Stopping stopping) implements LinearMethod {
        /** Checks that a linear solver applies the stopping rule. */
        public GmresThenIdr {
            Arguments.present("gmres", "the stopping rule", stopping).requireLinear("gmres");
        }

        @Override
        public LinearSolver plan(Engine engine, Type type, int batch, int n) {
            return plan(new Workspace(engine, type, batch, n));
        }

        @Override
        public LinearSolver plan(Workspace workspace) {
            return GmresIdr.plan(workspace, steps, stopping);
        }

        @Override
        public int blocks() {
            return steps + 5;
        }
    }

    /** BiCGStab. */
    record ShortRecurrences(Stopping stopping) implements LinearMethod {
        /** Checks that a linear solver applies the stopping rule. */
        public ShortRecurrences {
            Arguments.present("biCgStab", "the stopping rule", stopping).requireLinear("biCgStab");
        }

        @Override
        public LinearSolver plan(Engine engine, Type type, int batch, int n) {
            return plan(new Workspace(engine, type, batch, n));
        }

        @Override
        public LinearSolver plan(Workspace workspace) {
            return BiCgStab.plan(workspace, stopping);
        }

        @Override
        public int blocks() {
            return 10;
        }
    }
}
