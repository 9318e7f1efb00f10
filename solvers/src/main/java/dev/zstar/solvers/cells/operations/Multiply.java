package dev.zstar.solvers.cells.operations;

import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/** {@code y = a ⊙ b}. */
public record Multiply() implements Operation {
    @Override
    public String name() {
        return "times";
    }

    @Override
    public Shape shape(List<Shape> in) {
        return Shapes.same(name(), in.get(0), in.get(1));
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        a.times(in.get(0), in.get(1), out);
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return Arrays.asList(wanted.get(0) ? a.times(dy, t.in(1)) : null, wanted.get(1) ? a.times(dy, t.in(0)) : null);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        if (dx.get(0) == null) {
            a.times(dx.get(1), t.in(0), out);
        } else if (dx.get(1) == null) {
            a.times(dx.get(0), t.in(1), out);
        } else {
            a.plus(1, a.times(dx.get(0), t.in(1)), 1, a.times(dx.get(1), t.in(0)), out);
        }
    }
}
