package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.solvers.cells.operations.Activate;
import dev.zstar.solvers.cells.operations.Combine;
import dev.zstar.solvers.cells.operations.MeanOfTokens;
import dev.zstar.solvers.cells.operations.Multiply;
import dev.zstar.solvers.cells.operations.Operation;
import dev.zstar.solvers.cells.operations.Resample;
import dev.zstar.solvers.cells.operations.Reshape;
import dev.zstar.solvers.cells.operations.Scale;
import dev.zstar.solvers.cells.operations.Slice;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/** A symbolic value in the description of a {@link Cell}: the state, the input, or the result of an operation on them. */
public final class Value {
    private final Net net;
    private final Node node;

    Value(Net net, Node node) {
        this.net = net;
        this.node = node;
    }

    Node node() {
        return node;
    }

    Net net() {
        return net;
    }

    /** The shape of the value for one row of the batch. */
    public Shape shape() {
        return node.shape();
    }

    private Value then(Operation operation) {
        return net.add(operation, this);
    }

    private Value with(String name, Value other, Operation operation) {
        return net.add(operation, this, Arguments.present(name, "the other value", other));
    }

    /** {@code this + other}, element by element. */
    public Value plus(Value other) {
        return with("plus", other, Combine.PLUS);
    }

    /** {@code this - other}, element by element. */
    public Value minus(Value other) {
        return with("minus", other, new Combine(1, -1));
    }

    /** {@code α this + β other}, element by element; a residual with a fixed scale. */
    public Value combine(double α, Value other, double β) {
        return with("combine", other, new Combine(finite("combine", "α", α), finite("combine", "β", β)));
    }

    /** {@code this ⊙ other}, element by element. */
    public Value times(Value other) {
        return with("times", other, new Multiply());
    }

    /** {@code α this}. */
    public Value scale(double α) {
        return then(new Scale(finite("scale", "α", α)));
    }

    /** {@code φ(this)}, element by element. */
    public Value activate(Activation φ) {
        return then(new Activate(Arguments.present("activate", "the activation", φ)));
    }

    /** {@code tanh(this)}. */
    public Value tanh() {
        return activate(Activation.TANH);
    }

    /** {@code max(this, 0)}. */
    public Value relu() {
        return activate(Activation.RELU);
    }

    /** {@code σ(this)}. */
    public Value sigmoid() {
        return activate(Activation.SIGMOID);
    }

    /** {@code this ⊙ σ(this)}. */
    public Value silu() {
        return activate(Activation.SILU);
    }

    /** {@code this ⊙ Φ(this)}. */
    public Value gelu() {
        return activate(Activation.GELU);
    }

    /** This image enlarged by bilinear interpolation to {@code factor} times its height and width. */
    public Value upsample(int factor) {
        return then(Resample.up(shape(), factor));
    }

    /** This image with the mean of each square of {@code factor × factor} pixels as one pixel. The factor must divide height and width. */
    public Value downsample(int factor) {
        return then(Resample.down(shape(), factor));
    }

    /** Columns {@code from … from + count - 1} of each token, elements of a vector, or channels of an image. */
    public Value slice(int from, int count) {
        return then(Slice.columns(shape(), from, count));
    }

    /** Part i, counted from 0, of a value that is several {@linkplain Net#together together}. */
    public Value part(int i) {
        return then(Slice.part(shape(), i));
    }

    /** Token i, counted from 0, as a vector. */
    public Value token(int i) {
        return then(Slice.token(shape(), i));
    }

    /** The mean of the tokens, as a vector. */
    public Value meanOfTokens() {
        return then(new MeanOfTokens());
    }

    /** The same elements in the same order as another shape of this size: an image as the tokens of its pixels, for instance. */
    public Value reshape(Shape shape) {
        return then(new Reshape(Arguments.present("reshape", "the shape", shape)));
    }

    static double finite(String operation, String name, double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException(operation + ": " + name + " is " + number + ", expected a finite number");
        }
        return number;
    }

    @Override
    public String toString() {
        return node.toString();
    }

    /** The nodes of some values. */
    static List<Node> nodes(Value... values) {
        return java.util.Arrays.stream(values).map(Value::node).toList();
    }
}
