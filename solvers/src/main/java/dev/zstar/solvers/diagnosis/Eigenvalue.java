package dev.zstar.solvers.diagnosis;

import java.util.Locale;

/**
 * An estimate of an eigenvalue λ of a Jacobian.
 *
 * @param re its real part
 * @param im its imaginary part, not negative: the other of a complex pair has the opposite one
 * @param residual {@code ‖J q - λ q‖} for the vector q of length 1 that belongs to it: a matrix so near to J has exactly this eigenvalue. 0 where the
 *     whole spectrum is known
 */
public record Eigenvalue(double re, double im, double residual) {
    /** Imaginary parts below this share of the modulus are what rounding makes of two real eigenvalues. */
    private static final double REAL = 1e-3;

    /** {@code |λ|}. */
    public double modulus() {
        return Math.hypot(re, im);
    }

    /** Whether it is one of a complex pair: errors turn, and do not just grow, shrink or change sign. */
    public boolean turns() {
        return im > REAL * modulus();
    }

    /** {@code |1 - β (1 - λ)|}: by what a step {@code z + β (f(z) - z)} multiplies an error in its direction. */
    public double factor(double β) {
        return Math.hypot(1 - β * (1 - re), β * im);
    }

    /** The β below which {@link #factor} is less than 1, {@code 2 (1 - Re λ) / |1 - λ|²}; 0 if it never is, as where {@code Re λ ≥ 1}. */
    public double largestDamping() {
        return re >= 1 ? 0 : 2 * (1 - re) / ((1 - re) * (1 - re) + im * im);
    }

    @Override
    public String toString() {
        String value = turns() ? String.format(Locale.ROOT, "%.3g ± %.3gi", re, im) : String.format(Locale.ROOT, "%.3g", re);
        return residual > 0.03 * Math.max(modulus(), 0.1) ? value + String.format(Locale.ROOT, " (to within %.1g)", residual) : value;
    }
}
