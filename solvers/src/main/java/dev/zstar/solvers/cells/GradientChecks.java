package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameter;

/** Checks where gradients are added, before anything is written. */
final class GradientChecks {
    private final Cell cell;
    /** Formed once, since a check allocates nothing. */
    private final String[] names;

    GradientChecks(Cell cell) {
        this.cell = cell;
        names = cell.descriptions().stream().map(p -> "the gradient of " + p.name()).toArray(String[]::new);
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

    /** Throws if a sum shares memory with what is read. */
    static void requireApart(String operation, String name, Block sum, String vName, Block v, Block z, Block x) {
        Arguments.disjoint(operation, name, sum, vName, v);
        Arguments.disjoint(operation, name, sum, "z", z);
        Arguments.disjoint(operation, name, sum, "x", x);
    }
}
