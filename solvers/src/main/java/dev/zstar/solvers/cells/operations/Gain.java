package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = gain ⊙ x}: a learnt factor for each column of a token, element of a vector, or channel of an image.
 *
 * @param gain the factors
 */
public record Gain(Parameter gain) implements Operation {
    @Override
    public String name() {
        return "gain " + gain.name();
    }

    @Override
    public double operations(Shape out) {
        return out.size();
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape x = in.getFirst();
        if (x.width() != gain.size()) {
            throw new IllegalArgumentException(name() + ": the input is " + x + ", expected a width of " + gain.size());
        }
        return x;
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(gain);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        a.multiplyColumns(in.getFirst(), gain, out);
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", dy);
        a.multiplyColumns(dy, gain, dx);
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        a.multiplyColumns(dx.getFirst(), gain, out);
    }

    @Override
    public void gradients(Assembler a, Trace t, Register dy) {
        Engine engine = a.engine();
        Bank bank = a.bank();
        Register x = t.in(0);
        a.steps().effect(name(), List.of(x, dy), f -> () -> {
            Block sum = bank.gradient(gain);
            if (sum != null) {
                engine.multiplyColumnsGradient(f.block(x), f.block(dy), sum);
            }
        });
    }
}
