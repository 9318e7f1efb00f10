package dev.zstar.solvers.parameters;

import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The description of a parameter. Its values are in a block of {@code rows × cols}.
 *
 * @param name such as {@code "mlp.up.weight"}; unique in a cell
 * @param rows for a weight matrix the outputs, for a bias or a gain 1
 * @param cols for a weight matrix the inputs
 * @param dimensions the shape in files, whose product is {@code rows · cols}: {@code [out, in]} for a matrix, {@code [n]} for a vector
 * @param order the dimensions of the file in the order in which the block has them: {@code [0, 1, …]} if elements lie in the block as in
 *     the file
 * @param initialiser its first values
 */
public record Parameter(String name, int rows, int cols, List<Integer> dimensions, List<Integer> order, Initialiser initialiser) {
    /** Checks the name and the shape. */
    public Parameter {
        if (Arguments.present("parameter", "the name", name).isBlank()) {
            throw new IllegalArgumentException("parameter: the name is empty, expected letters");
        }
        Arguments.atLeast(name, "the number of rows", rows, 1);
        Arguments.atLeast(name, "the number of columns", cols, 1);
        if ((long) rows * cols > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": the shape is " + rows + "×" + cols + ", expected fewer than 2³¹ elements");
        }
        for (Integer dimension : Arguments.present(name, "the list of dimensions", dimensions)) {
            Arguments.atLeast(name, "a dimension", Arguments.present(name, "a dimension", dimension), 1);
        }
        dimensions = List.copyOf(dimensions);
        Arguments.present(name, "the initialiser", initialiser);
        // No product overflows: a factor is below 2³¹, and so is what is multiplied any further.
        long product = dimensions.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a > Integer.MAX_VALUE ? a : a * b);
        if (product != Math.multiplyFull(rows, cols)) {
            throw new IllegalArgumentException(
                    name + ": the dimensions are " + dimensions + ", expected a product of " + rows + "·" + cols);
        }
        for (Integer axis : Arguments.present(name, "the order of the dimensions", order)) {
            Arguments.present(name, "a number in the order of the dimensions", axis);
        }
        order = List.copyOf(order);
        if (!order.stream().sorted().toList().equals(count(dimensions))) {
            throw new IllegalArgumentException(
                    name + ": the order of the dimensions is " + order + ", expected each of " + count(dimensions) + " once");
        }
    }

    /** A parameter whose elements lie in its block as in files. */
    public Parameter(String name, int rows, int cols, List<Integer> dimensions, Initialiser initialiser) {
        this(name, rows, cols, dimensions, count(Arguments.present(name, "the list of dimensions", dimensions)), initialiser);
    }

    private static List<Integer> count(List<Integer> dimensions) {
        return IntStream.range(0, dimensions.size()).boxed().toList();
    }

    /** A matrix {@code outputs × inputs}. */
    public static Parameter matrix(String name, int outputs, int inputs, Initialiser initialiser) {
        return new Parameter(name, outputs, inputs, List.of(outputs, inputs), initialiser);
    }

    /** A vector of n elements, a block of {@code 1 × n}. */
    public static Parameter vector(String name, int n, Initialiser initialiser) {
        return new Parameter(name, 1, n, List.of(n), initialiser);
    }

    /**
     * The taps of a convolution. Files have them as {@code torch.nn.Conv2d}: {@code [out, in, kernel, kernel]}. In the block the channels
     * of a tap are side by side: {@code out × (kernel · kernel · in)}.
     */
    public static Parameter taps(String name, int out, int in, int kernel, Initialiser initialiser) {
        return new Parameter(name, out, kernel * kernel * in, List.of(out, in, kernel, kernel), List.of(0, 2, 3, 1), initialiser);
    }

    /** Whether the elements lie in the block as in files. */
    public boolean isInOrder() {
        return order.equals(count(dimensions));
    }

    /**
     * Where an element of a file lies in the block: in row {@code result / cols} and column {@code result % cols}.
     *
     * @param element its number in the file, from 0 on, the last dimension fastest
     */
    public int place(int element) {
        int rest = Arguments.index(name, "element", element, size());
        int[] index = new int[dimensions.size()];
        for (int d = index.length - 1; d >= 0; d--) {
            index[d] = rest % dimensions.get(d);
            rest /= dimensions.get(d);
        }
        int place = 0;
        for (int d : order) {
            place = place * dimensions.get(d) + index[d];
        }
        return place;
    }

    /** Joins lists into one, in this order. */
    @SafeVarargs
    public static List<Parameter> join(List<Parameter>... lists) {
        List<Parameter> all = new ArrayList<>();
        for (List<Parameter> list : lists) {
            all.addAll(Arguments.present("join", "a list", list));
        }
        return List.copyOf(all);
    }

    /** The number of elements. */
    public int size() {
        return rows * cols;
    }

    /** Name and shape, as messages write them. */
    @Override
    public String toString() {
        return name + " " + dimensions;
    }
}
