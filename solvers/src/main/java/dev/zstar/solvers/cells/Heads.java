package dev.zstar.solvers.cells;

import dev.zstar.solvers.guard.Arguments;

/**
 * How attention is computed.
 *
 * @param count the number of heads, which must divide the width
 * @param isCausal whether a token sees only earlier tokens and itself
 * @param hasBias whether the projections have biases
 */
public record Heads(int count, boolean isCausal, boolean hasBias) {
    /** Checks that there is a head. */
    public Heads {
        Arguments.atLeast("attention", "the number of heads", count, 1);
    }

    /** Full attention, with biases as in {@code torch.nn.MultiheadAttention}. */
    public static Heads heads(int count) {
        return new Heads(count, false, true);
    }

    /** A token then sees only earlier tokens and itself. */
    public Heads causal() {
        return new Heads(count, true, hasBias);
    }

    /** The projections then have no biases. */
    public Heads noBias() {
        return new Heads(count, isCausal, false);
    }
}
