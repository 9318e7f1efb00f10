package dev.zstar.kernels.simd.images;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.lanes.CallJob;

/** One call of {@link SimdImages}, as pieces that workers run. Each call scope has one and reuses it. */
final class ImageJob extends CallJob {
    private static final CallLocal<ImageJob> JOBS = new CallLocal<>(ImageJob::new);

    enum Kind {
        CONVOLVE, GRADIENTS, UPSAMPLE, UPSAMPLE_TRANSPOSED, DOWNSAMPLE, DOWNSAMPLE_TRANSPOSED
    }

    Kind kind;
    Convolution convolution;
    ConvolutionPass[] passes;
    Block[] panels;
    /** The shape that the forward operation reads. */
    ImageShape shape;
    /** The shapes that a convolution reads and writes, as numbers: an object for each call would be an allocation. */
    int height;
    int width;
    int outHeight;
    int outWidth;
    int factor;
    Block x;
    Block y;
    Block out;
    Block bias;
    Epilogue epilogue;

    static ImageJob enter() {
        return enter(JOBS);
    }

    @Override
    protected void clear() {
        convolution = null;
        passes = null;
        panels = null;
        shape = null;
        x = null;
        y = null;
        out = null;
        bias = null;
        epilogue = null;
    }

    private int pieceRows(ConvolutionPass pass) {
        return x.type() == Type.F32 ? F32Convolution.pieceRows(pass, outHeight, outWidth)
                : F64Convolution.pieceRows(pass, outHeight, outWidth);
    }

    private int piecesOfImage(ConvolutionPass pass) {
        int rows = pieceRows(pass);
        return (pass.height(outHeight) + rows - 1) / rows;
    }

    /** Pieces of the convolution: for each pass and each image, a few rows each. */
    int convolutionPieces() {
        int pieces = 0;
        for (ConvolutionPass pass : passes) {
            pieces += x.rows() * piecesOfImage(pass);
        }
        return pieces;
    }

    /** Pieces of the gradients: those of the weights, and the bias, each over the whole batch. */
    int gradientPieces() {
        return weightPieces() + (bias == null ? 0 : 1);
    }

    private int weightPieces() {
        if (out == null) {
            return 0;
        }
        return x.type() == Type.F32 ? F32ConvolutionGradient.pieces(convolution) : F64ConvolutionGradient.pieces(convolution);
    }

    @Override
    public void run(int from, int to) {
        switch (kind) {
            case CONVOLVE -> convolve(from, to);
            case GRADIENTS -> gradients(from, to);
            default -> resample(from, to);
        }
    }

    private void convolve(int from, int end) {
        int first = 0;
        for (int i = 0; i < passes.length; i++) {
            int rows = pieceRows(passes[i]);
            int each = piecesOfImage(passes[i]);
            int count = x.rows() * each;
            for (int piece = Math.max(from - first, 0); piece < Math.min(end - first, count); piece++) {
                int y0 = piece % each * rows;
                int y1 = Math.min(y0 + rows, passes[i].height(outHeight));
                if (x.type() == Type.F32) {
                    F32Convolution.rows(passes[i], panels[i], height, width, x, outWidth, out, epilogue, piece / each, y0, y1);
                } else {
                    F64Convolution.rows(passes[i], panels[i], height, width, x, outWidth, out, epilogue, piece / each, y0, y1);
                }
            }
            first += count;
        }
    }

    private void gradients(int from, int end) {
        int weights = Math.min(end, weightPieces());
        boolean f32 = x.type() == Type.F32;
        if (from < weights && f32) {
            F32ConvolutionGradient.addWeights(convolution, shape, x, y, out, from, weights);
        } else if (from < weights) {
            F64ConvolutionGradient.addWeights(convolution, shape, x, y, out, from, weights);
        }
        if (weights < end && f32) {
            F32ConvolutionGradient.addBias(x, bias);
        } else if (weights < end) {
            F64ConvolutionGradient.addBias(x, bias);
        }
    }

    private void resample(int from, int end) {
        boolean f32 = x.type() == Type.F32;
        for (int piece = from; piece < end; piece++) {
            int p = piece / outHeight;
            int row = piece % outHeight;
            switch (kind) {
                case UPSAMPLE -> {
                    if (f32) {
                        F32Resampling.upsample(shape, factor, x, out, p, row);
                    } else {
                        F64Resampling.upsample(shape, factor, x, out, p, row);
                    }
                }
                case UPSAMPLE_TRANSPOSED -> {
                    if (f32) {
                        F32Resampling.upsampleTransposed(shape, factor, x, out, p, row);
                    } else {
                        F64Resampling.upsampleTransposed(shape, factor, x, out, p, row);
                    }
                }
                case DOWNSAMPLE -> {
                    if (f32) {
                        F32Resampling.downsample(shape, factor, x, out, p, row);
                    } else {
                        F64Resampling.downsample(shape, factor, x, out, p, row);
                    }
                }
                default -> {
                    if (f32) {
                        F32Resampling.downsampleTransposed(shape, factor, x, out, p, row);
                    } else {
                        F64Resampling.downsampleTransposed(shape, factor, x, out, p, row);
                    }
                }
            }
        }
    }
}
