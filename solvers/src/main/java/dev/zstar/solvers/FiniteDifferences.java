package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.guard.Plural;
import java.util.Arrays;

/**
 * Adds derivatives by central differences to a map that has none:
 *
 * <pre>{@code J v ≈ ‖v‖ (f(z + h d) - f(z - h d)) / 2h,   d = v / ‖v‖,   h = ∛u ‖z‖,}</pre>
 *
 * <p>with the unit roundoff u. If z is 0, h uses ‖f(z)‖ instead of ‖z‖, and 1 if f(z) is 0 as well. The step balances two errors: the
 * curvature of f, over lengths like ‖z‖, and its rounding. Together they leave an error of about {@code u^(2/3)} relative to the size of f,
 * 2·10⁻⁵ in f32 and 2·10⁻¹¹ in f64. No other step does better.
 *
 * <p>An element of z may be much smaller than ‖z‖, and f may change over lengths like that element. So where h moves an element by more
 * than {@code ∛u} of its size, the quotient is compared with that of h / 8, and h shrinks until the two agree to {@code 100 u^(2/3)}. If f
 * changes over lengths much shorter than each element, or has a kink within h, the error is larger.
 *
 * <p>{@code J v} costs two evaluations of f, and two more for each comparison. {@code Jᵀ u} costs {@code 2 n}, and makes the comparisons
 * once after {@link #linearise}. So the class is for small n and for tests of derivatives. {@code NewtonKrylov} computes its own
 * differences, with half the evaluations.
 *
 * <p>Holds five blocks of {@code batch × n}, and a sixth one once rows have come out of order. Not thread-safe.
 */
public final class FiniteDifferences implements DifferentiableMap, AutoCloseable {
    private final FixedPointMap f;
    private final Engine engine;
    private final OwnedMemory memory;
    /** How often a step may shrink to an eighth. */
    private static final int SHRINKS = 10;

