package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;

/** The arguments of a dense cell's gradients. */
final class CellArguments {
    private CellArguments() {}

    /** Before anything is added: a sum with a part of a gradient in it is of no use. */
    static void check(
            String operation, String name, Block v, Block z, Block x, Rows rows, DenseCell.Gradients sum, Type type, int n, int inputs) {
        int count = rows.count();
        v.requireShape(operation, name, type, count, n);
        z.requireShape(operation, "z", type, count, n);
        if (Arguments.present(operation, "the record of gradients", sum).u() != null) {
            Arguments.present(operation, "x", x).requireShape(operation, "x", type, count, inputs);
        }
        require(operation, "the gradient of W", sum.w(), type, n, n);
        require(operation, "the gradient of U", sum.u(), type, n, inputs);
        require(operation, "the gradient of b", sum.b(), type, 1, n);
        if (sum.x() != null) {
            require(operation, "the gradient of x", sum.x(), type, Math.max(count, sum.x().rows()), inputs);
            for (int p = 0; p < count; p++) {
                if (rows.index(p) >= sum.x().rows()) {
                    throw new IllegalArgumentException(operation + ": the gradient of x has " + sum.x().rows()
                            + " rows, expected one for row "
                            + rows.index(p) + " of the batch");
                }
            }
        }
        requireOwn(operation, "the gradient of W", sum.w(), name, v, z, x);
        requireOwn(operation, "the gradient of U", sum.u(), name, v, z, x);
        requireOwn(operation, "the gradient of b", sum.b(), name, v, z, x);
        requireOwn(operation, "the gradient of x", sum.x(), name, v, z, x);
        Arguments.disjoint(operation, "the gradient of W", sum.w(), "that of U", sum.u());
        Arguments.disjoint(operation, "the gradient of W", sum.w(), "that of b", sum.b());
        Arguments.disjoint(operation, "the gradient of W", sum.w(), "that of x", sum.x());
        Arguments.disjoint(operation, "the gradient of U", sum.u(), "that of b", sum.b());
        Arguments.disjoint(operation, "the gradient of U", sum.u(), "that of x", sum.x());
        Arguments.disjoint(operation, "the gradient of b", sum.b(), "that of x", sum.x());
    }

    private static void require(String operation, String name, Block sum, Type type, int rows, int cols) {
        if (sum != null) {
            sum.requireShape(operation, name, type, rows, cols);
        }
    }

    static void requireOwn(String operation, String name, Block sum, String other, Block v, Block z, Block x) {
        Arguments.disjoint(operation, name, sum, other, v);
        Arguments.disjoint(operation, name, sum, "z", z);
        Arguments.disjoint(operation, name, sum, "x", x);
    }
}
