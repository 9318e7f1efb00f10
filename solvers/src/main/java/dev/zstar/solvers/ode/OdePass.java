package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.guard.RememberedPass;

/** The last forward pass of a layer, with its starts and times, and the inputs of active rows. */
final class OdePass {
    private final RememberedPass pass;
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

    OdePass(DifferentiableOde<?> f, OwnedMemory memory, Engine engine, Type type, int batch, int n) {
        pass = new RememberedPass("function", f::version, type, n, batch);
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
        pass.begin(operation, x, z);
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
        pass.end(x, z);
    }

    /** Throws unless there was a pass, the gradient has the shape of its states, and neither f nor the blocks have changed since. */
    void require(String operation, Block gradient, Block startGradient) {
        pass.require(operation, gradient);
        if (startGradient != null) {
            startGradient.requireShape(operation, "the gradient of the start", type, pass.z().rows(), n);
            Arguments.disjoint(operation, "the gradient of the start", startGradient, "z", pass.z());
            Arguments.disjoint(operation, "the gradient of the start", startGradient, "x", pass.x());
            Arguments.disjoint(operation, "the gradient of the start", startGradient, "the gradient", gradient);
        }
        pass.requireUnchanged(operation);
    }

    /** The number of rows of the pass. */
    int rows() {
        return pass.z().rows();
    }

    /** The state at t₁, by row of the batch. */
    Block z() {
        return pass.z();
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
        Block x = pass.x();
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
