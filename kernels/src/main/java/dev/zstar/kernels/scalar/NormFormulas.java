package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Layers;

/**
 * The normalisations of {@link Layers} for one row, in f64 and at every scale: squares that over- or underflow are computed again from
 * scaled elements. Vector code leaves rows to these formulas if plain squares, or its own type, do not suffice.
 *
 * <p>{@code stats} are those of {@link Layers}: for each row 1/ρ if {@code numbers = 1}, else μ and 1/σ of each group.
 */
public final class NormFormulas {
    /** Mean squares of at least this have lost nothing to underflow. */
    private static final double SMALL = 0x1p-960;

    /** Below this factor a difference of two elements may overflow. */
    private static final double HUGE_SPREAD = 0x1p-900;

    private NormFormulas() {}

    /** Mean and 1/σ of each group of row p, or 1/ρ. */
    public static void statistics(Block x, int p, int groups, int channels, double eps, double[] stats, int numbers) {
        for (int g = 0; g < groups; g++) {
            double mean = numbers == 1 ? 0 : mean(x, p, g, groups, channels);
            if (numbers > 1) {
                stats[p * numbers + 2 * g] = mean;
            }
            stats[p * numbers + 2 * g + numbers / (2 * groups)] = reciprocal(x, p, g, groups, channels, mean, eps);
        }
    }

    private static double mean(Block x, int p, int g, int groups, int channels) {
        double size = (double) x.cols() / groups;
        double sum = sum(x, p, g, groups, channels, 1);
        return Double.isInfinite(sum) ? sum(x, p, g, groups, channels, 0x1p-40) / size * 0x1p40 : sum / size;
    }

    private static double sum(Block x, int p, int g, int groups, int channels, double scale) {
        int width = channels / groups;
        double sum = 0;
        for (int position = 0; position < x.cols(); position += channels) {
            for (int c = g * width; c < (g + 1) * width; c++) {
                sum += x.get(p, position + c) * scale;
            }
        }
        return sum;
    }

    /** {@code 1 / √(mean (x - μ)² + eps)}, at most the largest f64. */
    private static double reciprocal(Block x, int p, int g, int groups, int channels, double mean, double eps) {
        double size = (double) x.cols() / groups;
        double square = squares(x, p, g, groups, channels, mean, 1, 1) / size + eps;
        if (square >= SMALL && square < Double.POSITIVE_INFINITY) {
            return 1 / Math.sqrt(square);
        }
        // Halves only if a difference overflows: half a subnormal number may not be exact.
        double part = 1;
        double largest = largest(x, p, g, groups, channels, mean, part);
        if (largest == Double.POSITIVE_INFINITY) {
            part = 0.5;
            largest = largest(x, p, g, groups, channels, mean, part);
        }
        if (!(largest < Double.POSITIVE_INFINITY)) {
            return 1 / largest;
        }
        double root = Math.sqrt(eps) * part;
        double scale = Math.scalb(1.0, -Math.clamp(Math.getExponent(Math.max(largest, root)), -1000, 1000));
        double scaled = squares(x, p, g, groups, channels, mean, part, scale) / size + root * scale * (root * scale);
        return Math.min(part * scale / Math.sqrt(scaled), Double.MAX_VALUE);
    }

    /** {@code Σ (part (x - μ) scale)²}. */
    private static double squares(Block x, int p, int g, int groups, int channels, double mean, double part, double scale) {
        int width = channels / groups;
        double sum = 0;
        for (int position = 0; position < x.cols(); position += channels) {
            for (int c = g * width; c < (g + 1) * width; c++) {
                double d = (x.get(p, position + c) * part - mean * part) * scale;
                sum += d * d;
            }
        }
        return sum;
    }

    /** {@code max |part (x - μ)|}; NaN if an element is NaN. */
    private static double largest(Block x, int p, int g, int groups, int channels, double mean, double part) {
        int width = channels / groups;
        double largest = 0;
        for (int position = 0; position < x.cols(); position += channels) {
            for (int c = g * width; c < (g + 1) * width; c++) {
                largest = Math.max(largest, Math.abs(x.get(p, position + c) * part - mean * part));
            }
        }
        return largest;
    }

    /** {@code (x - μ) r}. */
    public static double normalised(double x, double mean, double r) {
        return r < HUGE_SPREAD ? (x * 0.5 - mean * 0.5) * r * 2 : (x - mean) * r;
    }

    private static double normalised(Block x, int p, int i, int groups, int channels, double[] stats, int numbers) {
        if (numbers == 1) {
            return normalised(x.get(p, i), 0, stats[p]);
        }
        int at = p * numbers + 2 * (i % channels / (channels / groups));
        return normalised(x.get(p, i), stats[at], stats[at + 1]);
    }

    /** An element of a row of factors, of which null has ones. */
    private static double factor(Block gain, int c) {
        return gain == null ? 1 : gain.get(0, c);
    }

    /** {@code out = gain ⊙ x̂ + bias} of row p. */
    public static void apply(
            Block x, int p, int groups, int channels, Block gain, Block bias, Block out, double[] stats, int numbers) {
        for (int i = 0; i < x.cols(); i++) {
            double shift = bias == null ? 0 : bias.get(0, i % channels);
            out.set(p, i, normalised(x, p, i, groups, channels, stats, numbers) * factor(gain, i % channels) + shift);
        }
    }

    /** {@code dx = r (d - mean d - x̂ mean(d ⊙ x̂))} of row p, with {@code d = gain ⊙ dy}; without a mean there is no second term. */
    public static void vjp(Block x, int p, int groups, int channels, Block gain, double[] stats, int numbers, Block dy, Block dx) {
        int width = channels / groups;
        double size = (double) x.cols() / groups;
        for (int g = 0; g < groups; g++) {
            double mean = 0;
            double slope = 0;
            for (int position = 0; position < x.cols(); position += channels) {
                for (int c = g * width; c < (g + 1) * width; c++) {
                    double d = factor(gain, c) * dy.get(p, position + c);
                    mean += numbers == 1 ? 0 : d / size;
                    slope += d * normalised(x, p, position + c, groups, channels, stats, numbers) / size;
                }
            }
            double r = numbers == 1 ? stats[p] : stats[p * numbers + 2 * g + 1];
            for (int position = 0; position < x.cols(); position += channels) {
                for (int c = g * width; c < (g + 1) * width; c++) {
                    double d = factor(gain, c) * dy.get(p, position + c);
                    dx.set(p, position + c, r * (d - mean - slope * normalised(x, p, position + c, groups, channels, stats, numbers)));
                }
            }
        }
    }

    /** {@code Σ dy ⊙ x̂} over all rows and positions of channel c. */
    static double gainGradient(Block x, int groups, int channels, int c, double[] stats, int numbers, Block dy) {
        double sum = 0;
        for (int p = 0; p < x.rows(); p++) {
            for (int i = c; i < x.cols(); i += channels) {
                sum += dy.get(p, i) * normalised(x, p, i, groups, channels, stats, numbers);
            }
        }
        return sum;
    }
}
