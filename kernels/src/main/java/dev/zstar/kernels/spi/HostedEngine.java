package dev.zstar.kernels.spi;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;

/**
 * An engine that computes its own products and delegates all other operations to another engine, its host, on the same memory. Closing it
 * closes the host.
 */
public interface HostedEngine extends Engine {
    /** The host; always the same object. */
    Engine host();

    @Override
    default long cachePerThread() {
        return host().cachePerThread();
    }

    @Override
    default Block allocate(Type type, int rows, int cols) {
        return host().allocate(type, rows, cols);
    }

    @Override
    default void finish(Block z, Block out, Epilogue epilogue) {
        host().finish(z, out, epilogue);
    }

    @Override
    default void axpby(double a, Block x, double b, Block y) {
        host().axpby(a, x, b, y);
    }

    @Override
    default void axpby(double[] a, Block x, double[] b, Block y) {
        host().axpby(a, x, b, y);
    }

    @Override
    default void axpy(double a, Block x, Block y) {
        host().axpy(a, x, y);
    }

    @Override
    default void scale(double a, Block x) {
        host().scale(a, x);
    }

    @Override
    default void copy(Block x, Block y) {
        host().copy(x, y);
    }

    @Override
    default void multiply(Block x, Block y, Block out) {
        host().multiply(x, y, out);
    }

    @Override
    default void multiplyAdd(Block x, Block y, Block out) {
        host().multiplyAdd(x, y, out);
    }

    @Override
    default void multiplyColumns(Block x, Block gain, Block out) {
        host().multiplyColumns(x, gain, out);
    }

    @Override
    default void multiplyColumnsGradient(Block x, Block dy, Block dGain) {
        host().multiplyColumnsGradient(x, dy, dGain);
    }

    @Override
    default void activate(Activation activation, Block x, Block out) {
        host().activate(activation, x, out);
    }

    @Override
    default void derivative(Activation activation, Block x, Block out) {
        host().derivative(activation, x, out);
    }

    @Override
    default void secondDerivative(Activation activation, Block x, Block out) {
        host().secondDerivative(activation, x, out);
    }

    @Override
    default void dot(Block x, Block y, double[] out) {
        host().dot(x, y, out);
    }

    @Override
    default void norm(Block x, double[] out) {
        host().norm(x, out);
    }

    @Override
    default void asum(Block x, double[] out) {
        host().asum(x, out);
    }

    @Override
    default void iamax(Block x, int[] out) {
        host().iamax(x, out);
    }

    @Override
    default void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        host().multiDot(v, count, w, rows, h);
    }

    @Override
    default void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        host().multiAxpy(v, count, c, w, rows, squares);
    }

    @Override
    default void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        host().mix(v, count, c, z, rows);
    }

    @Override
    default void mixAround(Basis v, int[] slots, double[] c, Block z, Rows rows) {
        host().mixAround(v, slots, c, z, rows);
    }

    @Override
    default void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        host().store(w, s, v, slot, rows);
    }

    @Override
    default void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        host().project(v, count, w, rows, h, squares);
    }

    @Override
    default void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        host().normalise(w, s, v, slot, rows);
    }

    @Override
    default void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        host().residualSweep(z, g, residuals, values, slots, counts, rows, gram);
    }

    @Override
    default void adam(Block p, Block g, Block m, Block v, AdamStep step) {
        host().adam(p, g, m, v, step);
    }

    @Override
    default Layers layers() {
        return host().layers();
    }

    @Override
    default SmallMatrices small() {
        return host().small();
    }

    @Override
    default Images images() {
        return host().images();
    }

    @Override
    default void close() {
        host().close();
    }
}
