package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.jvm.Fma;

/** Resampling in f32: along columns of pixels first, then along rows. */
final class F32ScalarResampling {
    private F32ScalarResampling() {}

    /** The position of output {@code o} of an enlarged line of {@code size} pixels, in pixels of the line. */
    private static double position(int o, int factor, int size) {
        return Math.clamp((o + 0.5) / factor - 0.5, 0, size - 1);
    }

    /** The share of pixel {@code i} of the line in output {@code o}. */
    private static float weight(int o, int i, int factor, int size) {
        double at = position(o, factor, size);
        float above = (float) (at - (int) at);
        return i == (int) at ? 1 - above : i == (int) at + 1 ? above : 0;
    }

    static void upsample(ImageShape in, int factor, Block z, Block out) {
        ImageShape to = in.times(factor);
        for (int p = 0; p < z.rows(); p++) {
            for (int y = 0; y < to.height(); y++) {
                for (int x = 0; x < to.width(); x++) {
                    int left = (int) position(x, factor, in.width());
                    int right = Math.min(left + 1, in.width() - 1);
                    float above = weight(x, left + 1, factor, in.width());
                    for (int c = 0; c < in.channels(); c++) {
                        float a = between(in, factor, z, p, y, left, c);
                        float b = between(in, factor, z, p, y, right, c);
                        out.set(p, to.index(y, x, c), Fma.of(above, b, (1 - above) * a));
                    }
                }
            }
        }
    }

    /** Row {@code y} of the enlarged image, at column {@code x} of the small one. */
    private static float between(ImageShape in, int factor, Block z, int p, int y, int x, int c) {
        int top = (int) position(y, factor, in.height());
        int bottom = Math.min(top + 1, in.height() - 1);
        float above = weight(y, top + 1, factor, in.height());
        float a = (float) z.get(p, in.index(top, x, c));
        return Fma.of(above, (float) z.get(p, in.index(bottom, x, c)), (1 - above) * a);
    }

    static void upsampleTransposed(ImageShape in, int factor, Block u, Block out) {
        ImageShape to = in.times(factor);
        for (int p = 0; p < u.rows(); p++) {
            for (int y = 0; y < in.height(); y++) {
                for (int x = 0; x < in.width(); x++) {
                    for (int c = 0; c < in.channels(); c++) {
                        float sum = 0;
                        for (int ox = 0; ox < to.width(); ox++) {
                            float wx = weight(ox, x, factor, in.width());
                            if (wx == 0) {
                                continue;
                            }
                            float column = 0;
                            for (int oy = 0; oy < to.height(); oy++) {
                                float wy = weight(oy, y, factor, in.height());
                                column = wy == 0 ? column : Fma.of(wy, (float) u.get(p, to.index(oy, ox, c)), column);
                            }
                            sum = Fma.of(wx, column, sum);
                        }
                        out.set(p, in.index(y, x, c), sum);
                    }
                }
            }
        }
    }

    static void downsample(ImageShape in, int factor, Block z, Block out) {
        ImageShape to = in.over(factor);
        for (int p = 0; p < z.rows(); p++) {
            for (int y = 0; y < to.height(); y++) {
                for (int x = 0; x < to.width(); x++) {
                    for (int c = 0; c < in.channels(); c++) {
                        float sum = 0;
                        for (int ix = x * factor; ix < (x + 1) * factor; ix++) {
                            float column = 0;
                            for (int iy = y * factor; iy < (y + 1) * factor; iy++) {
                                column += (float) z.get(p, in.index(iy, ix, c));
                            }
                            sum += column;
                        }
                        out.set(p, to.index(y, x, c), sum * (1f / (factor * factor)));
                    }
                }
            }
        }
    }

    static void downsampleTransposed(ImageShape in, int factor, Block u, Block out) {
        ImageShape to = in.over(factor);
        for (int p = 0; p < u.rows(); p++) {
            for (int y = 0; y < in.height(); y++) {
                for (int x = 0; x < in.width(); x++) {
                    for (int c = 0; c < in.channels(); c++) {
                        float value = (float) u.get(p, to.index(y / factor, x / factor, c));
                        out.set(p, in.index(y, x, c), value * (1f / (factor * factor)));
                    }
                }
            }
        }
    }
}
