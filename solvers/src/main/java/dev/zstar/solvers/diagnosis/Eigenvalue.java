package dev.zstar.solvers.diagnosis;

import java.util.Locale;

/**
 * An estimate of an eigenvalue λ of a Jacobian.
 *
 * @param re its real part
 * @param im its imaginary part, at least 0; of a complex pair only this eigenvalue is listed
 * @param residual the residual {@code ‖J q - λ q‖} of its Ritz vector q of length 1. The distance, in the 2-norm, from J to the nearest
 *     matrix that has exactly this eigenvalue is at most this. It is 0 if the whole spectrum was computed
 */
public record Eigenvalue(double re, double im, double residual) {
    /** Below this share of the modulus, an imaginary part comes from rounding: there are two real eigenvalues. */
    private static final double REAL = 1e-3;

    /** {@code |λ|}. */
    public double modulus() {
        return Math.hypot(re, im);
    }

    /** Whether it is one of a complex pair. If so, errors rotate as they grow or shrink. */
    public boolean turns() {
        return im > REAL * modulus();
    }

    /** {@code |1 - β (1 - λ)|}: the factor by which a step {@code z + β (f(z) - z)} multiplies an error in its direction. */
    public double factor(double β) {
        return Math.hypot(1 - β * (1 - re), β * im);
    }

    /**
     * The β below which {@link #factor} is less than 1, {@code 2 (1 - Re λ) / |1 - λ|²}. It is 0 if {@code Re λ ≥ 1}: then there is no
     * such β.
     */
    public double largestDamping() {
        return re >= 1 ? 0 : 2 * (1 - re) / ((1 - re) * (1 - re) + im * im);
    }

    @Override
    public String toString() {
        String value = turns() ? String.format(Locale.ROOT, "%.3g ± %.3gi", re, im) : String.format(Locale.ROOT, "%.3g", re);
        return residual > 0.03 * Math.max(modulus(), 0.1) ? value + String.format(Locale.ROOT, " (to within %.1g)", residual) : value;
    }
}
