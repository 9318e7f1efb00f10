package dev.zstar.kernels;

/** How {@link Weights} are stored. Whatever the format, products accumulate in the type of the state. */
public enum Format {
    /** Stored in the type of the matrix; nothing is rounded. */
    FULL,
    /**
     * The upper half of an f32 (bfloat16): 8 bits of significand, rounded to nearest even. Finite values stay finite. The error is at most
     * 2⁻⁸ |w|, or at most 2⁻¹³⁴ if |w| is below 2⁻¹²⁶. For f32 only.
     */
    BF16,
    /**
     * Integers from -127 to 127 times a scale for each row of the matrix. The scale is {@code max |w| / 127} in f32, rounded up if it is
     * below 2⁻¹²⁶, so that no row becomes zero. The error of an element is at most half the scale. For f32 only. A row with an element
     * that is NaN or infinite becomes NaN. A product is summed before it is scaled, and the sum {@code Σ integer · state} must be in the
     * range of f32. It always is if the states are at most 10³⁶ / inputs.
     */
    INT8;

    /** Rounds to bf16. NaN stays NaN. A finite value above the largest finite bf16, 3.39e38, becomes that number. */
    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        int rounded = bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
        boolean overflows = (rounded & 0x7fff) == 0x7f80 && Float.isFinite(value);
        return (short) (overflows ? rounded - 1 : rounded);
    }

    /** The f32 with this upper half. */
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The scale of row {@code i} in {@link #INT8}: NaN if an element is not finite. */
    public static float scale(Block w, int i) {
        Operands.present("scale", "w", w);
        double largest = 0;
        for (int k = 0; k < w.cols(); k++) {
            largest = Math.max(largest, Math.abs(w.get(i, k)));
        }
        if (!Double.isFinite(largest)) {
            return Float.NaN;
        }
        float scale = (float) (largest / 127);
        if (scale < Float.MIN_NORMAL) {
            return 127.0 * scale < largest ? Math.nextUp(scale) : scale;
        }
        return Float.isInfinite(127 * scale) ? Math.nextDown(scale) : scale;
    }

    /** The integer nearest to {@code value / scale}; 0 if the scale is 0 or NaN. */
    public static byte toInt8(float value, float scale) {
        return (byte) (scale > 0 ? Math.clamp(Math.rint((double) value / scale), -127, 127) : 0);
    }

    /** The value of element {@code (i, k)} of {@code w} after rounding, in the type of {@code w}. */
    public double rounded(Block w, int i, int k, float scale) {
        return switch (this) {
            case FULL -> w.get(i, k);
            case BF16 -> fromBf16(toBf16((float) w.get(i, k)));
            case INT8 -> toInt8((float) w.get(i, k), scale) * scale;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
