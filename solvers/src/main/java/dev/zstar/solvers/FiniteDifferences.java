package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.guard.Plural;

/**
 * Adds derivatives by central differences to a map that has none:
 *
 * <pre>{@code J v ≈ ‖v‖ (f(z + h d) - f(z - h d)) / 2h,   d = v / ‖v‖,   h = ∛u ‖z‖,}</pre>
 *
 * <p>with the unit roundoff u. If z is 0, h uses ‖f(z)‖ instead of ‖z‖, and 1 if f(z) is 0 as well. The step balances two errors: the
 * curvature of f, over lengths like ‖z‖, and its rounding. Together they leave an error of about {@code u^(2/3)} relative to the size of f,
 * 2·10⁻⁵ in f32 and 2·10⁻¹¹ in f64. No other step does better. If f changes over much shorter lengths, or has a kink within h, the error is
 * larger.
 *
 * <p>{@code J v} costs two evaluations of f. {@code Jᵀ u} costs {@code 2 n}, two for each unit vector, so the class is for small n and for
 * tests of derivatives. {@code NewtonKrylov} computes its own differences, with half the evaluations.
 *
 * <p>Holds four blocks of {@code batch × n}, and a fifth one once rows have come out of order. Not thread-safe.
 */
public final class FiniteDifferences implements DifferentiableMap, AutoCloseable {
    private final FixedPointMap f;
    private final Engine engine;
    private final OwnedMemory memory;
    private final double step;
    private final RowData points;
    private final Block shifted;
    private final Block up;
    private final Block down;
    /** By row of the batch: h. */
    private final double[] h;
    private final double[] lengths;
    private long linearisations;

    /** Allocates for batches of up to {@code batch} rows of {@code n} elements. The map f stays open when this object is closed. */
    public FiniteDifferences(Engine engine, Type type, int batch, int n, FixedPointMap f) {
        this.f = Arguments.present("finite differences", "the map", f);
        this.engine = Arguments.present("finite differences", "the engine", engine);
        step = Math.cbrt(Arguments.present("finite differences", "the type", type).unitRoundoff());
        Arguments.atLeast("finite differences", "n", n, 1);
        Arguments.atLeast("finite differences", "the batch", batch, 1);
        memory = new OwnedMemory(engine);
        try {
            points = memory.add(new RowData(engine, type, batch, n, "point of linearisation",
                    "linearise(z, rows) with it"), RowData::close, RowData::bytes);
            shifted = memory.block(type, batch, n);
            up = memory.block(type, batch, n);
            down = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        h = new double[batch];
        lengths = new double[batch];
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        f.apply(z, out, rows);
    }

    @Override
    public FixedPointMap approximation() {
        return f.approximation();
    }

    @Override
    public void linearise(Block z, Rows rows) {
        int count = rows.count();
        if (count > h.length) {
            throw new IllegalArgumentException("linearise: " + Plural.of(count, "row") + ", expected at most the batch's " + h.length);
        }
        z.requireShape("linearise", "z", up.type(), count, up.cols());
        linearisations++;
        points.clear();
        engine.norm(z, lengths);
        boolean zero = false;
        for (int p = 0; p < count; p++) {
            points.openRow(rows.index(p)).copyRow(z, p, 0);
            h[rows.index(p)] = step * lengths[p];
            zero |= lengths[p] == 0;
        }
        if (zero) {
            f.apply(z, up.head(count), rows);
            engine.norm(up.head(count), lengths);
        }
        for (int p = 0; p < count; p++) {
            int b = rows.index(p);
            if (h[b] == 0) {
                h[b] = lengths[p] > 0 && lengths[p] < Double.POSITIVE_INFINITY ? step * lengths[p] : step;
            }
            points.fillRow(b);
        }
    }

    @Override
    public long linearisation() {
        return linearisations;
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        int count = rows.count();
        v.requireShape("jvp", "v", up.type(), count, up.cols());
        out.requireShape("jvp", "out", up.type(), count, up.cols());
        Block z = points.gather("jvp", rows);
        engine.norm(v, lengths);
        evaluate(z, v, -1, 1, up.head(count), rows);
        evaluate(z, v, -1, -1, down.head(count), rows);
        for (int p = 0; p < count; p++) {
            for (int i = 0; i < out.cols(); i++) {
                out.set(p, i, lengths[p] == 0 ? 0 : difference(p, i, rows) * lengths[p]);
            }
        }
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        int count = rows.count();
        u.requireShape("vjp", "u", up.type(), count, up.cols());
        out.requireShape("vjp", "out", up.type(), count, up.cols());
        Arguments.disjoint("vjp", "out", out, "u", u);
        Block z = points.gather("vjp", rows);
        for (int j = 0; j < out.cols(); j++) {
            evaluate(z, null, j, 1, up.head(count), rows);
            evaluate(z, null, j, -1, down.head(count), rows);
            for (int p = 0; p < count; p++) {
                double sum = 0;
                for (int i = 0; i < out.cols(); i++) {
                    sum += u.get(p, i) * difference(p, i, rows);
                }
                out.set(p, j, sum);
            }
        }
    }

    /** {@code out = f(z + sign h d)} with d along v, or the unit vector {@code j} if v is null. */
    private void evaluate(Block z, Block v, int j, int sign, Block out, Rows rows) {
        Block at = shifted.head(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            double size = sign * h[rows.index(p)];
            for (int i = 0; i < z.cols(); i++) {
                double d = v == null ? (i == j ? 1 : 0) : lengths[p] == 0 ? 0 : v.get(p, i) / lengths[p];
                at.set(p, i, z.get(p, i) + size * d);
            }
        }
        f.apply(at, out, rows);
    }

    private double difference(int p, int i, Rows rows) {
        return (up.get(p, i) - down.get(p, i)) / (2 * h[rows.index(p)]);
    }

    /** The bytes that this object holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
