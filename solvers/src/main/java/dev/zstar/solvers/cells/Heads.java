package dev.zstar.solvers.cells;

import dev.zstar.kernels.Rotary;
import dev.zstar.solvers.guard.Arguments;

/**
 * How attention is computed.
 *
 * @param count the number of heads, which must divide the width
 * @param isCausal whether a token sees only earlier tokens and itself
 * @param hasBias whether the projections have biases
 * @param rotation the rotary positions of queries and keys, or null
 */
public record Heads(int count, boolean isCausal, boolean hasBias, Rotation rotation) {
    /**
     * Rotary positions (Su et al. 2021): pair i of a head of d elements is turned by the angle {@code t · base^(-2i/d)} at token t.
     *
     * @param base mostly 10,000
     * @param pairing which elements make a pair; trained weights need the one that they were trained with
     */
    public record Rotation(double base, Rotary.Pairing pairing) {
        /** Checks the base. */
        public Rotation {
            if (!(base >= 1 && base < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("rotary positions: the base is " + base + ", expected a finite number of at least 1");
            }
            Arguments.present("rotary positions", "the pairing", pairing);
        }
    }

    /** Checks that there is a head. */
    public Heads {
        Arguments.atLeast("attention", "the number of heads", count, 1);
    }

    /** Full attention, with biases as in {@code torch.nn.MultiheadAttention}. */
    public static Heads heads(int count) {
        return new Heads(count, false, true, null);
    }

    /** A token then sees only earlier tokens and itself. */
    public Heads causal() {
        return new Heads(count, true, hasBias, rotation);
    }

    /** The projections then have no biases. */
    public Heads noBias() {
        return new Heads(count, isCausal, false, rotation);
    }

    /** Queries and keys then have rotary positions. The width of a head must be even. */
    public Heads rotary(double base, Rotary.Pairing pairing) {
        return new Heads(count, isCausal, hasBias, new Rotation(base, pairing));
    }
}
