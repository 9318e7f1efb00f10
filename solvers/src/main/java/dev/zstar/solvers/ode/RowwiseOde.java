package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.guard.Arguments;

/** A function from a function of one row: {@link FixedPointMap#rowwise} at the times of a call. */
final class RowwiseOde implements OdeFunction {
    private final RowFunction f;
    private final FixedPointMap map = FixedPointMap.rowwise(this::row);
    private double[] t = {};
    private Rows rows;
    private int position;

    RowwiseOde(RowFunction f) {
        this.f = f;
    }

    @Override
    public void apply(double[] t, Block z, Block out, Rows rows) {
        this.t = Arguments.present("rowwise", "t", t);
        this.rows = rows;
        position = 0;
        map.apply(z, out, rows);
    }

    /** Rows come in the order of their positions. */
    private void row(int row, double[] z, double[] out) {
        f.apply(rows.index(position), t[position++], z, out);
    }
}
