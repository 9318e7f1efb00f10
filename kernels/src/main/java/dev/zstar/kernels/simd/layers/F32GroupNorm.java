package dev.zstar.kernels.simd.layers;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.scalar.NormFormulas;
import dev.zstar.kernels.simd.lanes.Lanes;
import dev.zstar.kernels.simd.vectors.F32Rows;

/**
 * Normalisation of the groups of one row, given by addresses. A row is {@code positions × channels}. A long group that is contiguous is
 * one run of {@link F32Norm}. Otherwise passes go along channels, with {@link F32Channels}. The choice depends only on the shape.
 * Methods with a boolean result return false, and leave the outputs to {@link NormFormulas}, if a row's scale is too extreme for squares
 * or for this type.
 */
final class F32GroupNorm {
    private static final long B = F32.byteSize();
    /** The number of elements from which a run is worth its sum across a vector and its tail. */
    private static final int RUN = 32;
    /** The reciprocal of the largest 1/σ that is ordinary. */
    private static final double LOW = 0x1p-40; // twin: private static final double LOW = 0x1p-300;

    /** Numbers for each channel. One array for each call scope. */
    private static final CallLocal<F32GroupNorm> OWN = new CallLocal<>(F32GroupNorm::new);

    private double[] sums = new double[0];
    private double[] slopes = new double[0];
    private double[] mean = new double[0];
    private double[] r = new double[0];
    private float[] high = new float[0];
    private float[] low = new float[0];
    private float[] scale = new float[0];
    private float[] shift = new float[0];

    private F32GroupNorm() {}

    private static F32GroupNorm of(int channels) {
        F32GroupNorm own = OWN.get();
        if (own.sums.length < channels) {
            own.sums = new double[channels];
            own.slopes = new double[channels];
            own.mean = new double[channels];
            own.r = new double[channels];
            own.high = new float[channels];
            own.low = new float[channels];
            own.scale = new float[channels];
            own.shift = new float[channels];
        }
        return own;
    }

    /** Whether a row with this 1/σ has an ordinary scale, so that squares and factors stay in range. False for NaN. */
    private static boolean ordinary(double r) {
        return r > LOW && r < 1 / LOW;
    }

    /** Whether this type holds a factor of elements. */
    private static boolean held(double factor) {
        return Double.isFinite(factor) && Type.F32.holds(factor);
    }

    private static boolean isRun(int positions, int channels, int groups) {
        return positions == 1 && (groups == 1 || channels / groups >= RUN);
    }

    /** Mean and 1/σ of group g go to {@code stats[at + 2g]} and {@code stats[at + 2g + 1]}. A bias of 0 means no bias. */
    static boolean forward(
            long x, int positions, int channels, int groups, long gain, long bias, double eps, long out, double[] stats, int at) {
        if (isRun(positions, channels, groups)) {
            int n = channels / groups;
            for (int g = 0; g < groups; g++) {
                long first = (long) g * n * B;
                double mean = F32Norm.sum(x + first, n) / n;
                double r = 1 / Math.sqrt(F32Norm.squares(x + first, mean, n) / n + eps);
                stats[at + 2 * g] = mean;
                stats[at + 2 * g + 1] = r;
                if (!ordinary(r)) {
                    return false;
                }
                F32Norm.apply(x + first, mean, r, gain + first, bias == 0 ? 0 : bias + first, out + first, n);
            }
            return true;
        }
        F32GroupNorm own = of(channels);
        own.statistics(x, positions, channels, groups, eps, stats, at);
        own.spread(channels, groups, stats, at);
        boolean ordinary = true;
        for (int c = 0; c < channels; c++) {
            double scale = own.r[c] * ALL.get(F32, gain + c * B);
            ordinary &= ordinary(own.r[c]) && held(scale);
            own.scale[c] = (float) scale;
            own.shift[c] = bias == 0 ? 0 : ALL.get(F32, bias + c * B);
        }
        if (!ordinary) {
            return false;
        }
        for (int p = 0; p < positions; p++) {
            long first = (long) p * channels * B;
            F32Channels.scale(x + first, own.high, own.low, own.scale, own.shift, out + first, channels);
        }
        return true;
    }

