package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.spi.ImageShapes;

/** Convolution and resampling as their formulas. */
final class ScalarImages implements Images {
    @Override
    public ConvolutionWeights pack(Convolution convolution, Block w) {
        ImageShapes.pack(convolution, w);
        return new ScalarConvolutionWeights(convolution, w);
    }

    @Override
    public void convolve(ConvolutionWeights w, ImageShape shape, Block z, Block out, Epilogue epilogue) {
        ImageShapes.convolve(w, shape, z, out, epilogue);
        Block matrix = ScalarConvolutionWeights.matrix(w);
        if (z.type() == Type.F32) {
            F32ScalarConvolution.convolve(w.convolution(), shape, matrix, z, out, epilogue);
        } else {
            F64ScalarConvolution.convolve(w.convolution(), shape, matrix, z, out, epilogue);
        }
    }

    @Override
    public void convolveTransposed(ConvolutionWeights w, ImageShape shape, Block u, Block out) {
        ImageShapes.convolveTransposed(w, shape, u, out);
        Block matrix = ScalarConvolutionWeights.matrix(w);
        if (u.type() == Type.F32) {
            F32ScalarConvolution.convolveTransposed(w.convolution(), shape, matrix, u, out);
        } else {
            F64ScalarConvolution.convolveTransposed(w.convolution(), shape, matrix, u, out);
        }
    }

    @Override
    public void addGradients(Convolution convolution, ImageShape shape, Block u, Block z, Block dw, Block db) {
        ImageShapes.addGradients(convolution, shape, u, z, dw, db);
        boolean f32 = u.type() == Type.F32;
        if (dw != null && f32) {
            F32ScalarConvolution.addWeightGradient(convolution, shape, u, z, dw);
        } else if (dw != null) {
            F64ScalarConvolution.addWeightGradient(convolution, shape, u, z, dw);
        }
        if (db != null && f32) {
            F32ScalarConvolution.addBiasGradient(convolution.output(shape), u, db);
        } else if (db != null) {
            F64ScalarConvolution.addBiasGradient(convolution.output(shape), u, db);
        }
    }

    @Override
    public void upsample(ImageShape shape, int factor, Block z, Block out) {
        ImageShapes.upsample(shape, factor, z, out);
        resample(F32ScalarResampling::upsample, F64ScalarResampling::upsample, shape, factor, z, out);
    }

    @Override
    public void upsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        ImageShapes.upsampleTransposed(shape, factor, u, out);
        resample(F32ScalarResampling::upsampleTransposed, F64ScalarResampling::upsampleTransposed, shape, factor, u, out);
    }

    @Override
    public void downsample(ImageShape shape, int factor, Block z, Block out) {
        ImageShapes.downsample(shape, factor, z, out);
        resample(F32ScalarResampling::downsample, F64ScalarResampling::downsample, shape, factor, z, out);
    }

    @Override
    public void downsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        ImageShapes.downsampleTransposed(shape, factor, u, out);
        resample(F32ScalarResampling::downsampleTransposed, F64ScalarResampling::downsampleTransposed, shape, factor, u, out);
    }

    private interface Resampling {
        void run(ImageShape shape, int factor, Block from, Block to);
    }

    private static void resample(Resampling f32, Resampling f64, ImageShape shape, int factor, Block from, Block to) {
        (from.type() == Type.F32 ? f32 : f64).run(shape, factor, from, to);
    }
}
