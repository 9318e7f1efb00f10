package dev.zstar.solvers.cells;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/**
 * A network {@code f(z, x; θ)} for an equilibrium {@code z = f(z, x; θ)}, described once by a lambda on symbolic values:
 *
 * <pre>{@code
 * Cell cell = Cell.of(Type.F32, Shape.vector(64), Shape.vector(8), (net, z, x) ->
 *     net.linear("w", z, 64).plus(net.linear("u", x, 64)).tanh());
 * }</pre>
 *
 * <p>A cell holds no memory. {@link #parameters} makes the parameters, and {@link #plan} a map for solvers and layers: with products with
 * the Jacobian and its transpose, and gradients of every parameter and the input. What depends on x alone is computed once for each solve.
 */
public final class Cell {
    private final Type type;
    private final Shape state;
    private final Shape input;
    private final Node z;
    private final Node x;
    private final int n;
    private final int inputs;
    private final List<Node> order;
    private final double rowOperations;
    private final List<Parameter> parameters;

    /** A network, as a function of symbolic values. */
    @FunctionalInterface
    public interface Network {
        /**
         * Describes f.
         *
         * @param net makes parameters, and operations that have some
         * @param z the state
         * @param x the input
         * @return f(z, x), of the shape of z
         */
        Value describe(Net net, Value z, Value x);
    }

    private Cell(Type type, Shape state, Shape input, Network network) {
        this.type = Arguments.present("cell", "the type", type);
        this.state = Arguments.present("cell", "the shape of the state", state);
        this.input = Arguments.present("cell", "the shape of the input", input);
        Arguments.present("cell", "the network", network);
        Net net = new Net(type);
        z = Node.leaf("z", state, true);
        x = Node.leaf("x", input, false);
        Value result = Arguments.present("cell", "the result of the network", network.describe(net, new Value(net, z), new Value(net, x)));
        net.close();
        if (result.net() != net) {
            throw new IllegalArgumentException("cell: the result is a value of another cell, expected one of this");
        }
        if (!result.shape().equals(state)) {
            throw new IllegalArgumentException("cell: the result is " + result.shape() + ", expected the shape of the state, " + state);
        }
        n = state.size();
        inputs = input.size();
        order = Fusion.order(result.node());
        rowOperations = order.stream().filter(node -> node.ofState() && !node.isLeaf())
                .mapToDouble(node -> node.operation().operations(node.shape())).sum();
        parameters = net.parameters();
    }

    /** Describes a cell whose input has the shape of its state. */
    public static Cell of(Type type, Shape shape, Network network) {
        return new Cell(type, shape, shape, network);
    }

    /**
     * Describes a cell. The network is called once, here.
     *
     * @throws IllegalArgumentException if an operation does not take values of the shapes that it is given; the message names it
     */
    public static Cell of(Type type, Shape state, Shape input, Network network) {
        return new Cell(type, state, input, network);
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /** The shape of z. */
    public Shape state() {
        return state;
    }

    /** The shape of x. */
    public Shape input() {
        return input;
    }

    /** The number of elements of z. */
    public int n() {
        return n;
    }

    /** The number of elements of x. */
    public int inputs() {
        return inputs;
    }

    /** The descriptions of the parameters, in the order in which the network made them. */
    public List<Parameter> descriptions() {
        return parameters;
    }

    /** Parameters with their first values, which depend on the seed only. The caller closes them. */
    public Parameters parameters(long seed) {
        return Parameters.initial(type, parameters, seed);
    }

    /** Parameters of zeros. The caller closes them. */
    public Parameters zeros() {
        return Parameters.zeros(type, parameters);
    }

    /** The same as {@link #plan(Engine, int, Parameters, Keep, Format...)}; intermediate values of the linearisation are kept. */
    public CellMap plan(Engine engine, int batch, Parameters parameters, Format... narrow) {
        return plan(engine, batch, parameters, Keep.EVERYTHING, narrow);
    }

    /**
     * Allocates everything that solves and gradients need.
     *
     * @param engine the engine that computes
     * @param batch the most rows
     * @param parameters the values of the parameters; the map reads them here, and again in {@link CellMap#update}
     * @param keep what the linearisation keeps
     * @param narrow narrower formats in which the map keeps its matrices in addition to the full one, for {@link CellMap#in}
     * @return the map; the caller closes it
     */
    public CellMap plan(Engine engine, int batch, Parameters parameters, Keep keep, Format... narrow) {
        return new CellMap(this, engine, batch, parameters, keep, narrow);
    }

    /** The most rows that a value of one sample has. */
    int mostRows() {
        return Math.max(Math.max(state.rows(), input.rows()), order.stream().mapToInt(node -> node.shape().rows()).max().orElse(1));
    }

    Node z() {
        return z;
    }

    Node x() {
        return x;
    }

    /** {@link dev.zstar.solvers.FixedPointMap#rowOperations}. */
    double rowOperations() {
        return rowOperations;
    }

    List<Node> order() {
        return order;
    }

    Node result() {
        return order.getLast();
    }

    /** The operations in the order in which they run. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("cell of ").append(state).append(" with input ").append(input);
        for (Node node : order) {
            if (!node.isLeaf()) {
                text.append(System.lineSeparator()).append("  ").append(node);
            }
        }
        return text.toString();
    }
}
