package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Checksum;
import dev.zstar.solvers.guard.OwnedMemory;

/** Remembers a forward pass for its backward pass. Refuses that if the function, x or z has changed in between. */
final class OdePass {
    private final DifferentiableOde<?> f;
    private final OwnedMemory memory;
    private final Engine engine;
    private final Type type;
    private final int n;
    private final int batch;
    private final Block start;
    private final double[] t0;
    private final double[] t1;
    /** x of active rows; null until it is needed. */
    private Block packed;
    /** Null without a forward pass. */
    private Block x;
    private Block z;
    private long version;
    private long inputs;
    private long states;

    OdePass(DifferentiableOde<?> f, OwnedMemory memory, Engine engine, Type type, int batch, int n) {
        this.f = f;
        this.memory = memory;
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.batch = batch;
        start = memory.block(type, batch, n);
        t0 = new double[batch];
        t1 = new double[batch];
    }

    /** Throws unless x and z fit together. Forgets the last pass. */
    void begin(String operation, Block x, Block z, double[] t0, double[] t1) {
        this.x = null;
        this.z = null;
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
        requireTimes(operation, "t0", t0, z.rows());
        requireTimes(operation, "t1", t1, z.rows());
        System.arraycopy(t0, 0, this.t0, 0, z.rows());
        System.arraycopy(t1, 0, this.t1, 0, z.rows());
        engine.copy(z, start.head(z.rows()));
    }

    private static void requireTimes(String operation, String name, double[] t, int rows) {
        if (Arguments.present(operation, name, t).length < rows) {
            throw new IllegalArgumentException(operation + ": the number of times in " + name + " is " + t.length
                    + ", expected at least " + rows + ", one for each row of z");
        }
    }

    /** z is the solution for x. */
    void end(Block x, Block z) {
        version = f.version();
        if (Checksum.ON) {
            inputs = Checksum.of(x);
            states = Checksum.of(z);
        }
        this.x = x;
        this.z = z;
    }

    /** Throws unless there was a pass, the gradient has the shape of its states, and neither f nor the blocks have changed since. */
    void require(String operation, Block gradient, Block startGradient) {
        if (z == null) {
            throw new IllegalStateException(
                    operation + ": there was no forward pass, expected forward(x, z) first, with no infer(x, z) in between");
        }
        Arguments.present(operation, "the gradient", gradient).requireShape(operation, "the gradient", type, z.rows(), n);
        Arguments.sameOrDisjoint(operation, "the gradient", gradient, "z", z);
        Arguments.sameOrDisjoint(operation, "the gradient", gradient, "x", x);
        if (startGradient != null) {
            startGradient.requireShape(operation, "the gradient of the start", type, z.rows(), n);
            Arguments.disjoint(operation, "the gradient of the start", startGradient, "z", z);
            Arguments.disjoint(operation, "the gradient of the start", startGradient, "x", x);
            Arguments.disjoint(operation, "the gradient of the start", startGradient, "the gradient", gradient);
        }
        if (f.version() != version) {
            throw new IllegalStateException(operation + ": the function has other parameters or another input than in forward(x, z), "
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

    /** The number of rows of the pass. */
    int rows() {
        return z.rows();
    }

    /** The state at t₁, by row of the batch. */
    Block z() {
        return z;
    }

    /** The state at t₀, by row of the batch. */
    Block start() {
        return start;
    }

    double[] t0() {
        return t0;
    }

    double[] t1() {
        return t1;
    }

    /** The inputs of these rows, by position. Valid until the next call. */
    Block x(Rows rows) {
        int count = rows.count();
        boolean all = count == x.rows();
        for (int p = 0; p < count && all; p++) {
            all = rows.index(p) == p;
        }
        if (all) {
            return x;
        }
        if (packed == null || packed.cols() != x.cols()) {
            if (packed != null) {
                memory.release(packed);
                packed = null;
            }
            packed = memory.block(type, batch, x.cols());
        }
        for (int p = 0; p < count; p++) {
            packed.copyRow(x, rows.index(p), p);
        }
        return packed.head(count);
    }
}
