package dev.zstar.benchmarks.problems;

/** Euclidean norms of vectors at any scale. */
public final class Norm {
    private Norm() {}

    /** ‖x‖; NaN if an element is NaN. */
    public static double of(double... x) {
        double largest = 0;
        for (double e : x) {
            if (Double.isNaN(e)) {
                return Double.NaN;
            }
            largest = Math.max(largest, Math.abs(e));
        }
        if (largest == 0 || Double.isInfinite(largest)) {
            return largest;
        }
        // Scaling by a power of two is exact.
        int exponent = Math.getExponent(largest);
        double square = 0;
        for (double e : x) {
            double scaled = Math.scalb(e, -exponent);
            square += scaled * scaled;
        }
        return Math.scalb(Math.sqrt(square), exponent);
    }

    /** ‖x - y‖. */
    public static double ofDifference(double[] x, double[] y) {
        double[] difference = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            difference[i] = x[i] - y[i];
        }
        return of(difference);
    }
}
