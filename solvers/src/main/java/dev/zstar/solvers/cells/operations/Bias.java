package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.ImageShape;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = x + b}: the same b for each token, for each pixel, or for each sample as a whole.
 *
 * @param bias the parameter
 * @param part which of its equal groups of rows b is
 * @param parts how many groups there are; each is one row
 */
public record Bias(Parameter bias, int part, int parts) implements Operation {
    /** The whole parameter. */
    public static Bias of(Parameter bias) {
        return new Bias(bias, 0, 1);
    }

    /** The number of elements of b. */
    public int length() {
        return bias.cols();
    }

    @Override
    public String name() {
        return "bias " + bias.name();
    }

    @Override
    public double operations(Shape out) {
        return out.size();
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape x = in.getFirst();
        if (x.width() != length() && x.cols() != length()) {
            throw new IllegalArgumentException(name() + ": the input is " + x + ", expected a width of " + length());
        }
        return x;
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(bias);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register x = in.getFirst();
        Engine engine = a.engine();
        Epilogue epilogue = Epilogue.of(a.bank().repeated(this, x.cols()), Activation.IDENTITY);
        a.steps().add(name(), List.of(x), out, List.of(x), f -> () -> {
            Block y = f.block(out);
            if (y != f.block(x)) {
                engine.copy(f.block(x), y);
            }
            engine.finish(y, y, epilogue);
        });
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return Arrays.asList(wanted.getFirst() ? dy : null);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        a.copy(dx.getFirst(), out);
    }

    @Override
    public void gradients(Assembler a, Trace t, Register dy) {
        addGradient(a, this, dy);
    }

    /** Adds the sum over all rows, and over all pixels, to the gradient of a bias. */
    static void addGradient(Assembler a, Bias bias, Register dy) {
        Engine engine = a.engine();
        Bank bank = a.bank();
        int channels = bias.length();
        if (channels != dy.cols()) {
            // Images computes the gradient of a bias with that of a convolution, and without it if asked.
            Convolution convolution = new Convolution(1, 1, channels, channels);
            ImageShape pixels = new ImageShape(dy.cols() / channels, 1, channels);
            a.steps().effect(bias.name(), List.of(dy), f -> () -> {
                Block sum = bank.gradient(bias);
                if (sum != null) {
                    engine.images().addGradients(convolution, pixels, f.block(dy), f.block(dy), null, sum);
                }
            });
            return;
        }
        a.steps().effect(bias.name(), List.of(dy), f -> {
            Block ones = bank.ones(f.count() * dy.rows());
            return () -> {
                Block sum = bank.gradient(bias);
                if (sum != null) {
                    engine.addOuter(ones, f.block(dy), sum);
                }
            };
        });
    }
}
