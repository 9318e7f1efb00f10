package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/** A map from a function of one row. Its arrays serve one evaluation at a time. */
final class Rowwise implements FixedPointMap {
    private final RowFunction f;
    private double[] z = {};
    private double[] out = {};
    /** Atomic, so that a second thread is always refused: it would overwrite the arrays, and rows would get wrong values. */
    private final AtomicBoolean busy = new AtomicBoolean();

    Rowwise(RowFunction f) {
        this.f = Arguments.present("rowwise", "the function", f);
    }

    @Override
    public void apply(Block states, Block values, Rows rows) {
        Arguments.present("rowwise", "z", states);
        Arguments.present("rowwise", "out", values);
        Arguments.present("rowwise", "rows", rows);
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("rowwise: this map is already being evaluated, in another thread or further up this thread's "
                    + "stack, expected a map of its own for each evaluation that runs");
        }
        try {
            each(states, values, rows);
        } finally {
            busy.set(false);
        }
    }

    /** The same function with arrays of its own. */
    Rowwise copy() {
        return new Rowwise(f);
    }

    private void each(Block states, Block values, Rows rows) {
        int n = states.cols();
        if (z.length != n) {
            z = new double[n];
            out = new double[n];
        }
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < n; i++) {
                z[i] = states.get(p, i);
            }
            Arrays.fill(out, Double.NaN);
            f.apply(rows.index(p), z, out);
            for (int i = 0; i < n; i++) {
                values.set(p, i, out[i]);
            }
        }
    }
}
