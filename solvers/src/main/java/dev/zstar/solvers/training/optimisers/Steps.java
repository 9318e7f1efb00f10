package dev.zstar.solvers.training.optimisers;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;

/** Checks of the arguments of a step. */
final class Steps {
    private Steps() {}

    /**
     * Throws unless a step can change all parameters: one that fails halfway would leave some changed, and others not.
     *
     * @param state what the optimiser keeps
     */
    static void require(Parameters like, Parameters values, Parameters gradients, double rate, List<Parameters> state) {
        like.requireSame("step", "the values", values);
        like.requireSame("step", "the gradients", gradients);
        if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("step: the rate is " + rate + ", expected a finite number of at least 0");
        }
        for (int i = 0; i < values.blocks().size(); i++) {
            Block p = values.blocks().get(i);
            Block g = gradients.blocks().get(i);
            p.requireOpen("step", "a block of the values");
            g.requireOpen("step", "a block of the gradients");
            Arguments.disjoint("step", "a block of the values", p, "a block of the gradients", g);
            for (int k = 0; k < state.size(); k++) {
                Block kept = state.get(k).blocks().get(i);
                kept.requireOpen("step", "a block of the state");
                Arguments.disjoint("step", "a block of the values", p, "a block of the state", kept);
                Arguments.disjoint("step", "a block of the gradients", g, "a block of the state", kept);
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
