package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.util.function.LongSupplier;

/** A forward pass of a layer, remembered for its backward pass. Refuses that if the function, x or z has changed in between. */
public final class RememberedPass {
    private final String function;
    private final LongSupplier currentVersion;
    private final Type type;
    private final int n;
    private final int batch;
    /** Null without a forward pass. */
    private Block x;
    private Block z;
    /** The function's version when z was found, and checksums of x and z. */
    private long version;
    private long inputs;
    private long states;

    /**
     * No pass yet.
     *
     * @param function what messages call it
     * @param version of the function: changes with its parameters and its input
     * @param n elements of a row of z
     * @param batch the most rows
     */
    public RememberedPass(String function, LongSupplier version, Type type, int n, int batch) {
        this.function = function;
        currentVersion = version;
        this.type = type;
        this.n = n;
        this.batch = batch;
    }

    /** Throws unless x and z fit together. Forgets the last pass. */
    public void begin(String operation, Block x, Block z) {
        forget();
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

    /** Forgets the last pass. */
    public void forget() {
        x = null;
        z = null;
    }

    /** z is the result for x. */
    public void end(Block x, Block z) {
        version = currentVersion.getAsLong();
        if (Checksum.ON) {
            inputs = Checksum.of(x);
            states = Checksum.of(z);
        }
        this.x = x;
        this.z = z;
    }

    /** Throws unless there was a pass, and the gradient has the shape of its states. */
    public void require(String operation, Block gradient) {
        if (z == null) {
            throw new IllegalStateException(
                    operation + ": there was no forward pass, expected forward(x, z) first, with no infer(x, z) in between");
        }
        Arguments.present(operation, "the gradient", gradient).requireShape(operation, "the gradient", type, z.rows(), n);
        Arguments.sameOrDisjoint(operation, "the gradient", gradient, "z", z);
        Arguments.sameOrDisjoint(operation, "the gradient", gradient, "x", x);
    }

    /** Throws if the function or the blocks have changed since the pass. */
    public void requireUnchanged(String operation) {
        if (currentVersion.getAsLong() != version) {
            throw new IllegalStateException(operation + ": the " + function + " has other parameters or another input than in "
                    + "forward(x, z), expected neither update nor inject in between");
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

    /** The input; null without a pass. */
    public Block x() {
        return x;
    }

    /** The result; null without a pass. */
    public Block z() {
        return z;
    }
}
