package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.solvers.cells.program.Frame;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;
import java.util.function.Function;

/**
 * {@code y = φ(conv(x) + b + r)}, with {@link Convolution} and zeros beyond the edges. Always computed in the full format.
 *
 * @param pixels the shape of x
 * @param convolution kernel, stride and channels
 * @param weight the taps, {@code outChannels × kernel² · inChannels}
 * @param bias b, one element for each channel, or null
 * @param hasResidual whether r is the second input
 * @param activation φ
 */
public record Convolve(ImageShape pixels, Convolution convolution, Parameter weight, Bias bias, boolean hasResidual, Activation activation)
        implements Product {
    /** {@code y = conv(x)}. */
    public static Convolve product(ImageShape pixels, Convolution convolution, Parameter weight) {
        return new Convolve(pixels, convolution, weight, null, false, Activation.IDENTITY);
    }

    @Override
    public String name() {
        return "convolution with " + weight.name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape.Image x = Shapes.image(name(), in.getFirst());
        if (!x.pixels().equals(pixels)) {
            throw new IllegalArgumentException(name() + ": the input is " + x + ", expected " + new Shape.Image(pixels));
        }
        return new Shape.Image(convolution.output(pixels));
    }

    @Override
    public List<Parameter> parameters() {
        return bias == null ? List.of(weight) : List.of(weight, bias.bias());
    }

    @Override
    public void multiply(Assembler a, List<Register> reads, List<Register> writes, Function<Frame, Epilogue> epilogue) {
        Engine engine = a.engine();
        ConvolutionWeights w = a.bank().convolution(convolution, weight);
        Register x = reads.getFirst();
        Register out = writes.getFirst();
        a.steps().add(name(), reads, writes, f -> {
            Epilogue then = epilogue.apply(f);
            return () -> engine.images().convolve(w, pixels, f.block(x), f.block(out), then);
        });
    }

    @Override
    public void multiplyTransposed(Assembler a, Register u, Register out) {
        Engine engine = a.engine();
        ConvolutionWeights w = a.bank().convolution(convolution, weight);
        a.steps().add(name(), List.of(u), List.of(out), w::prepareTransposed,
                f -> () -> engine.images().convolveTransposed(w, pixels, f.block(u), f.block(out)));
    }

    @Override
    public void addGradients(Assembler a, Register d, Register x) {
        Engine engine = a.engine();
        Bank bank = a.bank();
        a.steps().effect(name(), List.of(d, x), f -> () -> {
            Block dw = bank.gradient(weight);
            Block db = bias == null ? null : bank.gradient(bias);
            if (dw != null || db != null) {
                engine.images().addGradients(convolution, pixels, f.block(d), f.block(x), dw, db);
            }
        });
    }

    @Override
    public boolean takes(Bias bias) {
        return bias.length() == convolution.outChannels();
    }

    @Override
    public Convolve with(Bias bias) {
        return new Convolve(pixels, convolution, weight, bias, hasResidual, activation);
    }

    @Override
    public Convolve withResidual() {
        return new Convolve(pixels, convolution, weight, bias, true, activation);
    }

    @Override
    public Convolve with(Activation activation) {
        return new Convolve(pixels, convolution, weight, bias, hasResidual, activation);
    }
}
