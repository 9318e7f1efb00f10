package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OneCaller;
import java.util.Arrays;

/** A map from a function of one row. Its arrays serve one evaluation at a time. */
final class Rowwise implements FixedPointMap {
    private final RowFunction f;
    private double[] z = {};
    private double[] out = {};
    private final OneCaller caller = new OneCaller("map", "evaluated", "evaluation");

    Rowwise(RowFunction f) {
        this.f = Arguments.present("rowwise", "the function", f);
    }

    @Override
    public void apply(Block states, Block values, Rows rows) {
        Arguments.present("rowwise", "z", states);
        Arguments.present("rowwise", "out", values);
        Arguments.present("rowwise", "rows", rows);
        caller.enter("rowwise");
        try {
            each(states, values, rows);
        } finally {
            caller.leave();
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
