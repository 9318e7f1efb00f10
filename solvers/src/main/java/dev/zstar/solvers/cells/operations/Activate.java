package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = φ(x)}, element by element.
 *
 * @param activation φ
 */
public record Activate(Activation activation) implements Operation {
    /** The operations of one element. */
    private static final double ACTIVATION = 20;

    @Override
    public String name() {
        return activation.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public double operations(Shape out) {
        return ACTIVATION * out.size();
    }

    @Override
    public Shape shape(List<Shape> in) {
        return in.getFirst();
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register x = in.getFirst();
        Engine engine = a.engine();
        Register slope = derivatives ? a.steps().like("slope of " + name(), out) : null;
        if (derivatives) {
            a.steps().add(name() + "'", List.of(x), List.of(slope),
                    f -> () -> engine.derivative(activation, f.block(x), f.block(slope)));
        }
        a.steps().add(name(), List.of(x), out, List.of(x), f -> () -> engine.activate(activation, f.block(x), f.block(out)));
        return derivatives ? List.of(slope) : List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return Arrays.asList(wanted.getFirst() ? a.times(dy, t.saved(0)) : null);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        a.times(dx.getFirst(), t.saved(0), out);
    }
}
