package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;

/**
 * An {@link ApproximateInverse} as a linear operator for users, on any rows of the batch, with its arguments checked. If H is not finite,
 * for example after an overflow, the operator is the identity.
 */
public final class InverseOperator implements LinearOperator {
    private final Workspace workspace;
    private final ApproximateInverse inverse;
    private final Rows own;
    private final double[] squares;

    /** Wraps {@code inverse}, on which the solver of {@code workspace} works. */
    public InverseOperator(Workspace workspace, ApproximateInverse inverse) {
        this.workspace = workspace;
        this.inverse = inverse;
        own = new Rows(workspace.batch());
        squares = new double[workspace.batch()];
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        multiply(false, u, out, rows);
    }

    @Override
    public void applyTransposed(Block u, Block out, Rows rows) {
        multiply(true, u, out, rows);
    }

    private void multiply(boolean transposed, Block u, Block out, Rows rows) {
        Arguments.present("inverse", "u", u);
        Arguments.present("inverse", "out", out);
        Arguments.present("inverse", "rows", rows);
        workspace.enterKept("inverse", "u", u);
        try {
            out.requireShape("inverse", "out", workspace.type(), u.rows(), workspace.n());
            if (rows.count() != u.rows()) {
                throw new IllegalArgumentException(
                        "inverse: u has " + Plural.of(u.rows(), "row") + ", expected " + rows.count() + ", one for each active row");
            }
            own.reset(u.rows());
            for (int p = 0; p < u.rows(); p++) {
                int b = rows.index(p);
                if (b < 0 || b >= workspace.batch()) {
                    throw new IllegalArgumentException("inverse: row " + b + " of the batch, expected 0 to " + (workspace.batch() - 1));
                }
                own.place(p, b);
            }
            workspace.engine().copy(u, out);
            inverse.apply(transposed, out, own, squares);
            for (int p = 0; p < u.rows(); p++) {
                if (!(squares[own.index(p)] < Double.POSITIVE_INFINITY)) {
                    out.copyRow(u, p, p);
                }
            }
        } finally {
            workspace.leave();
        }
    }
}