    /** {@code ∛u}. */
    private final double step;
    /** Steps are at least this long, 2²⁰ of the smallest numbers in f64 and 2¹² in f32, so that they are not lost to underflow. */
    private final double shortest;
    private final double largest;
    private final RowData points;
    private final Block shifted;
    private final Block up;
    private final Block down;
    private final Block shrunk;
    /** By row of the batch: the first h. By row and element: the h of the unit vector, 0 if it was not found yet. */
    private final double[] h;
    private final double[] found;
    /** By position: the h to try, where element j of the point is, half the distance of the two points, and whether h is settled. */
    private final double[] trial;
    private final double[] above;
    private final double[] half;
    private final boolean[] settled;
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
            shrunk = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        shortest = type == Type.F32 ? 0x1p12 * Float.MIN_VALUE : 0x1p20 * Double.MIN_VALUE;
        largest = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
        h = new double[batch];
        found = new double[batch * n];
        trial = new double[batch];
        above = new double[batch];
        half = new double[batch];
        settled = new boolean[batch];
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
    public ReplicatedMap replicas() {
        return f.replicas();
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
            int b = rows.index(p);
            points.openRow(b).copyRow(z, p, 0);
            Arrays.fill(found, b * z.cols(), (b + 1) * z.cols(), 0);
            h[b] = first(lengths[p]);
            zero |= lengths[p] == 0;
        }
        if (zero) {
            f.apply(z, up.head(count), rows);
            engine.norm(up.head(count), trial);
        }
        for (int p = 0; p < count; p++) {
            int b = rows.index(p);
            if (lengths[p] == 0) {
                h[b] = trial[p] > 0 && trial[p] < Double.POSITIVE_INFINITY ? first(trial[p]) : step;
            }
            points.fillRow(b);
        }
    }

    /** A norm beyond the type still has a step. */
    private double first(double length) {
        return Math.max(step * Math.min(length, largest), shortest);
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
        for (int p = 0; p < count; p++) {
            trial[p] = h[rows.index(p)];
            settled[p] = false;
        }
        differentiate(z, v, -1, rows);
        for (int p = 0; p < count; p++) {
            for (int i = 0; i < out.cols(); i++) {
                out.set(p, i, lengths[p] == 0 ? 0 : up.get(p, i) * lengths[p]);
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
        int n = out.cols();
        for (int j = 0; j < n; j++) {
            for (int p = 0; p < count; p++) {
                double known = found[rows.index(p) * n + j];
                settled[p] = known > 0;
                trial[p] = settled[p] ? known : h[rows.index(p)];
            }
            differentiate(z, null, j, rows);
            for (int p = 0; p < count; p++) {
                found[rows.index(p) * n + j] = trial[p];
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    sum += u.get(p, i) * up.get(p, i);
                }
                out.set(p, j, sum);
            }
        }
    }

    /**
     * Writes the derivative along v, or the unit vector {@code j} if v is null, to {@code up}, and settles the steps of rows that are not
     * settled.
     */
    private void differentiate(Block z, Block v, int j, Rows rows) {
        int count = rows.count();
        quotient(z, v, j, up.head(count), rows);
        for (int k = 0; k < SHRINKS; k++) {
            boolean open = false;
            for (int p = 0; p < count; p++) {
                settled[p] |= !(trial[p] / 8 >= Math.max(natural(z, v, j, p), shortest));
                trial[p] = settled[p] ? trial[p] : trial[p] / 8;
                open |= !settled[p];
            }
            if (!open) {
                return;
            }
            quotient(z, v, j, shrunk.head(count), rows);
            for (int p = 0; p < count; p++) {
                if (!settled[p] && agree(p)) {
                    settled[p] = true;
                    trial[p] *= 8;
                } else if (!settled[p]) {
                    up.copyRow(shrunk, p, p);
                }
            }
        }
    }

    /** The step that moves no element by more than {@code ∛u} of its size; 0 if it moves one that is 0. */
    private double natural(Block z, Block v, int j, int p) {
        if (v == null) {
            return step * Math.abs(z.get(p, j));
        }
        double least = lengths[p] == 0 ? Double.POSITIVE_INFINITY : step * largest;
        for (int i = 0; i < z.cols() && lengths[p] > 0; i++) {
            double d = Math.abs(v.get(p, i) / lengths[p]);
            least = d == 0 ? least : Math.min(least, step * Math.abs(z.get(p, i)) / d);
        }
        return least;
    }

    /** Whether the quotients of row p in {@code up} and {@code shrunk} are the same but for rounding. */
    private boolean agree(int p) {
        double unit = step * step * step;
        for (int i = 0; i < up.cols(); i++) {
            double one = up.get(p, i);
            double other = shrunk.get(p, i);
            double rounding = 16 * unit * Math.abs(down.get(p, i)) / half[p];
            if (!(Math.abs(one - other) <= 100 * step * step * Math.max(Math.abs(one), Math.abs(other)) + rounding)) {
                return false;
            }
        }
        return true;
    }

    /** {@code out = (f(z + h d) - f(z - h d)) / 2h} with d along v, or the unit vector {@code j} if v is null. */
    private void quotient(Block z, Block v, int j, Block out, Rows rows) {
        int count = rows.count();
        shift(z, v, j, 1, count);
        for (int p = 0; v == null && p < count; p++) {
            above[p] = shifted.get(p, j);
        }
        f.apply(shifted.head(count), out, rows);
        shift(z, v, j, -1, count);
        f.apply(shifted.head(count), down.head(count), rows);
        for (int p = 0; p < count; p++) {
            // The points are rounded, so their distance is not exactly 2h. Halves, since the distance may overflow.
            half[p] = v == null ? above[p] / 2 - shifted.get(p, j) / 2 : trial[p];
            for (int i = 0; i < out.cols(); i++) {
                out.set(p, i, (out.get(p, i) / 2 - down.get(p, i) / 2) / half[p]);
            }
        }
    }

    private void shift(Block z, Block v, int j, int sign, int count) {
        for (int p = 0; p < count; p++) {
            for (int i = 0; i < z.cols(); i++) {
                double d = v == null ? (i == j ? 1 : 0) : lengths[p] == 0 ? 0 : v.get(p, i) / lengths[p];
                shifted.set(p, i, z.get(p, i) + sign * trial[p] * d);
            }
        }
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
