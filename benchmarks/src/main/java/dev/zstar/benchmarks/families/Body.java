package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.parameters.Parameters;

/**
 * The network below the head of a {@link Classifier}, with its memory. Rows are counted from 0. Not thread-safe.
 *
 * <p>A row without an equilibrium fails alone: it adds nothing to gradients, and {@link #succeeded} says so.
 */
public interface Body extends AutoCloseable {
    /**
     * The forward pass of training.
     *
     * @param x the inputs, {@code rows × inputs}; must not change before {@link #backward}
     * @param features written, {@code rows × features}
     * @return the number of evaluations of the cell or of a layer, each for all active rows
     */
    int forward(Block x, Block features);

    /** The forward pass of inference: {@link #backward} may not follow it. */
    default int infer(Block x, Block features) {
        return forward(x, features);
    }

    /** Whether the last pass found the features of this row. */
    boolean succeeded(int row);

    /**
     * The backward pass: adds the gradients of the parameters.
     *
     * @param gradient the gradient with respect to the features, {@code rows × features}
     * @param sum has the parameters of the family
     * @return the number of products with a transposed Jacobian, and of evaluations that the pass repeats
     */
    int backward(Block gradient, Parameters sum);

    /** Reads the parameters again, after a step of an optimiser. */
    void update();

    /**
     * Reads the parameters again, after they were copied from those of another body of this family, perhaps of another type. What a body
     * keeps from update to update is copied, too.
     */
    default void update(Body copied) {
        update();
    }

    /**
     * The effective depth of the last forward pass: the layers of a network, the evaluations of a differential equation, or how many plain
     * steps {@code z ← f(z)} from 0 reach the largest relative residual of the solve in every row. NaN if 1000 plain steps do not.
     *
     * @param features what the pass wrote, {@code rows × features}
     */
    double depth(Block features);

    /** Bytes that this body holds, without the parameters. */
    long bytes();

    /** Bytes that a forward pass alone needs, as in inference: {@link #bytes} without what only a backward pass uses. */
    long forwardBytes();

    @Override
    void close();
}
