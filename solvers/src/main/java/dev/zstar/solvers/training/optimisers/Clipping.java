package dev.zstar.solvers.training.optimisers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Lengths;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;

/**
 * Clips gradients by their global norm (Pascanu, Mikolov, Bengio 2013): {@code g ← g min(1, c / ‖g‖)}, where ‖g‖ is the norm of all
 * gradients together. It is computed in f64, at any scale of the elements.
 *
 * <pre>{@code
 * double norm = clipping.apply(gradients);
 * if (Double.isFinite(norm)) {
 *     optimiser.step(parameters, gradients, rate);
 * }
 * }</pre>
 */
public final class Clipping {
    private final Engine engine;
    private final Parameters like;
    private final double limit;
    /** The norm of each row of a block, and of each block. */
    private final double[] rows;
    private final double[] blocks;

    /**
     * Clips to a norm.
     *
     * @param like parameters with the descriptions of the gradients; their values are not read
     * @param limit c, above 0; infinite to measure only
     */
    public Clipping(Engine engine, Parameters like, double limit) {
        this.engine = Arguments.present("clipping", "the engine", engine);
        this.like = Arguments.present("clipping", "the parameters", like);
        if (!(limit > 0)) {
            throw new IllegalArgumentException("clipping: the limit is " + limit + ", expected above 0");
        }
        this.limit = limit;
        rows = new double[like.descriptions().stream().mapToInt(Parameter::rows).max().orElse(0)];
        blocks = new double[like.descriptions().size()];
    }

    /**
     * Clips the gradients in place.
     *
     * @return ‖g‖ before clipping. If it is NaN or infinite, nothing was changed: an element is NaN or infinite, or the norm is out of the
     *     range of f64. Then leave out the step
     */
    public double apply(Parameters gradients) {
        double norm = norm(gradients);
        if (norm > limit && norm < Double.POSITIVE_INFINITY) {
            for (int i = 0; i < blocks.length; i++) {
                engine.scale(limit / norm, gradients.blocks().get(i));
            }
        }
        return norm;
    }

    /** ‖g‖. Changes nothing. */
    public double norm(Parameters gradients) {
        like.requireSame("clipping", "the gradients", gradients);
        for (int i = 0; i < blocks.length; i++) {
            Block g = gradients.blocks().get(i);
            engine.norm(g, rows);
            blocks[i] = Lengths.of(rows, 0, g.rows());
        }
        return Lengths.of(blocks, 0, blocks.length);
    }
}
