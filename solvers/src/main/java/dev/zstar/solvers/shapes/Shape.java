package dev.zstar.solvers.shapes;

import dev.zstar.kernels.ImageShape;
import dev.zstar.solvers.guard.Arguments;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The meaning of the elements of one sample. A state or an input is one row of a block, {@code 1 × size}. Its shape says how that row is
 * read.
 */
public sealed interface Shape {
    /** A plain vector of n elements. */
    static Vector vector(int n) {
        return new Vector(n);
    }

    /** A sequence of tokens, one after the other, each of {@code width} elements. */
    static Tokens tokens(int count, int width) {
        return new Tokens(count, width);
    }

    /** An image, row by row, the channels of a pixel side by side (NHWC). */
    static Image image(int height, int width, int channels) {
        return new Image(new ImageShape(height, width, channels));
    }

    /** Several values together as one, such as the resolutions of a multiscale state: one after the other, in this order. */
    static Together together(Shape... parts) {
        return new Together(Arrays.asList(Arguments.present("together", "the list of parts", parts)));
    }

    /** The number of elements of one sample. */
    int size();

    /** The number of rows that one sample takes in a block of such values: its tokens, or 1. */
    default int rows() {
        return 1;
    }

    /** The width of these rows: {@code size / rows}. */
    default int cols() {
        return size() / rows();
    }

    /** The number of elements that a product, a norm or a gain acts on: of a token, of a pixel, or of the whole vector. */
    int width();

    /** The number of places that a product acts on independently: tokens, pixels, or 1. */
    default int places() {
        return size() / width();
    }

    /**
     * The same places with another width.
     *
     * @throws IllegalArgumentException if this is several values together, which have no common width
     */
    Shape withWidth(int width);

    /** A vector of n elements. */
    record Vector(int n) implements Shape {
        /** Checks that there is at least one element. */
        public Vector {
            Arguments.atLeast("vector", "n", n, 1);
        }

        @Override
        public int size() {
            return n;
        }

        @Override
        public int width() {
            return n;
        }

        @Override
        public Shape withWidth(int width) {
            return new Vector(width);
        }

        @Override
        public String toString() {
            return "vector(" + n + ")";
        }
    }

    /** A sequence of {@code count} tokens of {@code width} elements. */
    record Tokens(int count, int width) implements Shape {
        /** Checks that there is at least one token and one element, and that a row can hold them. */
        public Tokens {
            Arguments.atLeast("tokens", "the number of tokens", count, 1);
            Arguments.atLeast("tokens", "the width", width, 1);
            if ((long) count * width > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "tokens: " + count + " tokens of " + width + " elements, expected fewer than 2³¹ elements together");
            }
        }

        @Override
        public int size() {
            return count * width;
        }

        @Override
        public int rows() {
            return count;
        }

        @Override
        public Shape withWidth(int width) {
            return new Tokens(count, width);
        }

        @Override
        public String toString() {
            return "tokens(" + count + ", " + width + ")";
        }
    }

    /** An image in the layout of {@link ImageShape}. */
    record Image(ImageShape pixels) implements Shape {
        /** Checks that the shape is not null. */
        public Image {
            Arguments.present("image", "the shape", pixels);
        }

        @Override
        public int size() {
            return pixels.size();
        }

        @Override
        public int width() {
            return pixels.channels();
        }

        @Override
        public Shape withWidth(int width) {
            return Shape.image(pixels.height(), pixels.width(), width);
        }

        @Override
        public String toString() {
            return "image(" + pixels.height() + ", " + pixels.width() + ", " + pixels.channels() + ")";
        }
    }

    /** Several values in one row. */
    record Together(List<Shape> parts) implements Shape {
        /** Checks that there is at least one part, that none is null, and that a row can hold them. */
        public Together {
            for (Shape part : Arguments.present("together", "the list of parts", parts)) {
                Arguments.present("together", "a part", part);
            }
            parts = List.copyOf(parts);
            if (parts.isEmpty()) {
                throw new IllegalArgumentException("together: the number of parts is 0, expected at least 1");
            }
            if (parts.stream().mapToLong(Shape::size).sum() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("together: " + parts + ", expected fewer than 2³¹ elements together");
            }
        }

        @Override
        public int size() {
            return parts.stream().mapToInt(Shape::size).sum();
        }

        @Override
        public int width() {
            return size();
        }

        @Override
        public Shape withWidth(int width) {
            throw new IllegalArgumentException("withWidth: the shape is " + this + ", expected one of its parts");
        }

        /** The first element of part i. */
        public int offset(int i) {
            return parts.stream().limit(Arguments.index("offset", "part", i, parts.size())).mapToInt(Shape::size).sum();
        }

        @Override
        public String toString() {
            return parts.stream().map(Shape::toString).collect(Collectors.joining(", ", "together(", ")"));
        }
    }
}
