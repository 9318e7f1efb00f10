package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.diagnosis.Eigenvalue;
import dev.zstar.solvers.diagnosis.Spectrum;

/**
 * Points at which an equilibrium has no derivative. The implicit function theorem needs {@code I - J} to be invertible, that is, no
 * eigenvalue 1 of J. With one, equilibria are not isolated, or two of them meet, as at a fold.
 *
 * <p>A backward solve cannot always tell. {@code (I - Jᵀ) v = g} has no solution for most g, and then the solve fails and the layer skips
 * the row. But if g is in the range of {@code I - Jᵀ}, there are many solutions, and the solve returns one of them.
 */
public final class SingularPoint {
    private SingularPoint() {}

    /**
     * The distance of the spectrum of J from 1, for each row: that of the nearest eigenvalue that Arnoldi's method finds with
     * {@code min(n, 500)} products. For n up to 500 these are all eigenvalues.
     *
     * @param f is linearised at z
     * @param z equilibria
     */
    public static double[] distance(Engine engine, DifferentiableMap f, Block z) {
        Spectrum spectrum = Spectrum.at(engine, f, z, Math.min(z.cols(), 500));
        double[] distance = new double[z.rows()];
        for (int b = 0; b < distance.length; b++) {
            distance[b] = spectrum.eigenvalues(b).stream().mapToDouble(SingularPoint::fromOne).min().orElse(Double.NaN);
        }
        return distance;
    }

    private static double fromOne(Eigenvalue value) {
        return Math.hypot(value.re() - 1, value.im());
    }

    /**
     * Throws if an equilibrium has no derivative, to the precision of the type.
     *
     * @throws IllegalStateException if J has an eigenvalue within √u of 1 in any row, with the unit roundoff u of the type
     */
    public static void refuse(Engine engine, DifferentiableMap f, Block z) {
        double[] distance = distance(engine, f, z);
        for (int b = 0; b < distance.length; b++) {
            if (!(distance[b] > Math.sqrt(z.type().unitRoundoff()))) {
                throw new IllegalStateException("derivative: row " + b + " has an eigenvalue of J at a distance of " + distance[b]
                        + " from 1, so I - J is singular and z* is no smooth function of the parameters, expected no eigenvalue 1");
            }
        }
    }
}
