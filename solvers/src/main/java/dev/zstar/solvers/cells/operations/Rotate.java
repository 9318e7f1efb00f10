package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Rotary;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Rotary positions (Su et al. 2021): each pair of elements of each head is turned by an angle that grows with the position of its token.
 *
 * @param heads the number of heads, side by side in a token
 * @param base the base of the angles, mostly 10,000
 * @param pairing which elements make a pair
 */
public record Rotate(int heads, double base, Rotary.Pairing pairing) implements Operation {
    @Override
    public String name() {
        return "rotary positions";
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape.Tokens x = Shapes.tokens(name(), in.getFirst());
        if (x.width() % (2 * heads) != 0) {
            throw new IllegalArgumentException(
                    name() + ": the input is " + x + ", expected a width that is a multiple of 2 · " + heads + " heads");
        }
        return x;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        rotate(a, in.getFirst(), false, out);
        return List.of();
    }

    /** A rotation is orthogonal: its transpose turns back. */
    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", dy);
        rotate(a, dy, true, dx);
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        rotate(a, dx.getFirst(), false, out);
    }

    private void rotate(Assembler a, Register x, boolean isInverse, Register out) {
        Layers layers = a.engine().layers();
        Rotary table = a.bank().rotary(out.rows(), out.cols() / heads, base, pairing);
        a.steps().add(name(), List.of(x), out, List.of(x),
                f -> () -> layers.rotate(f.block(x), out.rows(), heads, table, isInverse, f.block(out)));
    }
}
