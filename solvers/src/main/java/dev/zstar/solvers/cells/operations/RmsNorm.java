package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Layers;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/**
 * {@code y = gain ⊙ x / √(mean x² + ε)} for each token (Zhang, Sennrich 2019).
 *
 * @param gain the factor of each element
 * @param epsilon ε
 */
public record RmsNorm(Parameter gain, double epsilon) implements Normalisation {
    @Override
    public String name() {
        return "RMS norm " + gain.name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        return Shapes.rowsOf(name(), in.getFirst(), gain.size());
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(gain);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register x = in.getFirst();
        Register stats = a.steps().numbers("1/ρ of " + name(), out.rows());
        Layers layers = a.engine().layers();
        Block g = a.bank().values(gain);
        a.steps().add(name(), in, List.of(out, stats),
                f -> () -> layers.rmsNorm(f.block(x), g, epsilon, f.block(out), f.numbers(stats)));
        return List.of(stats);
    }

    @Override
    public Register backward(Assembler a, Trace t, Register dy, Block gains, boolean adds) {
        Register x = t.in(0);
        Register stats = t.saved(0);
        Register dx = a.steps().like("gradient", x);
        Layers layers = a.engine().layers();
        Bank bank = a.bank();
        a.steps().add(name(), List.of(x, stats, dy), List.of(dx), adds, f -> () -> layers.rmsNormVjp(f.block(x), gains, f.numbers(stats),
                f.block(dy), f.block(dx), adds ? bank.gradient(gain) : null));
        return dx;
    }
}
