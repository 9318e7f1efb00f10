package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Scaled;

/**
 * Scales the right-hand sides of a batch by powers of two to norms from 1 to 2, and solutions back. Powers of two round nothing, so the
 * point that was measured is the point that is returned. Elements are lost only at an end of the type's range. Such rows are
 * {@linkplain #round rounded} to what the caller's block can hold before they are measured.
 */
final class Scaling {
    private final Type type;
    /** Up to this exponent the engine can multiply by the power of two, and underflow loses less than rounding does. */
    private final int limit;
    /** A solution with a smaller norm loses elements that a large T would make large again. */
    private final double shortest;
    private final double largest;
    private final Engine engine;
    /** {@code √n}. */
    private final double root;
    /** By row of the batch: e, where the caller's numbers are 2ᵉ times those here; and the norm of the right-hand side here. */
    private final int[] exponent;
    private final double[] unit;
    /** For the engine, by row of the batch; 0 for rows whose elements are scaled one by one. */
    private final double[] factor;

    Scaling(Workspace workspace) {
        engine = workspace.engine();
        root = Math.sqrt(workspace.n());
        type = workspace.type();
        limit = type == Type.F32 ? 90 : 960;
        shortest = type == Type.F32 ? 0x1p-85 : 0x1p-980;
        largest = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
        exponent = new int[workspace.batch()];
        unit = new double[workspace.batch()];
        factor = new double[workspace.batch()];
    }

    /**
     * Rows {@code first … first + count - 1} of the caller's block: the block itself if these are all of its rows, else a copy in
     * {@code room}, since a view would be a new object.
     */
    static Block rows(Block of, int first, int count, Block room) {
        if (count == of.rows()) {
            return of;
        }
        Block copy = room.head(count);
        for (int b = 0; b < count; b++) {
            copy.copyRow(of, first + b, b);
        }
        return copy;
    }

    /** The norm of the scaled right-hand side of row {@code b}; relative residuals are relative to it. */
    double unit(int b) {
        return unit[b];
    }

    /**
     * Finds the scale of row {@code b} from the norm of its right-hand side.
     *
     * @return false if the norm is not finite because an element is not
     */
    boolean fit(int b, double length, Block rhs) {
        exponent[b] = 0;
        unit[b] = 1;
        if (length == 0) {
            return true;
        }
        if (length < Double.POSITIVE_INFINITY) {
            // Denormal numbers have no exponent of their own.
            int lift = length < Double.MIN_NORMAL ? 64 : 0;
            exponent[b] = Math.getExponent(Math.scalb(length, lift)) - lift;
            unit[b] = Math.scalb(length, -exponent[b]);
            return true;
        }
        // The elements may be finite although their norm is not.
        double square = 0;
        for (int i = 0; i < rhs.cols(); i++) {
            double element = Math.scalb(rhs.get(b, i), -512);
            square += element * element;
        }
        if (!(square < Double.POSITIVE_INFINITY)) {
            return false;
        }
        exponent[b] = 512 + Math.getExponent(Math.sqrt(square));
        unit[b] = Math.scalb(Math.sqrt(square), 512 - exponent[b]);
        return true;
    }

    /** {@code x_b = 2⁻ᵉ w_b} for all rows of w, which is the caller's block. */
    void in(Block w, Basis x, Rows rows) {
        boolean some = false;
        for (int b = 0; b < w.rows(); b++) {
            boolean far = far(b);
            some |= far;
            factor[b] = far ? 0 : Math.scalb(1.0, -exponent[b]);
        }
        engine.store(w, factor, x, 0, rows);
        for (int b = 0; some && b < w.rows(); b++) {
            if (far(b)) {
                Scaled.multiplyRow(w, b, -exponent[b], x.block(), b);
            }
        }
    }

    /** {@code u_p = 2ᵉ x_b}, and zeros for rows that are not {@code wanted}; null wants all. */
    void out(Basis x, Block u, Rows rows, boolean[] wanted) {
        boolean some = false;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            boolean far = far(b);
            some |= far;
            factor[b] = far || wanted != null && !wanted[b] ? 0 : Math.scalb(1.0, exponent[b]);
        }
        engine.mix(x, 1, factor, u, rows);
        for (int p = 0; some && p < rows.count(); p++) {
            int b = rows.index(p);
            if (far(b) && (wanted == null || wanted[b])) {
                Scaled.multiplyRow(x.block(), b, exponent[b], u, p);
            }
        }
    }

    /** The caller's absolute tolerance, in the units used here. */
    double absolute(int b, double tolerance) {
        return Math.scalb(tolerance, -exponent[b]);
    }

    /** Whether a solution of this norm may have elements that the caller's block cannot hold exactly. */
    boolean endangered(int b, double length) {
        double whole = Math.scalb(length, exponent[b]);
        return exponent[b] < -limit || !(whole < largest) || exponent[b] < 0 && whole < shortest;
    }

    /** Whether a solution of this norm has an element that is too large for the caller's block. */
    boolean overflows(int b, double length) {
        return !(Math.scalb(length / root, exponent[b]) < largest);
    }

    /**
     * Rounds row {@code b} of x, which is also row p of u, to what the caller's block can hold.
     *
     * @return how far that moves it, in the units used here; infinite if an element is too large
     */
    double round(int b, Basis x, Block u, int p) {
        double square = 0;
        for (int i = 0; i < u.cols(); i++) {
            double element = u.get(p, i);
            double held = Math.scalb(element, exponent[b]);
            held = type == Type.F32 ? (float) held : held;
            if (!(Math.abs(held) <= largest)) {
                return Double.POSITIVE_INFINITY;
            }
            double back = Math.scalb(held, -exponent[b]);
            square += (back - element) * (back - element);
            u.set(p, i, back);
            x.block().set(b, i, back);
        }
        return Math.sqrt(square);
    }

    private boolean far(int b) {
        return Math.abs(exponent[b]) > limit;
    }
}
