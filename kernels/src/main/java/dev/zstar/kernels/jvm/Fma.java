package dev.zstar.kernels.jvm;

/**
 * Fused multiply-adds, if the processor has the instruction. Otherwise {@link Math#fma} is computed with {@code BigDecimal} and takes a
 * hundred times as long as two plain operations, which are used instead. Results are therefore reproducible on one machine, but differ in
 * the last bits between a machine that has the instruction and one that does not.
 */
public final class Fma {
    /** Whether {@link Math#fma} is an instruction. */
    public static final boolean FAST = isFast();

    /** No {@code BigDecimal} is this fast, and no instruction this slow, not even interpreted. */
    private static final long NANOS = 200;

    private Fma() {}

    /** {@code x y + z}, rounded once; without the instruction, {@code x y} is exact and the sum is rounded to f64 first. */
    public static float of(float x, float y, float z) {
        return FAST ? Math.fma(x, y, z) : (float) ((double) x * y + z);
    }

    /** {@code x y + z}, rounded once; twice without the instruction. */
    public static double of(double x, double y, double z) {
        return FAST ? Math.fma(x, y, z) : x * y + z;
    }

    /** The rounding error of {@code product}, the f64 product of x and y; exact if all magnitudes are in {@code 10⁻¹⁴⁰ … 10¹⁴⁰}. */
    public static double error(double x, double y, double product) {
        return FAST ? Math.fma(x, y, -product) : split(x, y, product);
    }

    /** The same, computed from halves of 26 bits (Dekker 1971). */
    static double split(double x, double y, double product) {
        double xs = 0x8000001p0 * x;
        double xh = xs - (xs - x);
        double xl = x - xh;
        double ys = 0x8000001p0 * y;
        double yh = ys - (ys - y);
        double yl = y - yh;
        return xh * yh - product + xh * yl + xl * yh + xl * yl;
    }

    /**
     * A few calls that take next to no time can only be the instruction. If they are slow, the machine may have been busy, so the virtual
     * machine is asked. Only if it cannot be asked do the calls decide.
     */
    private static boolean isFast() {
        double sum = 0.5;
        for (int batch = 0; batch < 8; batch++) {
            long start = System.nanoTime();
            for (int i = 0; i < 16; i++) {
                sum = Math.fma(sum, 0.7, 0.3);
            }
            if (System.nanoTime() - start < 16 * NANOS && sum > 0) {
                return true;
            }
        }
        return VmOptions.value("UseFMA").map(Boolean::parseBoolean).orElse(false);
    }
}
