package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.Arrays;
import java.util.List;

/** Checks of the calls of a map, before anything is written. */
final class CellChecks {
    private final Cell cell;
    private final int batch;
    private final Parameters values;
    /** The elements of a state; a shape of several parts would add them up in each call. */
    private final int n;
    /** Formed once, since a check allocates nothing. */
    private final String[] names;
    private final Block[] sums;
    /** The gradients whose blocks are known to share no memory: the blocks of an object of parameters stay where they are. */
    private Parameters apart;
    private boolean closed;

    CellChecks(Cell cell, int batch, Parameters values) {
        this.cell = cell;
        this.batch = batch;
        this.values = values;
        n = cell.n();
        names = cell.descriptions().stream().map(p -> "the gradient of " + p.name()).toArray(String[]::new);
        sums = new Block[names.length];
    }

    /** Throws if the values of this many rows have too many rows for a block. */
    static void requireBatch(Cell cell, int batch) {
        if ((long) batch * cell.mostRows() >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("plan: the batch is " + batch + ", expected at most " + (Integer.MAX_VALUE - 1)
                    / cell.mostRows() + " for values of " + Plural.of(cell.mostRows(), "row"));
        }
    }

    void close() {
        closed = true;
    }

    /** Throws once the map is closed. */
    void requireOpen(String operation) {
        if (closed) {
            throw new IllegalStateException(operation + ": this map was used after it was closed");
        }
    }

    /** Throws unless a block has a state for each of the rows; returns how many there are. */
    int require(String operation, String name, Block block, Rows rows) {
        requireOpen(operation);
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

    /** Where the gradient of each parameter is added. Throws if two of these blocks share memory, or one and the parameters. */
    @SuppressWarnings("ReferenceEquality") // The very same object has been checked before.
    Block[] sums(String operation, CellGradients sum) {
        Parameters given = Arguments.present(operation, "the record of gradients", sum).parameters();
        Arrays.fill(sums, null);
        if (given != null) {
            values.requireSame(operation, "the gradients of the parameters", given);
            for (int i = 0; i < sums.length; i++) {
                sums[i] = given.blocks().get(i);
            }
            if (given != apart) {
                requireApart(operation, sums);
                apart = given;
            }
        }
        return sums;
    }

    /** Throws if two of these blocks share memory, or one and the parameters. */
    void requireApart(String operation, Block... sums) {
        List<Block> parameters = values.blocks();
        for (int i = 0; i < sums.length; i++) {
            for (int j = 0; j < i; j++) {
                Arguments.disjoint(operation, names[j], sums[j], names[i], sums[i]);
            }
            for (int j = 0; sums[i] != null && j < sums.length; j++) {
                Arguments.disjoint(operation, names[i], sums[i], "the parameter of the map", parameters.get(j));
            }
        }
    }

    /** Throws unless what is read has its shape, and the sums have theirs and share no memory with it. */
    void require(String operation, String name, Block v, Block z, Block x, Rows rows, Block[] sums, Block sumX) {
        require(operation, name, v, rows);
        require(operation, "z", z, rows);
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
            }
        }
    }

    /** The same for a second gradient: u and the gradients of points are read and written in addition. */
    void require(String operation, Block c, Block u, Block z, Block x, Rows rows, Block[] sums, Block sumX, Block dz) {
        require(operation, "u", u, rows);
        require(operation, "c", c, z, x, rows, sums, sumX);
        if (dz != null) {
            dz.requireShape(operation, "the gradient of z", cell.type(), Math.max(rows.count(), dz.rows()), n);
            requireApart(operation, "the gradient of z", dz, "c", c, z, x);
            Arguments.disjoint(operation, "the gradient of z", dz, "u", u);
            Arguments.disjoint(operation, "the gradient of z", dz, "the gradient of x", sumX);
        }
        Arguments.disjoint(operation, "the gradient of x", sumX, "u", u);
        for (int i = 0; i < sums.length; i++) {
            Arguments.disjoint(operation, names[i], sums[i], "u", u);
            Arguments.disjoint(operation, names[i], sums[i], "the gradient of z", dz);
        }
    }

    /** Throws if a sum shares memory with what is read. */
    private static void requireApart(String operation, String name, Block sum, String vName, Block v, Block z, Block x) {
        Arguments.disjoint(operation, name, sum, vName, v);
        Arguments.disjoint(operation, name, sum, "z", z);
        Arguments.disjoint(operation, name, sum, "x", x);
    }
}
