package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.cells.program.Runs;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * The same elements in the same order with another meaning. Copies them only if the rows of the two shapes differ, or if the input is still
 * needed.
 *
 * @param result the shape of the result
 */
public record Reshape(Shape result) implements Operation {
    @Override
    public String name() {
        return "reshape";
    }

    @Override
    public Shape shape(List<Shape> in) {
        if (in.getFirst().size() != result.size()) {
            throw new IllegalArgumentException("reshape: the input is " + in.getFirst() + " with " + in.getFirst().size()
                    + " elements, expected " + result.size() + " for " + result);
        }
        return result;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        copy(a, in.getFirst(), out);
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", t.in(0));
        copy(a, dy, dx);
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        copy(a, dx.getFirst(), out);
    }

    private void copy(Assembler a, Register x, Register out) {
        a.steps().add(name(), List.of(x), out, List.of(x), f -> () -> {
            Block source = f.block(x);
            Block target = f.block(out);
            if (source != target) {
                Runs.copy(f.count(), source, target);
            }
        });
    }
}
