package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;

/** The check that a solve fits the memory of a rule. */
final class Planned {
    private Planned() {}

    /** Returns the number of a row; throws unless the rule is planned for that many rows. */
    static int row(String operation, int b, int batch) {
        if (b < 0 || b >= batch) {
            throw new IllegalArgumentException(operation + ": row " + b + " of the batch, expected 0 to " + (batch - 1)
                    + ", for which the rule is planned");
        }
        return b;
    }

    /** Throws unless the iterates have the type and width of {@code shape}, and the batch of the solve is no larger. */
    static void require(String operation, Shaped shape, Block z, Rows rows) {
        int count = Arguments.present(operation, "rows", rows).count();
        Arguments.present(operation, "z", z).requireShape(operation, "z", shape.type(), count, shape.n());
        if (rows.capacity() > shape.batch()) {
            throw new IllegalArgumentException(operation + ": the solve has a batch of " + Plural.of(rows.capacity(), "row")
                    + ", expected at most " + shape.batch() + ", for which the rule is planned");
        }
    }
}
