package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.cells.program.Runs;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Part of a value. Each sample is cut into groups: its tokens or pixels, or the sample as one. The result has some elements of each.
 *
 * @param name the operation in messages
 * @param input the shape of the input
 * @param result the shape of the result
 * @param groups how many groups a sample has
 * @param from the first element of each group
 */
public record Slice(String name, Shape input, Shape result, int groups, int from) implements Operation {
    /** {@code count} columns of each token, channels of each pixel, or elements of a vector. */
    public static Slice columns(Shape shape, int from, int count) {
        if (shape instanceof Shape.Together) {
            throw new IllegalArgumentException("slice: the input is " + shape + ", expected one of its parts: value.part(i)");
        }
        Arguments.atLeast("slice", "the number of elements", count, 1);
        if (from < 0 || from > shape.width() - count) {
            throw new IllegalArgumentException("slice: the input is " + shape + ", expected a width of at least " + from + " + " + count);
        }
        return new Slice("slice", shape, shape.withWidth(count), shape.places(), from);
    }

    /** Part i of several values together. */
    public static Slice part(Shape shape, int i) {
        if (shape instanceof Shape.Together together) {
            Shape part = together.parts().get(Arguments.index("part", "part", i, together.parts().size()));
            return new Slice("part", shape, part, 1, together.offset(i));
        }
        throw new IllegalArgumentException("part: the input is " + shape + ", expected together(…)");
    }

    /** Token i, as a vector. */
    public static Slice token(Shape shape, int i) {
        Shape.Tokens tokens = Shapes.tokens("token", shape);
        Arguments.index("token", "token", i, tokens.count());
        return new Slice("token", shape, Shape.vector(tokens.width()), 1, i * tokens.width());
    }

    /** The number of elements of each group. */
    private int length() {
        return result.size() / groups;
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shapes.same(name, in.getFirst(), input);
        return result;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        copy(a, in.getFirst(), out);
        return List.of();
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        copy(a, dx.getFirst(), out);
    }

    private void copy(Assembler a, Register x, Register out) {
        a.steps().add(name, List.of(x), List.of(out),
                f -> () -> Runs.copy(f.count(), groups, length(), f.block(x), from, f.block(out), 0));
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return Arrays.asList(wanted.getFirst() ? join(a, List.of(this), List.of(dy)) : null);
    }

    /** Whether the two slices, of one value, have no element in common. */
    public boolean isApart(Slice other) {
        return groups == other.groups && (from + length() <= other.from || other.from + other.length() <= from);
    }

    /** The gradient of a value of which disjoint slices have these gradients: all that is in no slice is 0. */
    public static Register join(Assembler a, List<Slice> slices, List<Register> gradients) {
        Shape shape = slices.getFirst().input;
        Register dx = a.steps().block("gradient", shape.rows(), shape.cols());
        boolean isComplete = slices.stream().mapToInt(slice -> slice.result.size()).sum() == shape.size();
        a.steps().add("gradient of slices", gradients, List.of(dx), f -> () -> {
            Block target = f.block(dx);
            if (!isComplete) {
                target.fill(0);
            }
            for (int i = 0; i < slices.size(); i++) {
                Slice slice = slices.get(i);
                Runs.copy(f.count(), slice.groups, slice.length(), f.block(gradients.get(i)), 0, target, slice.from);
            }
        });
        return dx;
    }
}
