package dev.zstar;

import dev.zstar.kernels.Engines;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Options of an {@link Equilibrium}: see {@link Equilibrium#of}. If two settings contradict each other, the later call wins.
 *
 * @param <P> what holds the parameters
 */
public final class EquilibriumBuilder<P> {
    final Supplier<Model<P>> model;
    Stopping stopping = Stopping.relative(1e-5);
    GradientMode mode = GradientMode.DEFAULT;
    ForwardMethod method = ForwardMethod.ANDERSON;
    int threads = 1;
    Executor pool;
    /** 0 for no limit. */
    int blocks;
    boolean lenient;
    /** Null for none. */
    RowObserver observer;

    EquilibriumBuilder(Supplier<Model<P>> model) {
        this.model = model;
    }

    /**
     * The relative tolerance of each row: the row is solved when {@code ‖f(z) - z‖ ≤ tolerance · ‖f(z)‖}. The default is 10⁻⁵. Keeps
     * all other rules, such as the budgets and an absolute tolerance. After {@link Stopping#fixed} the number of evaluations becomes a
     * budget.
     *
     * @param tolerance at least 0 and below 1; in f32, rounding leaves about 10⁻⁷ to 10⁻⁶
     */
    public EquilibriumBuilder<P> tolerance(double tolerance) {
        return stopping(FixedPoint.withTolerance("equilibrium", stopping, tolerance));
    }

    /** These stopping rules of the forward solve instead of all earlier ones, the tolerance and the budget included. */
    public EquilibriumBuilder<P> stopping(Stopping stopping) {
        this.stopping = Arguments.present("equilibrium", "the stopping rule", stopping);
        return this;
    }

    /** The method of the forward solve; the default is {@link ForwardMethod#ANDERSON}. */
    public EquilibriumBuilder<P> method(ForwardMethod method) {
        this.method = Arguments.present("equilibrium", "the method", method);
        blocks = 0;
        return this;
    }

    /**
     * How gradients are computed; the default is {@link GradientMode#DEFAULT}. {@link GradientMode.BroydenInverse} needs
     * {@link ForwardMethod#BROYDEN}, or another method that plans a {@link Broyden}. For a {@linkplain GradientMode#then schedule} of
     * modes call {@link Equilibrium#step} in each training step.
     */
    public EquilibriumBuilder<P> gradients(GradientMode mode) {
        this.mode = Arguments.present("equilibrium", "the gradient mode", mode);
        return this;
    }

    /**
     * An observer of every forward solve, which is called after each evaluation and may end single rows. A row that it stops is a success
     * ({@link dev.zstar.solvers.Status#STOPPED_BY_OBSERVER}): it is returned, and its gradient is computed as if it were an equilibrium. A
     * gradient mode that unrolls takes a fixed number of steps, so it has no observer.
     *
     * @param observer such as a rule of {@code dev.zstar.solvers.exits}; stays the caller's
     */
    public EquilibriumBuilder<P> observer(RowObserver observer) {
        this.observer = Arguments.present("equilibrium", "the observer", observer);
        return this;
    }

    /** The same with an observer that only watches or cancels the solve. */
    public EquilibriumBuilder<P> observer(Observer observer) {
        return observer((RowObserver) observer);
    }

    /**
     * Makes the layer fit a number of blocks, each a vector of n elements for each row of the batch. The forward method follows from it,
     * and so do the cycles of an {@linkplain GradientMode#exact exact} gradient; {@link LayerMethods#within} has the table. By default a
     * layer takes 27 blocks. {@link Equilibrium#toString} says what was chosen. The cell, the parameters, and the blocks that x, z and dz
     * are copied to are not counted. Replaces {@link #method}.
     *
     * @param blocks at least 8 for an exact gradient; {@link #build} refuses too few, and names the least number for the gradient mode
     */
    public EquilibriumBuilder<P> memory(int blocks) {
        Arguments.atLeast("equilibrium", "the number of blocks", blocks, 1);
        this.blocks = blocks;
        return this;
    }

    /** The methods that these options ask for. */
    LayerMethods methods() {
        return blocks > 0 ? LayerMethods.within(blocks, stopping, mode) : ArrayLayer.methods(method, stopping, mode);
    }

    /** The number of threads to compute with, the caller's included; the default is one. */
    public EquilibriumBuilder<P> threads(int threads) {
        Arguments.atLeast("equilibrium", "the number of threads", threads, 1);
        this.threads = threads;
        pool = null;
        return this;
    }

    /**
     * The same, with threads borrowed from a pool; the layer then starts none. See {@link Engines#best(int, Executor)}.
     *
     * @param pool lends up to {@code threads - 1} threads at a time, and stays the caller's
     */
    public EquilibriumBuilder<P> threads(int threads, Executor pool) {
        threads(threads);
        this.pool = Arguments.present("equilibrium", "the pool", pool);
        return this;
    }

    /**
     * Makes the layer return rows that were not solved instead of throwing. {@link Equilibrium#forward} then returns the best iterate
     * of such a row, and {@link Equilibrium#rows} says which rows these are. {@link Equilibrium#backward} then skips rows without a
     * gradient, and {@link Equilibrium#gradientRows} says which rows these are.
     */
    public EquilibriumBuilder<P> lenient() {
        lenient = true;
        return this;
    }

    /**
     * Builds the layer, on the engine of {@link Engines#best}. The caller closes the layer.
     *
     * @throws IllegalArgumentException if the gradient mode needs another method or more {@link #memory}, or if it unrolls and there is an
     *     observer
     */
    public Equilibrium<P> build() {
        return new Equilibrium<>(this);
    }
}
