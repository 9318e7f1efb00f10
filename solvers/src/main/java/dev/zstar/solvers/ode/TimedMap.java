package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * A cell that gets the time as one more input: {@code dz/dt = f(z; θ, [x, t])}. The map has {@code inputs + 1} inputs, and the last one is
 * the time. Each evaluation injects x and the times again. So it also repeats what the map computes from the input alone, for all rows of
 * the batch. A gradient block of the input has {@code inputs + 1} columns too; its last column is {@code ∫ aᵀ ∂f/∂t dt}.
 *
 * <p>Does not close the map. Not thread-safe.
 *
 * @param <G> where the map accumulates gradients
 */
public final class TimedMap<G> implements DifferentiableOde<G>, AutoCloseable {
    private final EquilibriumMap<G> map;
    private final int inputs;
    private final OwnedMemory memory;
    /** x and t, by row of the batch. */
    private final Block timed;
    /** x and t of the active rows, by position. */
    private final Block packed;
    private int rows;
    private long version;
    /** The map's version after the last injection by this object. */
    private long seen;

    private TimedMap(EquilibriumMap<G> map, Shaped shape, int inputs) {
        this.map = map;
        this.inputs = inputs;
        memory = new OwnedMemory(shape.engine());
        try {
            timed = memory.block(shape.type(), shape.batch(), inputs + 1);
            packed = memory.block(shape.type(), shape.batch(), inputs + 1);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        seen = map.version();
    }

    /**
     * Allocates two blocks of {@code batch × (inputs + 1)}.
     *
     * @param map a cell with {@code inputs + 1} inputs
     * @param inputs the number of elements of x; at least 0
     */
    public static <G, M extends EquilibriumMap<G> & Shaped> TimedMap<G> of(M map, int inputs) {
        Arguments.present("timed map", "the map", map);
        Arguments.atLeast("timed map", "the number of inputs", inputs, 0);
        return new TimedMap<>(map, map, inputs);
    }

    @Override
    public void inject(Block x) {
        Arguments.present("inject", "x", x);
        if (x.rows() > timed.rows()) {
            throw new IllegalArgumentException(
                    "inject: the number of rows of x is " + x.rows() + ", expected at most " + timed.rows());
        }
        x.requireShape("inject", "x", timed.type(), x.rows(), inputs);
        rows = x.rows();
        if (inputs > 0) {
            for (int b = 0; b < rows; b++) {
                for (int i = 0; i < inputs; i++) {
                    timed.set(b, i, x.get(b, i));
                }
            }
        }
        version++;
    }

    @Override
    public long version() {
        if (map.version() != seen) {
            // Someone else has changed the map: new parameters.
            seen = map.version();
            version++;
        }
        return version;
    }

    @Override
    public void apply(double[] t, Block z, Block out, Rows rows) {
        set("apply", t, rows);
        map.apply(z, out, rows);
    }

    @Override
    public void linearise(double[] t, Block z, Rows rows) {
        set("linearise", t, rows);
        map.linearise(z, rows);
    }

    private void set(String operation, double[] t, Rows active) {
        Arguments.present(operation, "t", t);
        version();
        for (int p = 0; p < active.count(); p++) {
            int b = active.index(p);
            if (b >= rows) {
                throw new IllegalStateException(operation + ": row " + b + " of the batch has no input; expected inject(x)");
            }
            timed.set(b, inputs, t[p]);
        }
        map.inject(timed.head(rows));
        seen = map.version();
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        map.vjp(u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        map.jvp(v, out, rows);
    }

    /** The same, with a gradient of {@code [x, t]}. */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, G sum) {
        for (int p = 0; p < rows.count(); p++) {
            packed.copyRow(timed, rows.index(p), p);
        }
        map.gradients(v, z, packed.head(rows.count()), rows, sum);
    }

    /** The bytes that this object holds, without the map. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
