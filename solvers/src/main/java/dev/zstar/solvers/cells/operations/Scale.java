package dev.zstar.solvers.cells.operations;

import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = α x}.
 *
 * @param factor α
 */
public record Scale(double factor) implements Operation {
    @Override
    public String name() {
        return "scale";
    }

    @Override
    public double operations(Shape out) {
        return out.size();
    }

    @Override
    public Shape shape(List<Shape> in) {
        return in.getFirst();
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        a.scale(factor, in.getFirst(), out);
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", dy);
        a.scale(factor, dy, dx);
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        a.scale(factor, dx.getFirst(), out);
    }
}