    private void statistics(long x, int positions, int channels, int groups, double eps, double[] stats, int at) {
        int width = channels / groups;
        double size = (double) width * positions;
        java.util.Arrays.fill(sums, 0, channels, 0);
        for (int p = 0; p < positions; p++) {
            F32Channels.addTo(sums, x + (long) p * channels * B, channels);
        }
        for (int g = 0; g < groups; g++) {
            stats[at + 2 * g] = sum(sums, g * width, width) / size;
            java.util.Arrays.fill(mean, g * width, (g + 1) * width, stats[at + 2 * g]);
        }
        java.util.Arrays.fill(sums, 0, channels, 0);
        for (int p = 0; p < positions; p++) {
            F32Channels.addSquaresTo(sums, x + (long) p * channels * B, mean, channels);
        }
        for (int g = 0; g < groups; g++) {
            stats[at + 2 * g + 1] = 1 / Math.sqrt(sum(sums, g * width, width) / size + eps);
        }
    }

    private static double sum(double[] x, int from, int n) {
        double sum = 0;
        for (int i = from; i < from + n; i++) {
            sum += x[i];
        }
        return sum;
    }

    /** Expands a number for each group to a number for each channel. */
    private void spread(int channels, int groups, double[] stats, int at) {
        int width = channels / groups;
        for (int g = 0; g < groups; g++) {
            java.util.Arrays.fill(mean, g * width, (g + 1) * width, stats[at + 2 * g]);
            java.util.Arrays.fill(r, g * width, (g + 1) * width, stats[at + 2 * g + 1]);
        }
        for (int c = 0; c < channels; c++) {
            high[c] = (float) mean[c];
            low[c] = (float) (mean[c] - high[c]);
        }
    }

    /** {@code dx = r (d - mean d - x̂ mean(d ⊙ x̂))} with {@code d = gain ⊙ dy}, {@code x̂ = (x - μ) r}. */
    static boolean vjp(
            long x, int positions, int channels, int groups, long gain, double[] stats, int at, long dy, long dx) {
        if (isRun(positions, channels, groups)) {
            int n = channels / groups;
            for (int g = 0; g < groups; g++) {
                long first = (long) g * n * B;
                double mean = stats[at + 2 * g];
                double r = stats[at + 2 * g + 1];
                double slope = F32Norm.slope(x + first, mean, gain + first, dy + first, n) / n;
                double shift = F32Rows.dot(gain + first, dy + first, n, Lanes.room()) / n;
                if (!ordinary(r) || !held(-r * r * r * slope) || !held(-r * shift)) {
                    return false;
                }
                F32Norm.vjp(x + first, mean, r, -r * r * r * slope, -r * shift, gain + first, dy + first, dx + first, n);
            }
            return true;
        }
        F32GroupNorm own = of(channels);
        own.spread(channels, groups, stats, at);
        if (!own.slopes(x, positions, channels, groups, gain, dy)) {
            return false;
        }
        for (int p = 0; p < positions; p++) {
            long first = (long) p * channels * B;
            F32Channels.scale(x + first, own.high, own.low, own.scale, own.shift, dx + first, channels);
        }
        for (int c = 0; c < channels; c++) {
            own.scale[c] = (float) (own.r[c] * ALL.get(F32, gain + c * B));
        }
        for (int p = 0; p < positions; p++) {
            long first = (long) p * channels * B;
            F32Channels.addScaled(dy + first, own.scale, dx + first, channels);
        }
        return true;
    }

    /** The factor of {@code x - μ} in {@code dx}, and what is added to it, for each channel, to {@code scale} and {@code shift}. */
    private boolean slopes(long x, int positions, int channels, int groups, long gain, long dy) {
        int width = channels / groups;
        double size = (double) width * positions;
        java.util.Arrays.fill(slopes, 0, channels, 0);
        java.util.Arrays.fill(sums, 0, channels, 0);
        for (int p = 0; p < positions; p++) {
            long first = (long) p * channels * B;
            F32Channels.addGradientsTo(slopes, sums, x + first, mean, r, dy + first, channels);
        }
        boolean ordinary = true;
        for (int g = 0; g < groups; g++) {
            double slope = 0;
            double sum = 0;
            for (int c = g * width; c < (g + 1) * width; c++) {
                double gc = ALL.get(F32, gain + c * B);
                slope = Math.fma(gc, slopes[c], slope);
                sum = Math.fma(gc, sums[c], sum);
                ordinary &= ordinary(r[c]) && held(r[c] * gc);
            }
            double factor = -r[g * width] * r[g * width] * (slope / size);
            double term = -r[g * width] * (sum / size);
            ordinary &= held(factor) && held(term);
            java.util.Arrays.fill(scale, g * width, (g + 1) * width, (float) factor);
            java.util.Arrays.fill(shift, g * width, (g + 1) * width, (float) term);
        }
        return ordinary;
    }

