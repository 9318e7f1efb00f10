package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.jvm.Fma;

/** Convolutions in f32, by consecutive fused multiply-adds. Taps beyond the edge are left out. */
final class F32ScalarConvolution {
    private F32ScalarConvolution() {}

    static void convolve(Convolution conv, ImageShape in, Block w, Block z, Block out, Epilogue epilogue) {
        ImageShape to = conv.output(in);
        for (int p = 0; p < z.rows(); p++) {
            for (int y = 0; y < to.height(); y++) {
                for (int x = 0; x < to.width(); x++) {
                    for (int n = 0; n < to.channels(); n++) {
                        int at = to.index(y, x, n);
                        float start = (float) (epilogue.bias() == null ? 0 : epilogue.bias().get(0, n));
                        start += (float) (epilogue.injection() == null ? 0 : epilogue.injection().get(epilogue.injectionRow(p), at));
                        float sum = dot(conv, in, w, z, p, y, x, n, start);
                        if (epilogue.slope() != null) {
                            epilogue.slope().set(p, at, epilogue.activation().derivative(sum));
                        }
                        out.set(p, at, epilogue.activation().apply(sum));
                    }
                }
            }
        }
    }

    private static float dot(Convolution conv, ImageShape in, Block w, Block z, int p, int y, int x, int n, float start) {
        float sum = start;
        for (int ky = 0; ky < conv.kernel(); ky++) {
            for (int kx = 0; kx < conv.kernel(); kx++) {
                int iy = y * conv.stride() + ky - conv.padding();
                int ix = x * conv.stride() + kx - conv.padding();
                if (in.contains(iy, ix)) {
                    for (int c = 0; c < conv.inChannels(); c++) {
                        float weight = (float) w.get(n, (ky * conv.kernel() + kx) * conv.inChannels() + c);
                        sum = Fma.of(weight, (float) z.get(p, in.index(iy, ix, c)), sum);
                    }
                }
            }
        }
        return sum;
    }

    static void convolveTransposed(Convolution conv, ImageShape in, Block w, Block u, Block out) {
        for (int p = 0; p < u.rows(); p++) {
            for (int y = 0; y < in.height(); y++) {
                for (int x = 0; x < in.width(); x++) {
                    for (int c = 0; c < in.channels(); c++) {
                        out.set(p, in.index(y, x, c), dotFlipped(conv, conv.output(in), w, u, p, y, x, c));
                    }
                }
            }
        }
    }

    /** Sums over the outputs that pixel {@code (y, x)} contributes to, in order, which is over the taps backwards. */
    private static float dotFlipped(Convolution conv, ImageShape to, Block w, Block u, int p, int y, int x, int c) {
        float sum = 0;
        for (int ky = conv.kernel() - 1; ky >= 0; ky--) {
            for (int kx = conv.kernel() - 1; kx >= 0; kx--) {
                int oy = y + conv.padding() - ky;
                int ox = x + conv.padding() - kx;
                boolean met = oy % conv.stride() == 0 && ox % conv.stride() == 0;
                if (met && to.contains(oy / conv.stride(), ox / conv.stride())) {
                    for (int n = 0; n < conv.outChannels(); n++) {
                        float weight = (float) w.get(n, (ky * conv.kernel() + kx) * conv.inChannels() + c);
                        sum = Fma.of(weight, (float) u.get(p, to.index(oy / conv.stride(), ox / conv.stride(), n)), sum);
                    }
                }
            }
        }
        return sum;
    }

    static void addWeightGradient(Convolution conv, ImageShape in, Block u, Block z, Block dw) {
        for (int n = 0; n < conv.outChannels(); n++) {
            for (int ky = 0; ky < conv.kernel(); ky++) {
                for (int kx = 0; kx < conv.kernel(); kx++) {
                    for (int c = 0; c < conv.inChannels(); c++) {
                        float sum = 0;
                        for (int p = 0; p < u.rows(); p++) {
                            sum += correlate(conv, in, u, z, p, n, ky, kx, c);
                        }
                        int at = (ky * conv.kernel() + kx) * conv.inChannels() + c;
                        dw.set(n, at, (float) dw.get(n, at) + sum);
                    }
                }
            }
        }
    }

    private static float correlate(Convolution conv, ImageShape in, Block u, Block z, int p, int n, int ky, int kx, int c) {
        ImageShape to = conv.output(in);
        float sum = 0;
        for (int y = 0; y < to.height(); y++) {
            for (int x = 0; x < to.width(); x++) {
                int iy = y * conv.stride() + ky - conv.padding();
                int ix = x * conv.stride() + kx - conv.padding();
                if (in.contains(iy, ix)) {
                    sum = Fma.of((float) z.get(p, in.index(iy, ix, c)), (float) u.get(p, to.index(y, x, n)), sum);
                }
            }
        }
        return sum;
    }

    static void addBiasGradient(ImageShape to, Block u, Block db) {
        for (int n = 0; n < to.channels(); n++) {
            float total = 0;
            for (int p = 0; p < u.rows(); p++) {
                float sum = 0;
                for (int pixel = 0; pixel < to.height() * to.width(); pixel++) {
                    sum += (float) u.get(p, pixel * to.channels() + n);
                }
                total += sum;
            }
            db.set(0, n, (float) db.get(0, n) + total);
        }
    }
}
