package dev.zstar.solvers.internal;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.guard.Checksum;

/**
 * Calls a user's map, operator or observer. If assertions are on, it throws if the user's code wrote to its input, or if a map left an
 * element of its output unwritten. After the first mistake {@code f(z) - z} would be 0 and every row would converge. After the second the
 * element would keep a value of an earlier call. With or without assertions it throws if the number of active rows has changed.
 */
public final class InputGuard {
    /** A NaN with a bit pattern that no computation produces: what a map or a method had to overwrite. */
    public static final double UNWRITTEN = Double.longBitsToDouble(0x7ffa_5a5a_4000_0000L);

    private InputGuard() {}

    /**
     * A map that belongs to a solver and itself guards the map that it calls. It may scale z and scale it back, which rounds denormal
     * elements.
     */
    public interface Own extends FixedPointMap {}

    /** {@code f.apply(z, out, rows)}. */
    public static void evaluate(FixedPointMap f, Block z, Block out, Rows rows) {
        int active = rows.count();
        if (!Checksum.ON || f instanceof Own) {
            f.apply(z, out, rows);
            requireRows("apply", "the map", active, rows);
            return;
        }
        long before = Checksum.of(z);
        out.fill(UNWRITTEN);
        f.apply(z, out, rows);
        requireRows("apply", "the map", active, rows);
        check("the map", "z", z, before, "f(z)", out);
    }

    /** {@code t.apply(u, out, rows)}. */
    public static void multiply(LinearOperator t, Block u, Block out, Rows rows) {
        int active = rows.count();
        if (!Checksum.ON) {
            t.apply(u, out, rows);
            requireRows("apply", "the operator", active, rows);
            return;
        }
        long before = Checksum.of(u);
        out.fill(UNWRITTEN);
        t.apply(u, out, rows);
        requireRows("apply", "the operator", active, rows);
        check("the operator", "u", u, before, "T u", out);
    }

    /** {@code observer.evaluated(progress, z, rows, exits)}. */
    public static void observe(RowObserver observer, Outcome progress, Block z, Rows rows, Exits exits) {
        int active = rows.count();
        long before = Checksum.ON ? Checksum.of(z) : 0;
        observer.evaluated(progress, z, rows, exits);
        requireRows("evaluated", "the observer", active, rows);
        if (exits.count() != active) {
            throw new IllegalStateException("evaluated: the observer reset the exits to " + exits.count() + " rows, expected " + active
                    + ", as before");
        }
        if (Checksum.ON && Checksum.of(z) != before) {
            throw new IllegalStateException("evaluated: the observer changed the iterates z, expected it only to read them");
        }
    }

    /** Throws unless {@code rows} has as many active rows as before a call. */
    public static void requireRows(String call, String who, int active, Rows rows) {
        if (rows.count() != active) {
            throw new IllegalStateException(call + ": " + who + " changed the map of rows, which has " + rows.count()
                    + " active rows, expected " + active + ", as before");
        }
    }

    private static void check(String who, String name, Block in, long before, String result, Block out) {
        if (Checksum.of(in) != before) {
            throw new IllegalStateException("apply: " + who + " changed its input " + name + ", expected it to write " + result
                    + " to out only");
        }
        // As the type of the block rounds it.
        long mark = Double.doubleToRawLongBits(out.type() == Type.F32 ? (float) UNWRITTEN : UNWRITTEN);
        for (int p = 0; p < out.rows(); p++) {
            for (int i = 0; i < out.cols(); i++) {
                if (Double.doubleToRawLongBits(out.get(p, i)) == mark) {
                    throw new IllegalStateException("apply: " + who + " left element " + i + " of the row at position " + p
                            + " unwritten, expected it to write " + result + " to every element of out");
                }
            }
        }
    }
}
