package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.List;

/** The problems on which forward solvers are compared: up to a few hundred unknowns; contractions, near contractions and others. */
public final class ProblemSet {
    /** Unknowns of a cell. */
    private static final int CELL = 64;

    private ProblemSet() {}

    /** All problems, newly made: the problems of two calls share nothing. */
    public static List<Problem> all() {
        List<Problem> all = new ArrayList<>(List.of(
                Systems.broydenTridiagonal(100),
                Systems.broydenBanded(100),
                BoundaryValues.discreteBoundaryValue(100),
                IntegralEquations.discreteIntegral(100),
                Systems.brownAlmostLinear(10),
                Systems.trigonometricExponential(100),
                IntegralEquations.chandrasekhar(100, 0.5),
                IntegralEquations.chandrasekhar(100, 0.9),
                IntegralEquations.chandrasekhar(100, 0.99),
                IntegralEquations.chandrasekhar(100, 0.9999),
                BoundaryValues.bratu(100, 1),
                BoundaryValues.bratu(100, 3.4),
                Plane.bratu(15, 3),
                Plane.bratu(15, 6.5),
                BoundaryValues.troesch(60, 2),
                BoundaryValues.diffusion(100, 10),
                MinimalSurface.problem(10),
                Plane.convection(15, 20),
                Plane.jacobi(15),
                Statistics.linkage(),
                Statistics.deaths(),
                Statistics.mixtureWeights(6, 2),
                Chains.power(20),
                Chains.pageRank(200, 0.85),
                Chains.pageRank(200, 0.99),
                Chains.sinkhorn(40, 0.05),
                Systems.kepler(64, 0.9)));
        for (double radius : new double[] {0.5, 0.7, 0.9, 0.95, 0.99, 1.05, 1.2}) {
            all.add(Cells.tanh(CELL, true, radius));
            all.add(Cells.tanh(CELL, false, radius));
        }
        for (double radius : new double[] {0.7, 0.9, 0.99, 1.05}) {
            all.add(Cells.relu(CELL, radius));
            all.add(Cells.normalised(CELL, radius));
        }
        LaCruz.comparable().forEach(root -> all.add(root.problem()));
        LaCruz.comparableZeros().forEach(root -> all.add(root.problem()));
        all.addAll(List.of(Zeros.crowd(CELL), Zeros.odd(CELL, 0.9), Zeros.off(CELL, 0.9)));
        return List.copyOf(all);
    }

    /** A cell of 16 units whose plain steps turn around the fixed point by 24° each, with ρ(J) = 0.9. It is not one of {@link #all}. */
    public static Problem turning() {
        return Cells.turning(8, 0.9, 24);
    }

    /** Fixed points that are 0, or at the ends of the range of a type. */
    public static List<Problem> zeros(Type type) {
        return Zeros.all(type);
    }

    /**
     * A ReLU cell of eight units in which each unit inhibits all, with {@code W = -|N(0, ¼)|} and {@code b = |N(0, 1)|}; the start is 0.
     */
    public static Problem inhibitory(long seed) {
        return Zeros.inhibitory(8, seed);
    }
}
