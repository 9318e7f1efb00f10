package dev.zstar.kernels;

/** The Euclidean norm of rows whose sum of squares overflows or underflows. */
final class SafeNorm {
    /** Squares below lose digits to underflow. */
    private static final double SMALL = 0x1p-960;

    private SafeNorm() {}

    /** {@code √squares} if that is in range, else the norm of row {@code p} from scaled elements. */
    static double of(double squares, Block x, int p) {
        // A sum of squares of f32 elements is 0 only if all elements are 0, as for a start at 0.
        if (squares >= SMALL && squares < Double.POSITIVE_INFINITY || squares == 0 && x.type() == Type.F32) {
            return Math.sqrt(squares);
        }
        double largest = 0;
        for (int i = 0; i < x.cols(); i++) {
            largest = Math.max(largest, Math.abs(x.get(p, i)));
        }
        if (largest == 0 || !(largest < Double.POSITIVE_INFINITY)) {
            return largest;
        }
        double sum = 0;
        for (int i = 0; i < x.cols(); i++) {
            double ratio = x.get(p, i) / largest;
            sum += ratio * ratio;
        }
        return largest * Math.sqrt(sum);
    }
}
