package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import dev.zstar.solvers.parameters.Parameter;

/** Checks of the blocks of a call, before anything is written. */
final class CellChecks {
    private final Cell cell;
    private final int batch;
    /** The elements of a state; a shape of several parts adds them up anew each time. */
    private final int n;
    /** Formed once, since a check allocates nothing. */
    private final String[] names;

    CellChecks(Cell cell, int batch) {
        this.cell = cell;
        this.batch = batch;
        n = cell.n();
        names = cell.descriptions().stream().map(p -> "the gradient of " + p.name()).toArray(String[]::new);
    }

    /** Throws unless a block has a state for each of the rows; returns how many there are. */
    int require(String operation, String name, Block block, Rows rows) {
        int count = Arguments.present(operation, "rows", rows).count();
        if (count > batch) {
            throw new IllegalArgumentException(operation + ": " + Plural.of(count, "row") + ", expected at most the batch's " + batch);
        }
        Arguments.present(operation, name, block).requireShape(operation, name, cell.type(), count, n);
        return count;
    }

    /** The same for two blocks that share no memory. */
    int require(String operation, String name, Block block, Block out, Rows rows) {
        int count = require(operation, name, block, rows);
        Arguments.present(operation, "out", out).requireShape(operation, "out", cell.type(), count, n);
        Arguments.disjoint(operation, name, block, "out", out);
        return count;
    }

    /** Throws unless the sums have the shapes of the parameters and share no memory. */
    void require(String operation, String name, Block v, Block z, Block x, Rows rows, Block[] sums, Block sumX) {
        Arguments.present(operation, "x", x).requireShape(operation, "x", cell.type(), rows.count(), cell.inputs());
        if (sumX != null) {
            sumX.requireShape(operation, "the gradient of x", cell.type(), sumX.rows(), cell.inputs());
            for (int p = 0; p < rows.count(); p++) {
                Arguments.row(operation, rows.index(p), sumX.rows());
            }
            requireApart(operation, "the gradient of x", sumX, name, v, z, x);
        }
        for (int i = 0; i < sums.length; i++) {
            if (sums[i] != null) {
                Parameter p = cell.descriptions().get(i);
                sums[i].requireShape(operation, names[i], cell.type(), p.rows(), p.cols());
                requireApart(operation, names[i], sums[i], name, v, z, x);
                Arguments.disjoint(operation, names[i], sums[i], "the gradient of x", sumX);
                for (int j = 0; j < i; j++) {
                    Arguments.disjoint(operation, names[j], sums[j], names[i], sums[i]);
                }
            }
        }
    }

    /** Throws unless the gradients of points are null or fit the second gradients. */
    void requirePoints(Block dz, Block c, Block u, Block z, Block x, Rows rows) {
        if (dz != null) {
            dz.requireShape("secondGradients", "the gradient of z", cell.type(), Math.max(rows.count(), dz.rows()), n);
            requireApart("secondGradients", "the gradient of z", dz, "c", c, z, x);
            Arguments.disjoint("secondGradients", "the gradient of z", dz, "u", u);
        }
    }

    /** Throws if a sum shares memory with what is read. */
    static void requireApart(String operation, String name, Block sum, String vName, Block v, Block z, Block x) {
        Arguments.disjoint(operation, name, sum, vName, v);
        Arguments.disjoint(operation, name, sum, "z", z);
        Arguments.disjoint(operation, name, sum, "x", x);
    }
}
