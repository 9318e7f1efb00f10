package dev.zstar.solvers.cells;

import dev.zstar.solvers.cells.operations.Operation;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/** A value of a cell's graph: what computes it, and from which other values. */
final class Node {
    private final String name;
    private final Shape shape;
    /** Null for the state and the input. */
    private final Operation operation;
    private final List<Node> inputs;
    private final boolean ofState;

    private Node(String name, Shape shape, Operation operation, List<Node> inputs, boolean ofState) {
        this.name = name;
        this.shape = shape;
        this.operation = operation;
        this.inputs = inputs;
        this.ofState = ofState;
    }

    /** The state z, or the input x. */
    static Node leaf(String name, Shape shape, boolean isState) {
        return new Node(name, shape, null, List.of(), isState);
    }

    static Node of(Operation operation, List<Node> inputs) {
        return new Node(operation.name(), operation.shape(inputs.stream().map(Node::shape).toList()), operation, List.copyOf(inputs),
                inputs.stream().anyMatch(Node::ofState));
    }

    String name() {
        return name;
    }

    Shape shape() {
        return shape;
    }

    Operation operation() {
        return operation;
    }

    List<Node> inputs() {
        return inputs;
    }

    /** Whether it depends on the state. */
    boolean ofState() {
        return ofState;
    }

    boolean isLeaf() {
        return operation == null;
    }

    @Override
    public String toString() {
        return name + " " + shape;
    }
}
