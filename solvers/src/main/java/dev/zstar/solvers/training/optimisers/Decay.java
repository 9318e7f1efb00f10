package dev.zstar.solvers.training.optimisers;

import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameter;
import java.util.List;
import java.util.function.Predicate;

/**
 * Decoupled weight decay (Loshchilov, Hutter 2019): each step multiplies parameters by {@code 1 - η λ}, separately from the gradient.
 *
 * @param factor λ, at least 0
 * @param which the parameters that decay
 */
public record Decay(double factor, Predicate<Parameter> which) {
    /** No parameter decays. */
    public static final Decay NONE = new Decay(0, p -> false);

    /** Checks λ. */
    public Decay {
        if (!(factor >= 0 && factor < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("decay: the factor λ is " + factor + ", expected a finite number of at least 0");
        }
        Arguments.present("decay", "the rule which parameters decay", which);
    }

    /** Matrices and filters decay. Biases, gains and lengths do not: those are parameters with fewer than two dimensions above 1. */
    public static Decay of(double factor) {
        return new Decay(factor, p -> p.dimensions().stream().filter(length -> length > 1).count() >= 2);
    }

    /** λ of each parameter; 0 if it does not decay. */
    double[] factors(List<Parameter> descriptions) {
        return descriptions.stream().mapToDouble(p -> which.test(p) ? factor : 0).toArray();
    }
}
