package dev.zstar.benchmarks.problems;

import java.util.Arrays;

/**
 * {@code ρ(A) = lim ‖A^k‖^{1/k}} (Gelfand) by repeated squaring of A. A need not be symmetric. Where the largest eigenvalues are complex or
 * several, power iteration does not converge, and this does.
 */
final class SpectralRadius {
    /** k = 2⁴⁰: a norm and the radius differ by a factor of about n, and the 2⁴⁰-th root of n is 1 + O(10⁻¹²). */
    private static final int SQUARINGS = 40;

    private SpectralRadius() {}

    /** The spectral radius of the n × n matrix {@code a}, given row by row. */
    static double of(double[] a, int n) {
        double[] power = a.clone();
        double[] square = new double[n * n];
        double log = 0;
        double weight = 1;
        for (int k = 0; k <= SQUARINGS; k++) {
            double norm = 0;
            for (double x : power) {
                norm = Math.max(norm, Math.abs(x));
            }
            if (norm == 0) {
                return 0;
            }
            log += weight * StrictMath.log(norm);
            weight /= 2;
            for (int i = 0; i < power.length; i++) {
                power[i] /= norm;
            }
            multiply(power, n, square);
            double[] last = power;
            power = square;
            square = last;
        }
        return StrictMath.exp(log);
    }

    private static void multiply(double[] a, int n, double[] out) {
        Arrays.fill(out, 0);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                double aik = a[i * n + k];
                for (int j = 0; j < n; j++) {
                    out[i * n + j] += aik * a[k * n + j];
                }
            }
        }
    }
}
