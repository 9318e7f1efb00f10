package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;

/** A network of a fixed number of steps that replaces the equilibrium in training, and backpropagation through it. */
sealed interface UnrolledNetwork permits PlainNetwork, ReversibleNetwork {
    /** Overwrites the start z with the state after the last step. */
    Outcome forward(EquilibriumMap<?> map, Block z);

    /**
     * Backpropagates g through all steps. Rows whose numbers leave the range of the type are dropped on the way.
     *
     * @param g {@code used.count() × n}, packed
     * @param z the states after the last step, packed
     * @param x the input of the rows used, packed
     * @param sum where gradients are added; null if only v is wanted
     * @return v, packed: the sum of the cotangents of all values of f. If all states were z*, the gradients would be {@code vᵀ ∂f/∂θ}
     */
    <G> Block backward(EquilibriumMap<G> map, Block g, Block z, Block x, Rows used, G sum, GradientOutcome outcome);

    /** Plans the network of a mode in the layer's memory, which also closes it. Returns null for modes that do not unroll. */
    static UnrolledNetwork plan(GradientMode mode, Engine engine, LayerSpace space, Cotangents cotangents) {
        return switch (mode) {
            case GradientMode.Unrolled m -> new PlainNetwork(engine, space, m.steps(), 1, cotangents);
            case GradientMode.Checkpointed m -> new PlainNetwork(engine, space, m.steps(), spacing(m), cotangents);
            case GradientMode.Reversible m -> new ReversibleNetwork(engine, space, m, cotangents);
            default -> null;
        };
    }

    private static int spacing(GradientMode.Checkpointed mode) {
        return (int) Math.ceil(Math.sqrt(mode.steps()));
    }

    /** How many of the shared blocks the backward pass of a mode takes, in addition to the cotangents; 0 for modes that do not unroll. */
    static int segment(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Unrolled _ -> 1;
            case GradientMode.Checkpointed m -> spacing(m);
            case GradientMode.Reversible _ -> 3;
            default -> 0;
        };
    }

    /** How many blocks the forward pass of a mode keeps for the backward pass. */
    static int kept(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Unrolled m -> m.steps();
            case GradientMode.Checkpointed m -> (m.steps() - 1) / spacing(m) + 1;
            case GradientMode.Reversible _ -> 1;
            default -> 0;
        };
    }
}
