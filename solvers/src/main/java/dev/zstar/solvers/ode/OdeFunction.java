package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.guard.Arguments;

/**
 * The function {@code f} of {@code dz/dt = f(t, z)}, for a batch. Each row is a separate problem with its own time. A function that stores
 * data for each row finds them by {@code rows}, as a {@link FixedPointMap} does.
 */
@FunctionalInterface
public interface OdeFunction {
    /**
     * {@code out_p = f(t[p], z_p)} for each active row.
     *
     * <p>With assertions on ({@code java -ea}) a solver checks that {@code z} is unchanged and {@code out} is complete, and throws
     * {@link IllegalStateException} if not. An exception that the function throws reaches the caller of the solver unchanged.
     *
     * @param t the time of the row at each position; may be longer than {@code rows.count()}; must not be changed or kept
     * @param z {@code rows.count() × n}; must not be changed
     * @param out of the same shape, never the same memory as z; every element must be written
     * @param rows which row of the batch is at which position
     */
    void apply(double[] t, Block z, Block out, Rows rows);

    /** The autonomous equation {@code dz/dt = f(z)}. The function does not get the time. */
    static OdeFunction of(FixedPointMap f) {
        Arguments.present("ode function", "the map", f);
        return (t, z, out, rows) -> f.apply(z, out, rows);
    }

    /**
     * The autonomous equation {@code dz/dt = f(z; θ, x)} with the derivatives of f: a cell as a vector field. For a cell that also gets the
     * time see {@link TimedMap}.
     */
    static <G> DifferentiableOde<G> of(EquilibriumMap<G> f) {
        return new AutonomousOde<>(Arguments.present("ode function", "the map", f));
    }

    /**
     * A function of one row in arrays. It gets a copy of z. An element of {@code out} that it does not write becomes NaN, and the row ends
     * with {@link OdeStatus#NONFINITE_FUNCTION}. Not thread-safe. If f evaluates this very function again, that throws
     * {@link IllegalStateException}.
     */
    static OdeFunction rowwise(RowFunction f) {
        return new RowwiseOde(Arguments.present("ode function", "the function", f));
    }

    /** The function {@code f} of one row. */
    @FunctionalInterface
    interface RowFunction {
        /**
         * {@code out = f(t, z)}.
         *
         * @param row the index of the row in the batch
         * @param t the time
         * @param z a copy of the row's state, n elements. The function may change it, but must not keep it
         * @param out n elements; every element must be written. The function must not keep the array
         */
        void apply(int row, double t, double[] z, double[] out);
    }
}
