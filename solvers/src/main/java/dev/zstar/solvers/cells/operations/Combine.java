package dev.zstar.solvers.cells.operations;

import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = first a + second b}.
 *
 * @param first the factor of the first input
 * @param second the factor of the second
 */
public record Combine(double first, double second) implements Operation {
    /** The sum. */
    public static final Combine PLUS = new Combine(1, 1);

    @Override
    public String name() {
        return equals(PLUS) ? "plus" : "combination";
    }

    @Override
    public double operations(Shape out) {
        return 3.0 * out.size();
    }

    @Override
    public Shape shape(List<Shape> in) {
        return Shapes.same(name(), in.get(0), in.get(1));
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        a.plus(first, in.get(0), second, in.get(1), out);
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return Arrays.asList(wanted.get(0) ? scaled(a, first, dy) : null, wanted.get(1) ? scaled(a, second, dy) : null);
    }

    private static Register scaled(Assembler a, double factor, Register dy) {
        if (factor == 1) {
            return dy;
        }
        Register scaled = a.steps().like("gradient", dy);
        a.scale(factor, dy, scaled);
        return scaled;
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        if (dx.get(0) == null) {
            a.scale(second, dx.get(1), out);
        } else if (dx.get(1) == null) {
            a.scale(first, dx.get(0), out);
        } else {
            a.plus(first, dx.get(0), second, dx.get(1), out);
        }
    }
}
