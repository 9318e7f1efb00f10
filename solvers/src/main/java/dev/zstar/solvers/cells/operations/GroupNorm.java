package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Layers;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/**
 * {@code y = gain ⊙ (x - μ) / √(σ² + ε) + bias}, with the mean and the variance of each group of channels of an image (Wu, He 2018), or of
 * each token or vector: layer normalisation (Ba, Kiros, Hinton 2016).
 *
 * @param kind what the user called it: group norm or layer norm
 * @param groups how many groups the channels are cut into; 1 for layer normalisation
 * @param gain the factor of each channel
 * @param bias the bias of each channel
 * @param epsilon ε
 */
public record GroupNorm(String kind, int groups, Parameter gain, Parameter bias, double epsilon) implements Normalisation {
    @Override
    public String name() {
        return kind + " " + gain.name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape x = in.getFirst();
        if (x.cols() % gain.size() != 0 || x.width() != gain.size() || gain.size() % groups != 0) {
            throw new IllegalArgumentException(name() + ": the input is " + x + ", expected " + gain.size() + " channels in " + groups
                    + " equal groups");
        }
        return x;
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(gain, bias);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register x = in.getFirst();
        Register stats = a.steps().numbers("μ, 1/σ of " + name(), 2 * groups * out.rows());
        Layers layers = a.engine().layers();
        Block g = a.bank().values(gain);
        Block b = a.bank().values(bias);
        a.steps().add(name(), in, List.of(out, stats),
                f -> () -> layers.groupNorm(f.block(x), groups, g, b, epsilon, f.block(out), f.numbers(stats)));
        return List.of(stats);
    }

    @Override
    public Register backward(Assembler a, Trace t, Register dy, Block gains, boolean adds) {
        Register x = t.in(0);
        Register stats = t.saved(0);
        Register dx = a.steps().like("gradient", x);
        Layers layers = a.engine().layers();
        Bank bank = a.bank();
        a.steps().add(name(), List.of(x, stats, dy), List.of(dx), adds, f -> () -> layers.groupNormVjp(f.block(x), gain.size(), groups,
                gains, f.numbers(stats), f.block(dy), f.block(dx), adds ? bank.gradient(gain) : null, adds ? bank.gradient(bias) : null));
        return dx;
    }
}
