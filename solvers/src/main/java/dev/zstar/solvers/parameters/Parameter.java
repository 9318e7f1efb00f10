package dev.zstar.solvers.parameters;

import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.List;

/**
 * The description of a parameter. Its values are in a block of {@code rows × cols}.
 *
 * @param name such as {@code "mlp.up.weight"}; unique in a cell
 * @param rows for a weight matrix the outputs, for a bias or a gain 1
 * @param cols for a weight matrix the inputs
 * @param dimensions the shape in files, whose product is {@code rows · cols}: {@code [out, in]} for a matrix, {@code [n]} for a vector
 * @param initialiser its first values
 */
public record Parameter(String name, int rows, int cols, List<Integer> dimensions, Initialiser initialiser) {
    /** Checks the name and the shape. */
    public Parameter {
        if (Arguments.present("parameter", "the name", name).isBlank()) {
            throw new IllegalArgumentException("parameter: the name is empty, expected letters");
        }
        Arguments.atLeast(name, "the number of rows", rows, 1);
        Arguments.atLeast(name, "the number of columns", cols, 1);
        dimensions = List.copyOf(Arguments.present(name, "the list of dimensions", dimensions));
        Arguments.present(name, "the initialiser", initialiser);
        if (dimensions.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact) != (long) rows * cols) {
            throw new IllegalArgumentException(
                    name + ": the dimensions are " + dimensions + ", expected a product of " + rows + "·" + cols);
        }
    }

    /** A matrix {@code outputs × inputs}. */
    public static Parameter matrix(String name, int outputs, int inputs, Initialiser initialiser) {
        return new Parameter(name, outputs, inputs, List.of(outputs, inputs), initialiser);
    }

    /** A vector of n elements, a block of {@code 1 × n}. */
    public static Parameter vector(String name, int n, Initialiser initialiser) {
        return new Parameter(name, 1, n, List.of(n), initialiser);
    }

    /** Several lists as one, in this order. */
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