    /**
     * {@code dGain += Σ dy ⊙ x̂} and {@code dBias += Σ dy} for some channels, over all rows and positions in order. An address of 0
     * means that a gradient is not wanted.
     *
     * @param x address of the first row; {@code dy} likewise, with rows {@code stride} bytes apart
     * @param numbers the number of stats for each row: 2 · groups, or 1 if there is no mean
     */
    static void gradients(
            long x, long dy, long stride, int rows, int positions, int channels, int groups, double[] stats, int numbers, long dGain,
            long dBias, int from, int to) {
        int n = to - from;
        F32GroupNorm own = of(n);
        java.util.Arrays.fill(own.slopes, 0, n, 0);
        java.util.Arrays.fill(own.sums, 0, n, 0);
        int width = channels / groups;
        for (int row = 0; row < rows; row++) {
            boolean ordinary = true;
            for (int c = 0; c < n; ) {
                int g = (from + c) / width;
                int end = Math.min(n, (g + 1) * width - from);
                java.util.Arrays.fill(own.mean, c, end, numbers == 1 ? 0 : stats[row * numbers + 2 * g]);
                double r = numbers == 1 ? stats[row] : stats[row * numbers + 2 * g + 1];
                java.util.Arrays.fill(own.r, c, end, r);
                ordinary &= ordinary(r);
                c = end;
            }
            for (int p = 0; p < positions; p++) {
                long first = row * stride + ((long) p * channels + from) * B;
                if (ordinary) {
                    F32Channels.addGradientsTo(own.slopes, own.sums, x + first, own.mean, own.r, dy + first, n);
                } else {
                    own.addGradients(x + first, dy + first, n);
                }
            }
        }
        for (int c = 0; c < n; c++) {
            addTo(dGain, from + c, own.slopes[c]);
            addTo(dBias, from + c, own.sums[c]);
        }
    }

    /** The same as {@link F32Channels#addGradientsTo}, for rows of extreme scale. */
    private void addGradients(long x, long dy, int n) {
        for (int c = 0; c < n; c++) {
            double d = ALL.get(F32, dy + c * B);
            slopes[c] = Math.fma(NormFormulas.normalised(ALL.get(F32, x + c * B), mean[c], r[c]), d, slopes[c]);
            sums[c] += d;
        }
    }

    private static void addTo(long to, int c, double sum) {
        if (to != 0) {
            ALL.set(F32, to + c * B, (float) (ALL.get(F32, to + c * B) + sum));
        }
    }

    /** {@code out = gain ⊙ x / ρ}; 1/ρ goes to {@code stats[at]}. */
    static boolean rms(long x, long gain, double eps, long out, int n, double[] stats, int at) {
        double r = 1 / Math.sqrt(F32Norm.squares(x, 0, n) / n + eps);
        stats[at] = r;
        if (!ordinary(r)) {
            return false;
        }
        F32Norm.apply(x, 0, r, gain, 0, out, n);
        return true;
    }

    /** {@code dx = r (d - x̂ mean(d ⊙ x̂))} with {@code d = gain ⊙ dy}, {@code x̂ = x r}. */
    static boolean rmsVjp(long x, double r, long gain, long dy, long dx, int n) {
        double factor = -r * r * r * (F32Norm.slope(x, 0, gain, dy, n) / n);
        if (!ordinary(r) || !held(factor)) {
            return false;
        }
        F32Norm.vjp(x, 0, r, factor, 0, gain, dy, dx, n);
        return true;
    }
}
