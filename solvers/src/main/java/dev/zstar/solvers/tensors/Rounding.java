package dev.zstar.solvers.tensors;

/**
 * Rounding from f64 to 16-bit numbers, once. Rounding first to f32 and then to 16 bits can be wrong by one unit: 1 + 2⁻¹¹ + 2⁻⁴⁰ would
 * become 1 in f16 instead of 1 + 2⁻¹⁰.
 */
final class Rounding {
    private Rounding() {}

    /**
     * The f32 towards zero, with its last bit set if it is not exact (rounding to odd). A second rounding, to at least two bits fewer,
     * then gives the number nearest to {@code value} (Boldo and Melquiond 2008, theorem 3).
     */
    static float toOdd(double value) {
        float rounded = (float) value;
        if (rounded == value || Double.isNaN(value)) {
            return rounded;
        }
        int bits = Float.floatToRawIntBits(rounded);
        if (Math.abs((double) rounded) > Math.abs(value)) {
            bits--;
        }
        return Float.intBitsToFloat(bits | 1);
    }

    /** The nearest bfloat16, ties to even; infinite beyond the largest one. NaN stays NaN. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
