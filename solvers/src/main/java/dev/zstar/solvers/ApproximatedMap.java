package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.guard.Arguments;

/**
 * A map together with a cheap approximation of it, for {@code MixedPrecision}: for example the same cell with W in bf16. Every other solver
 * sees only {@code exact}, with its derivatives.
 *
 * @param exact the map f whose fixed point is wanted
 * @param cheap a map close to f. The closer it is, the fewer evaluations of f a solve takes
 */
public record ApproximatedMap(FixedPointMap exact, FixedPointMap cheap) implements FixedPointMap {
    /** Checks that neither is null. */
    public ApproximatedMap {
        Arguments.present("approximated map", "the exact map", exact);
        Arguments.present("approximated map", "the cheap map", cheap);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        exact.apply(z, out, rows);
    }

    @Override
    public DifferentiableMap derivatives() {
        return exact.derivatives();
    }

    @Override
    public ReplicatedMap replicas() {
        return exact.replicas();
    }

    @Override
    public FixedPointMap approximation() {
        return cheap;
    }
}
