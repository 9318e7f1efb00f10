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

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Half the distance from 1 to the next number: the {@code u} of error bounds. */
    public double unitRoundoff() {
        return unitRoundoff;
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
