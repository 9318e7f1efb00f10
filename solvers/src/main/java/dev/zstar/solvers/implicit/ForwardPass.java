package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Checksum;

/** Remembers a forward pass for its backward pass. Refuses that if the map, x or z has changed in between. */
final class ForwardPass {
    private final EquilibriumMap<?> map;
    private final Type type;
    private final int n;
    private final int batch;
    /** Null without a forward pass. */
    private Block x;
    private Block z;
    private boolean switched;
    /** The map's version when z was found, and checksums of x and z. */
    private long version;
    private long inputs;
    private long states;

    ForwardPass(EquilibriumMap<?> map, Type type, int n, int batch) {
        this.map = map;
        this.type = type;
        this.n = n;
        this.batch = batch;
    }

    /** Throws unless x and z fit together. Forgets the last pass. */
    void begin(String operation, Block x, Block z) {
        this.x = null;
        this.z = null;
        switched = false;
        Arguments.present(operation, "x", x);
        Arguments.present(operation, "z", z).requireShape(operation, "z", type, z.rows(), n);
        if (x.rows() != z.rows()) {
            throw new IllegalArgumentException(operation + ": the number of rows of x is " + x.rows() + ", expected " + z.rows()
                    + ", that of z");
        }
        if (z.rows() > batch) {
            throw new IllegalArgumentException(operation + ": the number of rows of x and z is " + z.rows() + ", expected at most " + batch
                    + ", the batch of the layer");
        }
        Arguments.disjoint(operation, "x", x, "z", z);
    }

    /** The gradient mode has changed. Forgets the last pass. */
    void switched() {
        switched |= z != null;
        x = null;
        z = null;
    }

    /** z is the equilibrium of x. */
    void end(Block x, Block z) {
        version = map.version();
        if (Checksum.ON) {
            inputs = Checksum.of(x);
            states = Checksum.of(z);
        }
        this.x = x;
        this.z = z;
    }

    /** Throws unless there was a pass, the gradient has the shape of its states, and neither the map nor the blocks have changed since. */
    void require(String operation, Block gradient) {
        if (switched) {
            throw new IllegalStateException(
                    operation + ": the gradient mode has changed since forward(x, z), expected forward(x, z) again after step(number)");
        }
        if (z == null) {
            throw new IllegalStateException(
                    operation + ": there was no forward pass, expected forward(x, z) first, with no infer(x, z) in between");
        }
        Arguments.present(operation, "the gradient", gradient).requireShape(operation, "the gradient", type, z.rows(), n);
        Arguments.sameOrDisjoint(operation, "the gradient", gradient, "z", z);
        Arguments.sameOrDisjoint(operation, "the gradient", gradient, "x", x);
        if (map.version() != version) {
            throw new IllegalStateException(operation + ": the map has other parameters or another input than in forward(x, z), "
                    + "expected neither update nor inject in between");
        }
        if (Checksum.ON) {
            requireUnchanged(operation, "x", x, inputs);
            requireUnchanged(operation, "z", z, states);
        }
    }

    private static void requireUnchanged(String operation, String name, Block block, long before) {
        if (Checksum.of(block) != before) {
            throw new IllegalStateException(operation + ": " + name
                    + " has changed since forward(x, z), expected no change until the last backward pass");
        }
    }

    Block x() {
        return x;
    }

    Block z() {
        return z;
    }
}
