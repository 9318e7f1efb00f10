package dev.zstar.kernels.simd.images;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.products.SimdWeights;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.spi.ImageShapes;

/** Checks each call and shares it with the team if there is enough work. */
public final class SimdImages implements Images {
    private final Team team;

    public SimdImages(Team team) {
        this.team = team;
    }

    @Override
    public ConvolutionWeights pack(Convolution convolution, Block w) {
        ImageShapes.pack(convolution, w);
        return new SimdConvolutionWeights(convolution, w);
    }

    private static SimdConvolutionWeights own(ConvolutionWeights w) {
        if (w instanceof SimdConvolutionWeights own) {
            return own;
        }
        throw ImageShapes.foreign(w, SimdWeights.ENGINE);
    }

    @Override
    public void convolve(ConvolutionWeights w, ImageShape shape, Block z, Block out, Epilogue epilogue) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.convolve(w, shape, z, out, epilogue);
            job.height = shape.height();
            job.width = shape.width();
            job.outHeight = w.convolution().strided(shape.height());
            job.outWidth = w.convolution().strided(shape.width());
            convolve(job, own(w), false, shape, z, out, epilogue);
        }
    }

    @Override
    public void convolveTransposed(ConvolutionWeights w, ImageShape shape, Block u, Block out) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.convolveTransposed(w, shape, u, out);
            job.height = w.convolution().strided(shape.height());
            job.width = w.convolution().strided(shape.width());
            job.outHeight = shape.height();
            job.outWidth = shape.width();
            convolve(job, own(w), true, shape, u, out, Epilogue.NONE);
        }
    }

    private void convolve(
            ImageJob job, SimdConvolutionWeights w, boolean transposed, ImageShape shape, Block x, Block out, Epilogue epilogue) {
        job.kind = ImageJob.Kind.CONVOLVE;
        job.passes = w.passes(transposed);
        job.panels = w.panels(transposed);
        job.x = x;
        job.out = out;
        job.epilogue = epilogue;
        Tuning.share(team, job, job.convolutionPieces(), x.rows() * w.convolution().operations(shape));
    }

    @Override
    public void addGradients(Convolution convolution, ImageShape shape, Block u, Block z, Block dw, Block db) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.addGradients(convolution, shape, u, z, dw, db);
            job.kind = ImageJob.Kind.GRADIENTS;
            job.convolution = convolution;
            job.shape = shape;
            job.x = u;
            job.y = z;
            job.out = dw;
            job.bias = db;
            Tuning.share(team, job, job.gradientPieces(), u.rows() * convolution.operations(shape));
        }
    }

    private void resample(ImageJob job, ImageJob.Kind kind, ImageShape shape, int outHeight, int factor, Block in, Block out) {
        job.kind = kind;
        job.shape = shape;
        job.outHeight = outHeight;
        job.factor = factor;
        job.x = in;
        job.out = out;
        Tuning.share(team, job, Math.multiplyExact(in.rows(), outHeight), 4.0 * Math.max(in.cols(), out.cols()) * in.rows());
    }

    @Override
    public void upsample(ImageShape shape, int factor, Block z, Block out) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.upsample(shape, factor, z, out);
            resample(job, ImageJob.Kind.UPSAMPLE, shape, shape.height() * factor, factor, z, out);
        }
    }

    @Override
    public void upsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.upsampleTransposed(shape, factor, u, out);
            resample(job, ImageJob.Kind.UPSAMPLE_TRANSPOSED, shape, shape.height(), factor, u, out);
        }
    }

    @Override
    public void downsample(ImageShape shape, int factor, Block z, Block out) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.downsample(shape, factor, z, out);
            resample(job, ImageJob.Kind.DOWNSAMPLE, shape, shape.height() / factor, factor, z, out);
        }
    }

    @Override
    public void downsampleTransposed(ImageShape shape, int factor, Block u, Block out) {
        try (ImageJob job = ImageJob.enter()) {
            ImageShapes.downsampleTransposed(shape, factor, u, out);
            resample(job, ImageJob.Kind.DOWNSAMPLE_TRANSPOSED, shape, shape.height(), factor, u, out);
        }
    }
}
