package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.guard.Arguments;

/**
 * Computes the output of a model from a state: its logits, one for each class or token. Rules about outputs call it once for all active
 * rows.
 *
 * <p>{@code LinearHead} in {@code dev.zstar.solvers.training.heads} is the head of one product that training uses. For a product in a
 * narrower format, pack its matrix: {@code Head.of(solver, outputs, (z, out, rows) -> engine.apply(weights, z, out, epilogue))}.
 */
public interface Head extends Shaped {
    /** The number of logits of a row. */
    int outputs();

    /**
     * Computes the logits of the active rows, each from its own state alone. No rule ends a row that has NaN among its logits.
     *
     * @param z {@code rows.count() × n}; must not be changed
     * @param out {@code rows.count() × outputs}; every element must be written
     * @param rows the rows of the batch in {@code z}, by position
     */
    void apply(Block z, Block out, Rows rows);

    /** A head from a function, for states like those of a solver or map. */
    static Head of(Shaped shape, int outputs, Logits f) {
        Arguments.present("head", "the solver or map", shape);
        Arguments.present("head", "the function", f);
        Arguments.atLeast("head", "the number of outputs", outputs, 1);
        return new FunctionHead(shape.engine(), shape.type(), shape.batch(), shape.n(), outputs, f);
    }

    /** The function of a head. */
    @FunctionalInterface
    interface Logits {
        /** {@link Head#apply}. */
        void apply(Block z, Block out, Rows rows);
    }
}
