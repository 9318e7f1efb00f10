package dev.zstar.benchmarks.problems;

import java.util.List;

/**
 * The test functions of La Cruz, Martínez and Raydan (2006), Spectral residual method without gradient information for solving large-scale
 * nonlinear systems of equations, Math. Comp. 75, from the same starts, with some tens of unknowns. Most are older, and their first source
 * is given. The formulas are in the report that belongs to the paper.
 *
 * <p>Six are in other classes: Chandrasekhar's H-equation with c = 0.9, Broyden's tridiagonal function, the trigonometric exponential,
 * Brown's almost linear function, the discrete boundary value problem and Troesch's. Three are left out: the two of variable band, whose
 * random columns are not printed, and the second linear function of full rank, which is much like the first.
 */
final class LaCruz {
    static final String SOURCE = "La Cruz, Martínez and Raydan 2006";

    private LaCruz() {}

    /** Those for comparing methods without derivatives: the root is regular, is not 0, and is reached from the start. */
    static List<Root> comparable() {
        return List.of(Groups.rosenbrock(60), GlobalSums.trigonometric(60), Bands.bordered(60), GlobalSums.geometric(10),
                Groups.decaying(60), GlobalSums.linear(60), Groups.valley(60), Bands.five(60), Bands.seven(60), Groups.freudensteinRoth(60),
                Exponentials.tridiagonal(60), Bands.reactors(60));
    }

    /** The same for functions whose root is 0. */
    static List<Root> comparableZeros() {
        return List.of(Exponentials.logarithmic(60), Exponentials.convex(60), GlobalSums.blocks(60));
    }

    static List<Root> all() {
        return List.of(Exponentials.first(60), Exponentials.second(60), Exponentials.third(60), Groups.mixedDiagonal(60),
                Groups.rosenbrock(60), Groups.augmentedPowell(60), GlobalSums.trigonometric(60), GlobalSums.singular(60),
                Exponentials.logarithmic(60), Bands.bordered(60), Exponentials.convex(60), Exponentials.scaledConvex(60),
                Groups.growing(60), GlobalSums.zeroJacobian(200), GlobalSums.geometric(10), Groups.decaying(60), GlobalSums.linear(60),
                GlobalSums.penalty(60), GlobalSums.variablyDimensioned(60), GlobalSums.squares(60), Groups.valley(60),
                Exponentials.complementarity(60), GlobalSums.handbook(60), Bands.three(60), Bands.five(60), Bands.seven(60),
                Groups.freudensteinRoth(60), Groups.craggLevy(60), Groups.wood(60), Exponentials.tridiagonal(60), Bands.brent(60),
                GlobalSums.blocks(60), Bands.reactors(60), Bands.squared(60), Groups.powell(60));
    }
}
