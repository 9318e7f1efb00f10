package dev.zstar.solvers.training.optimisers;

import dev.zstar.solvers.parameters.Parameters;

/** Checks of the arguments of a step. */
final class Steps {
    private Steps() {}

    static void require(Parameters like, Parameters values, Parameters gradients, double rate) {
        like.requireSame("step", "the values", values);
        like.requireSame("step", "the gradients", gradients);
        if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("step: the rate is " + rate + ", expected a finite number of at least 0");
        }
        for (int i = 0; i < values.blocks().size(); i++) {
            // A step that fails halfway would leave some parameters changed and others not.
            values.blocks().get(i).requireOpen("step", "a block of the values");
            gradients.blocks().get(i).requireOpen("step", "a block of the gradients");
            if (values.blocks().get(i) == gradients.blocks().get(i)) {
                throw new IllegalArgumentException("step: the values and the gradients share the block of " + values.descriptions().get(i)
                        + ", expected different blocks");
            }
        }
    }

    static long requireCount(String operation, long count) {
        if (count < 0) {
            throw new IllegalArgumentException(operation + ": the number of steps is " + count + ", expected at least 0");
        }
        return count;
    }
}
