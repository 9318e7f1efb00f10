package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Convolution;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.shapes.Shape;

/** Checks of the shapes of inputs. */
public final class Shapes {
    private Shapes() {}

    /** Throws unless both shapes are equal; returns the first. */
    static Shape same(String operation, Shape a, Shape b) {
        if (!a.equals(b)) {
            throw new IllegalArgumentException(operation + ": the inputs are " + a + " and " + b + ", expected two of one shape");
        }
        return a;
    }

    /** Throws unless the rows of the shape, its tokens or the vector, have a width; returns the shape. */
    static Shape rowsOf(String operation, Shape shape, int width) {
        if (shape.cols() != width) {
            throw new IllegalArgumentException(operation + ": the input is " + shape + ", expected a vector or tokens of width " + width);
        }
        return shape;
    }

    /** Throws unless the shape is a sequence of tokens. */
    public static Shape.Tokens tokens(String operation, Shape shape) {
        if (shape instanceof Shape.Tokens tokens) {
            return tokens;
        }
        throw new IllegalArgumentException(operation + ": the input is " + shape + ", expected tokens(count, width)");
    }

    /** Throws unless the shape is an image. */
    public static Shape.Image image(String operation, Shape shape) {
        if (shape instanceof Shape.Image image) {
            return image;
        }
        throw new IllegalArgumentException(operation + ": the input is " + shape + ", expected image(height, width, channels)");
    }

    /** A convolution, after checks in the words of the caller. */
    public static Convolution convolution(String operation, int kernel, int stride, int inChannels, int outChannels) {
        if (kernel != 1 && kernel != 3 || stride != 1 && stride != 2) {
            throw new IllegalArgumentException(
                    operation + ": the kernel is " + kernel + " and the stride " + stride + ", expected kernel 1 or 3, stride 1 or 2");
        }
        Arguments.atLeast(operation, "the number of channels", outChannels, 1);
        return new Convolution(kernel, stride, inChannels, outChannels);
    }
}
