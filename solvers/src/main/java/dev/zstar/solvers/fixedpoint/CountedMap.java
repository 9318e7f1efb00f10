package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.internal.InputGuard;
import java.util.function.Consumer;

/**
 * Wraps a map with its derivatives, for a method that another solver drives. It reports the rows of every call to a counter, as one
 * evaluation of each row.
 */
final class CountedMap implements DifferentiableMap, InputGuard.Own {
    private final Consumer<Rows> counter;
    private FixedPointMap f;
    private DifferentiableMap derivatives;

    CountedMap(Consumer<Rows> counter) {
        this.counter = counter;
    }

    /** Sets the wrapped map; null releases it. */
    CountedMap follow(FixedPointMap f) {
        this.f = f;
        derivatives = f == null ? null : f.derivatives();
        return this;
    }

    @Override
    public double rowOperations() {
        return f == null ? Double.POSITIVE_INFINITY : f.rowOperations();
    }

    @Override
    public DifferentiableMap derivatives() {
        return derivatives == null ? null : this;
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        InputGuard.evaluate(f, z, out, rows);
        counter.accept(rows);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        derivatives.linearise(z, rows);
        counter.accept(rows);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        derivatives.vjp(u, out, rows);
        counter.accept(rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        derivatives.jvp(v, out, rows);
        counter.accept(rows);
    }

    @Override
    public long linearisation() {
        return derivatives.linearisation();
    }
}
