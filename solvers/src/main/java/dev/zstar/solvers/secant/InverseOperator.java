package dev.zstar.solvers.secant;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.ReplicatedOperator;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.PerWorker;
import dev.zstar.solvers.guard.Plural;

/**
 * An {@link ApproximateInverse} as a linear operator for users, on any rows of the batch, with its arguments checked. If H is not finite,
 * for example after an overflow, the operator is the identity. If H keeps all that it writes apart for each row, the operator has replicas.
 */
public final class InverseOperator implements LinearOperator {
    private final Workspace workspace;
    private final ApproximateInverse inverse;
    private final Rows own;
    /** By row of the batch, so that replicas may share it. */
    private final double[] squares;
    private final long rowBytes;

    /** Wraps {@code inverse}, on which the solver of {@code workspace} works. One thread may use it at a time. */
    public InverseOperator(Workspace workspace, ApproximateInverse inverse) {
        this(workspace, inverse, -1);
    }

    /**
     * Wraps {@code inverse}, which several threads may apply at the same time, each to other rows.
     *
     * @param rowBytes the bytes that a product reads for each row; negative if only one thread may apply it at a time
     */
    public InverseOperator(Workspace workspace, ApproximateInverse inverse, long rowBytes) {
        this.workspace = workspace;
        this.inverse = inverse;
        this.rowBytes = rowBytes;
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
                own.place(p, requireRow(rows.index(p)));
            }
            product(transposed, u, out, own);
        } finally {
            workspace.leave();
        }
    }

    private int requireRow(int b) {
        if (b < 0 || b >= workspace.batch()) {
            throw new IllegalArgumentException("inverse: row " + b + " of the batch, expected 0 to " + (workspace.batch() - 1));
        }
        return b;
    }

    private void product(boolean transposed, Block u, Block out, Rows rows) {
        workspace.engine().copy(u, out);
        inverse.apply(transposed, out, rows, squares);
        for (int p = 0; p < u.rows(); p++) {
            if (!(squares[rows.index(p)] < Double.POSITIVE_INFINITY)) {
                out.copyRow(u, p, p);
            }
        }
    }

    @Override
    public ReplicatedOperator replicas() {
        return rowBytes < 0 ? null : new Replicas(false);
    }

    @Override
    public LinearOperator transposed() {
        return rowBytes < 0 ? LinearOperator.super.transposed() : new Transposed();
    }

    /** Hᵀ, with H as its transpose. */
    private final class Transposed implements LinearOperator {
        @Override
        public void apply(Block u, Block out, Rows rows) {
            multiply(true, u, out, rows);
        }

        @Override
        public void applyTransposed(Block u, Block out, Rows rows) {
            multiply(false, u, out, rows);
        }

        @Override
        public LinearOperator transposed() {
            return InverseOperator.this;
        }

        @Override
        public ReplicatedOperator replicas() {
            return new Replicas(true);
        }
    }

    /** Replicas of H, or of Hᵀ, which only know which row is in which slot. */
    private final class Replicas implements ReplicatedOperator {
        private final PerWorker<SlotInverse> made;

        Replicas(boolean transposed) {
            made = new PerWorker<>(slots -> new SlotInverse(slots, transposed));
        }

        @Override
        public Replica replica(int worker, int slots) {
            return made.get(worker, slots);
        }

        @Override
        public long weightBytes() {
            return 0;
        }

        @Override
        public long rowBytes() {
            return rowBytes;
        }
    }

    /** H or Hᵀ on slots. */
    private final class SlotInverse implements ReplicatedOperator.Replica {
        private final int[] rowOf;
        private final boolean transposed;
        private final Rows rows = new Rows(workspace.batch());

        SlotInverse(int slots, boolean transposed) {
            rowOf = new int[slots];
            this.transposed = transposed;
        }

        @Override
        public void load(int slot, int row) {
            rowOf[slot] = requireRow(row);
        }

        @Override
        public void apply(Block u, Block out, Rows slots) {
            product(transposed, u, out, slots);
        }

        @Override
        public void applyTransposed(Block u, Block out, Rows slots) {
            product(!transposed, u, out, slots);
        }

        private void product(boolean transposed, Block u, Block out, Rows slots) {
            u.requireShape("inverse", "u", workspace.type(), slots.count(), workspace.n());
            out.requireShape("inverse", "out", workspace.type(), slots.count(), workspace.n());
            rows.reset(slots.count());
            for (int p = 0; p < slots.count(); p++) {
                rows.place(p, rowOf[slots.index(p)]);
            }
            InverseOperator.this.product(transposed, u, out, rows);
        }
    }
}
