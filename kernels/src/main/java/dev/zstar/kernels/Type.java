package dev.zstar.kernels;

/** The element type of a {@link Block} or of packed {@link Weights}. */
public enum Type {
    /** IEEE 754 binary32. */
    F32(4, 0x1p-24),
    /** IEEE 754 binary64. */
    F64(8, 0x1p-53);

    private final int bytes;
    private final double unitRoundoff;

    Type(int bytes, double unitRoundoff) {
        this.bytes = bytes;
        this.unitRoundoff = unitRoundoff;
    }

    /** The number of bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Half the distance from 1 to the next number: the {@code u} of error bounds. */
    public double unitRoundoff() {
        return unitRoundoff;
    }

    /**
     * Whether a number of this type is within a relative error of {@link #unitRoundoff} of {@code value}, or is the same zero, infinity
     * or NaN. Any other coefficient (for f32: beyond 3.4e38 or below 1.2e-38 in magnitude) must stay in f64 until its product is formed.
     */
    public boolean holds(double value) {
        double magnitude = Math.abs(value);
        return this == F64 || magnitude >= Float.MIN_NORMAL && magnitude <= Float.MAX_VALUE || magnitude == 0
                || !(magnitude < Double.POSITIVE_INFINITY);
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
