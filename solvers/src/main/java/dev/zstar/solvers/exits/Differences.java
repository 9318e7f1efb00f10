package dev.zstar.solvers.exits;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Arrays;

/**
 * The last differences of the iterates of each row, for rules that look at them: {@code Δ_k = z_k - z_{k-1}}, and
 * {@code Δ_k - Δ_{k-1} = z_k - 2 z_{k-1} + z_{k-2}}. A row is measured at each of its evaluations. Differences with an element outside the
 * range of the type are infinite. Holds {@code order + 1} blocks. Not thread-safe.
 */
public final class Differences implements AutoCloseable {
    private final OwnedMemory memory;
    private final Engine engine;
    private final Shaped shape;
    /** For each row its last iterates: the latest in vector {@code latest}, the one before in the other. */
    private final Basis last;
    private final Block difference;
    private final double[] ones;
    /** Coefficients of z_{k-1} and of 2 z_{k-1} - z_{k-2} in the last iterates, for each choice of the latest. */
    private final double[][] first;
    private final double[][] second;
    private int latest;
    /** By row of the batch: how many iterates are kept; ‖Δ_k‖, ‖Δ_k - Δ_{k-1}‖ and ‖z_k‖. */
    private final int[] known;
    private final double[] steps;
    private final double[] turns;
    private final double[] sizes;
    private final double[] byPosition;

    /**
     * Allocates for the batch, n and type of a solver or map.
     *
     * @param order 1 for first differences only, 2 for second differences too
     */
    public Differences(Shaped shape, int order) {
        this.shape = Arguments.present("Differences", "the solver or map", shape);
        if (order < 1 || order > 2) {
            throw new IllegalArgumentException("Differences: the order is " + order + ", expected 1 or 2");
        }
        int batch = shape.batch();
        engine = shape.engine();
        memory = new OwnedMemory(engine);
        try {
            last = memory.add(Basis.allocate(engine, shape.type(), batch, order, shape.n()), Basis::close, basis -> basis.block().bytes());
            difference = memory.block(shape.type(), batch, shape.n());
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        ones = new double[batch];
        first = new double[order][];
        second = new double[order][];
        Arrays.fill(ones, 1);
        for (int at = 0; at < order; at++) {
            first[at] = coefficients(batch, order, at, 1, 0);
            second[at] = coefficients(batch, order, at, 2, -1);
        }
        known = new int[batch];
        steps = new double[batch];
        turns = new double[batch];
        sizes = new double[batch];
        byPosition = new double[batch];
    }

    /** For each row, the coefficients of its latest iterate, which is vector {@code latest}, and of the one before. */
    private static double[] coefficients(int batch, int order, int latest, double ofLatest, double ofOther) {
        double[] c = new double[order * batch];
        Arrays.fill(c, ofOther);
        for (int b = 0; b < batch; b++) {
            c[order * b + latest] = ofLatest;
        }
        return c;
    }

    /** A new problem begins in row {@code b}: there is no iterate of it yet. */
    public void begin(int b) {
        known[Planned.row("begin", b, known.length)] = 0;
    }

    /** Measures the differences of the active rows, and keeps these iterates as the last ones. */
    public void measure(Block z, Rows rows) {
        Planned.require("measure", shape, z, rows);
        Block d = difference.head(rows.count());
        engine.norm(z, byPosition);
        scatter(sizes, rows);
        subtract(first[latest], z, d, rows);
        scatter(steps, rows);
        int next = 0;
        if (last.capacity() == 2) {
            subtract(second[latest], z, d, rows);
            scatter(turns, rows);
            next = 1 - latest;
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            steps[b] = known[b] >= 1 ? steps[b] : Double.NaN;
            turns[b] = known[b] >= 2 ? turns[b] : Double.NaN;
            known[b] = Math.min(known[b] + 1, last.capacity());
        }
        engine.store(z, ones, last, next, rows);
        latest = next;
    }

    /** {@code d = z - Σ c v} over the last iterates v, and its norms. */
    private void subtract(double[] c, Block z, Block d, Rows rows) {
        engine.mix(last, last.capacity(), c, d, rows);
        engine.axpby(1, z, -1, d);
        engine.norm(d, byPosition);
    }

    private void scatter(double[] byRow, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            byRow[rows.index(p)] = byPosition[p];
        }
    }

    /** {@code ‖Δ_k‖} of row {@code b}; NaN at its first evaluation. */
    public double first(int b) {
        return steps[Arguments.row("first", b, steps.length)];
    }

    /** {@code ‖Δ_k - Δ_{k-1}‖} of row {@code b}; NaN at its first two evaluations, and if the order is 1. */
    public double second(int b) {
        return turns[Arguments.row("second", b, turns.length)];
    }

    /** {@code ‖z_k‖} of row {@code b}. */
    public double size(int b) {
        return sizes[Arguments.row("size", b, sizes.length)];
    }

    /** Bytes outside the heap. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
