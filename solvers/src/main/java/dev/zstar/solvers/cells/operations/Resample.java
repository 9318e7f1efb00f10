package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Images;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * An image with {@code factor} times the height and width, by bilinear interpolation, or with as many times fewer: each pixel is the mean
 * of a square ({@link Images}).
 *
 * @param large the larger of the two images
 * @param small the smaller
 * @param isEnlarged whether the result is the larger
 */
public record Resample(ImageShape large, ImageShape small, boolean isEnlarged) implements Operation {
    /** {@code factor} times the height and width. */
    public static Resample up(Shape shape, int factor) {
        Shape.Image x = Shapes.image("upsample", shape);
        Arguments.atLeast("upsample", "the factor", factor, 1);
        if ((double) factor * factor * x.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("upsample: the input is " + shape + " and the factor " + factor
                    + ", expected a result of fewer than 2³¹ elements");
        }
        return new Resample(x.pixels().times(factor), x.pixels(), true);
    }

    /** The height and width divided by {@code factor}, which must divide both. */
    public static Resample down(Shape shape, int factor) {
        ImageShape x = Shapes.image("downsample", shape).pixels();
        Arguments.atLeast("downsample", "the factor", factor, 1);
        if (x.height() % factor != 0 || x.width() % factor != 0) {
            throw new IllegalArgumentException(
                    "downsample: the input is " + shape + ", expected a height and a width that are multiples of " + factor);
        }
        return new Resample(x, x.over(factor), false);
    }

    @Override
    public String name() {
        return isEnlarged ? "upsample" : "downsample";
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shapes.same(name(), in.getFirst(), new Shape.Image(isEnlarged ? small : large));
        return new Shape.Image(isEnlarged ? large : small);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        resample(a, in.getFirst(), out);
        return List.of();
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        resample(a, dx.getFirst(), out);
    }

    private void resample(Assembler a, Register x, Register out) {
        Images images = a.engine().images();
        int factor = large.height() / small.height();
        a.steps().add(name(), List.of(x), List.of(out), f -> isEnlarged
                ? () -> images.upsample(small, factor, f.block(x), f.block(out))
                : () -> images.downsample(large, factor, f.block(x), f.block(out)));
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", t.in(0));
        Images images = a.engine().images();
        int factor = large.height() / small.height();
        a.steps().add(name(), List.of(dy), List.of(dx), f -> isEnlarged
                ? () -> images.upsampleTransposed(small, factor, f.block(dy), f.block(dx))
                : () -> images.downsampleTransposed(large, factor, f.block(dy), f.block(dx)));
        return List.of(dx);
    }
}
