package dev.zstar.solvers.cells.operations;

import dev.zstar.solvers.shapes.Shape;

/** Checks of the shapes of inputs. */
final class Shapes {
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
    static Shape.Tokens tokens(String operation, Shape shape) {
        if (shape instanceof Shape.Tokens tokens) {
            return tokens;
        }
        throw new IllegalArgumentException(operation + ": the input is " + shape + ", expected tokens(count, width)");
    }

    /** Throws unless the shape is an image. */
    static Shape.Image image(String operation, Shape shape) {
        if (shape instanceof Shape.Image image) {
            return image;
        }
        throw new IllegalArgumentException(operation + ": the input is " + shape + ", expected image(height, width, channels)");
    }
}
