package dev.zstar.solvers.parameters;

import dev.zstar.solvers.tensors.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** Numbers from a file in row-major order: those of a tensor, or a weight that is computed from several. */
final class Elements {
    private final String name;
    private final List<Long> shape;
    private final LongToDoubleFunction values;
    /** Null if the numbers are computed. */
    private final Tensor tensor;

    private Elements(String name, List<Long> shape, LongToDoubleFunction values, Tensor tensor) {
        this.name = name;
        this.shape = shape;
        this.values = values;
        this.tensor = tensor;
    }

    static Elements of(Tensor tensor) {
        return new Elements(tensor.name(), list(tensor.shape()), tensor::get, tensor);
    }

    /** Numbers of the shape of a tensor, computed when they are asked for. */
    static Elements computed(Tensor like, LongToDoubleFunction values) {
        return new Elements(like.name(), list(like.shape()), values, null);
    }

    private static List<Long> list(long... shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    /** The name of the tensor that gives the shape. */
    String name() {
        return name;
    }

    List<Long> shape() {
        return shape;
    }

    /** The tensor itself; null if the numbers are computed. */
    Tensor tensor() {
        return tensor;
    }

    long count() {
        return shape.stream().reduce(1L, (a, b) -> a * b);
    }

    double get(long i) {
        return values.applyAsDouble(i);
    }
}
