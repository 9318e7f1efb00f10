package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.cells.program.Runs;
import dev.zstar.solvers.shapes.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Several values one after the other: in each token, in each pixel, or in each sample.
 *
 * @param name the operation in messages
 * @param inputs their shapes
 * @param result the shape of the result
 * @param groups how many groups a sample has: its tokens or pixels, or 1
 */
public record Concatenate(String name, List<Shape> inputs, Shape result, int groups) implements Operation {
    /** Along the width of vectors and tokens, and along the channels of images. */
    public static Concatenate columns(List<Shape> inputs) {
        requireOne("concatenate", inputs);
        Shape first = inputs.getFirst();
        long width = 0;
        for (Shape shape : inputs) {
            if (shape instanceof Shape.Together || first instanceof Shape.Together) {
                throw new IllegalArgumentException("concatenate: an input is " + shape + ", expected vectors, tokens or images");
            }
            if (!shape.withWidth(1).equals(first.withWidth(1))) {
                throw new IllegalArgumentException(
                        "concatenate: the inputs are " + first + " and " + shape + ", expected shapes that differ in their width only");
            }
            width += shape.width();
        }
        if (width > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("concatenate: the width of the result is " + width + ", expected less than 2³¹");
        }
        return new Concatenate("concatenate", inputs, first.withWidth((int) width), first.places());
    }

    /** The parts of a state of several values. */
    public static Concatenate together(List<Shape> inputs) {
        requireOne("together", inputs);
        return new Concatenate("together", inputs, Shape.together(inputs.toArray(Shape[]::new)), 1);
    }

    private static void requireOne(String name, List<Shape> inputs) {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException(name + ": the number of values is 0, expected at least 1");
        }
    }

    @Override
    public Shape shape(List<Shape> in) {
        return result;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        join(a, in, out);
        return List.of();
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        join(a, dx, out);
    }

    /** Null stands for zeros. */
    private void join(Assembler a, List<Register> in, Register out) {
        boolean isComplete = in.stream().allMatch(Objects::nonNull);
        a.steps().add(name, in.stream().filter(Objects::nonNull).distinct().toList(), List.of(out), f -> () -> {
            Block target = f.block(out);
            if (!isComplete) {
                target.fill(0);
            }
            int at = 0;
            for (int i = 0; i < in.size(); i++) {
                if (in.get(i) != null) {
                    Runs.copy(f.count(), groups, length(i), f.block(in.get(i)), 0, target, at);
                }
                at += length(i);
            }
        });
    }

    private int length(int i) {
        return inputs.get(i).size() / groups;
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        List<Register> dx = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < inputs.size(); i++) {
            dx.add(wanted.get(i) ? part(a, dy, at, length(i), t.in(i)) : null);
            at += length(i);
        }
        return dx;
    }

    private Register part(Assembler a, Register dy, int from, int length, Register shape) {
        Register part = a.steps().like("gradient", shape);
        a.steps().add(name, List.of(dy), List.of(part),
                f -> () -> Runs.copy(f.count(), groups, length, f.block(dy), from, f.block(part), 0));
        return part;
    }
}
