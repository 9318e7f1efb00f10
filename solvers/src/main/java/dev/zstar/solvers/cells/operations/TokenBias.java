package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = x + P}: a learnt vector for each token, such as learnt positions, the same for every sample.
 *
 * @param bias P, {@code tokens × width}
 */
public record TokenBias(Parameter bias) implements Operation {
    @Override
    public String name() {
        return "add " + bias.name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        return Shapes.same(name(), in.getFirst(), Shape.tokens(bias.rows(), bias.cols()));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(bias);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register x = in.getFirst();
        Engine engine = a.engine();
        Block b = a.bank().values(bias);
        a.steps().add(name(), List.of(x), out, List.of(x), f -> () -> {
            Block y = f.block(out);
            if (y != f.block(x)) {
                engine.copy(f.block(x), y);
            }
            for (int s = 0; s < f.count(); s++) {
                engine.axpy(1, b, y.part(s, f.count()));
            }
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
        Engine engine = a.engine();
        Bank bank = a.bank();
        a.steps().effect(name(), List.of(dy), f -> () -> {
            Block sum = bank.gradient(bias);
            for (int s = 0; sum != null && s < f.count(); s++) {
                engine.axpy(1, f.block(dy).part(s, f.count()), sum);
            }
        });
    }
}
