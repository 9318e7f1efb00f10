package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.operations.Affine;
import dev.zstar.solvers.cells.operations.Bias;
import dev.zstar.solvers.cells.operations.Concatenate;
import dev.zstar.solvers.cells.operations.Convolve;
import dev.zstar.solvers.cells.operations.Gain;
import dev.zstar.solvers.cells.operations.Gate;
import dev.zstar.solvers.cells.operations.GroupNorm;
import dev.zstar.solvers.cells.operations.LearntScale;
import dev.zstar.solvers.cells.operations.Mask;
import dev.zstar.solvers.cells.operations.MixTokens;
import dev.zstar.solvers.cells.operations.Operation;
import dev.zstar.solvers.cells.operations.RmsNorm;
import dev.zstar.solvers.cells.operations.Shapes;
import dev.zstar.solvers.cells.operations.TokenBias;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Scaled;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Describes a cell: operations that have parameters. Those without are methods of {@link Value}. Each method checks the shapes at once.
 *
 * <p>Parameters are named as {@code torch.nn} names them: {@code linear("mlp.up", …)} has {@code mlp.up.weight} and {@code mlp.up.bias}. A
 * name may be used once. To use a matrix twice, create it with {@link #weight} and multiply with it twice.
 */
public final class Net {
    private final Type type;
    private final Described described = new Described();
    private int dropouts;
    private boolean closed;

    Net(Type type) {
        this.type = type;
    }

    Value add(Operation operation, Value... inputs) {
        requireOpen(operation.name());
        for (Value input : inputs) {
            if (input.net() != this) {
                throw new IllegalArgumentException(operation.name() + ": an input is a value of another cell, expected one of this");
            }
        }
        return new Value(this, Node.of(operation, Value.nodes(inputs)));
    }

    private void requireOpen(String operation) {
        if (closed) {
            throw new IllegalStateException(operation + ": this cell has been described already, expected calls within its lambda only");
        }
    }

    void close() {
        closed = true;
    }

    List<Parameter> parameters() {
        return described.parameters();
    }

    // ---- parameters

    /** Creates a parameter, for operations that take one. */
    public Parameter parameter(Parameter parameter) {
        requireOpen(Arguments.present("parameter", "the description", parameter).name());
        return described.add(parameter);
    }

    /** Creates a matrix {@code outputs × inputs}, uniform between {@code ±1/√inputs} at first, as {@code torch.nn.Linear} has it. */
    public Weight weight(String name, int outputs, int inputs) {
        return weight(name, outputs, inputs, Initialiser.fanIn(1));
    }

    /** The same with other first values. */
    public Weight weight(String name, int outputs, int inputs, Initialiser initialiser) {
        return Weight.of(parameter(Parameter.matrix(Described.name("weight", name), outputs, inputs, initialiser)));
    }

    /**
     * A matrix whose row i is {@code g_i v_i / ‖v_i‖}, with two parameters: V, {@code outputs × inputs}, and g, at first all 1, named as in
     * {@code torch.nn.utils.weight_norm}: {@code <name>_v} and {@code <name>_g}.
     */
    public Weight weightNorm(String name, int outputs, int inputs) {
        Parameter v = parameter(Parameter.matrix(Described.name("weightNorm", name) + "_v", outputs, inputs, Initialiser.fanIn(1)));
        Parameter g = parameter(new Parameter(name + "_g", 1, outputs, List.of(outputs, 1), Initialiser.constant(1)));
        return new Weight(v, 0, 1, false, new Weight.Norm.Rows(g));
    }

    /** A matrix {@code V min(1, c / σ(V))} with one parameter, V: once σ has converged, {@code ‖W‖₂ ≤ c}. */
    public Weight spectralNorm(String name, int outputs, int inputs, double c) {
        Parameter v = parameter(Parameter.matrix(Described.name("spectralNorm", name), outputs, inputs, Initialiser.fanIn(1)));
        return new Weight(v, 0, 1, false, new Weight.Norm.Spectral(c));
    }

    // ---- products

    /** {@code x Wᵀ + b} for each token, with the parameters {@code <name>.weight} and {@code <name>.bias}. */
    public Value linear(String name, Value x, int outputs) {
        return bias(name + ".bias", linearNoBias(name, x, outputs));
    }

    /** {@code x Wᵀ} for each token, with the parameter {@code <name>.weight}. */
    public Value linearNoBias(String name, Value x, int outputs) {
        Arguments.present(Described.name("linear", name), "the input", x);
        return product(weight(name + ".weight", outputs, x.shape().width()), x);
    }

    /** {@code x Wᵀ} for each token, with a matrix that other products may use, too. */
    public Value product(Weight w, Value x) {
        described.require(Arguments.present("product", "the matrix", w));
        return add(Affine.product(w), Arguments.present("product", "the input", x));
    }

    /**
     * {@code y[t', c] = Σ_t W[t', t] x[t, c] + b[t']}: a product along the tokens (MLP-Mixer, Tolstikhin et al. 2021), with the parameters
     * {@code <name>.weight}, {@code outTokens × tokens}, and {@code <name>.bias}.
     */
    public Value mixTokens(String name, Value x, int outTokens) {
        Described.name("mixTokens", name);
        Shape.Tokens tokens = Shapes.tokens("mix of tokens " + name, Arguments.present(name, "the input", x).shape());
        Parameter w = parameter(Parameter.matrix(name + ".weight", outTokens, tokens.count(), Initialiser.fanIn(1)));
        return add(new MixTokens(w, parameter(Parameter.vector(name + ".bias", outTokens, Initialiser.constant(0)))), x);
    }

    // ---- convolutions

    /**
     * A convolution of an image, padded with zeros, plus a bias for each channel, with the parameters {@code <name>.weight} and
     * {@code <name>.bias} of {@code torch.nn.Conv2d} with {@code padding = kernel / 2}.
     *
     * @param kernel 1 or 3
     * @param stride 1, or 2 to halve height and width, rounded up
     */
    public Value convolve(String name, Value x, int outChannels, int kernel, int stride) {
        return bias(name + ".bias", convolveNoBias(name, x, outChannels, kernel, stride));
    }

    /** The same without bias. */
    public Value convolveNoBias(String name, Value x, int outChannels, int kernel, int stride) {
        Described.name("convolve", name);
        Shape.Image image = Shapes.image("convolution " + name, Arguments.present(name, "the input", x).shape());
        Convolution convolution = Shapes.convolution("convolution " + name, kernel, stride, image.width(), outChannels);
        Parameter w = parameter(Parameter.taps(name + ".weight", outChannels, image.width(), kernel, Initialiser.fanIn(1)));
        return add(Convolve.product(image.pixels(), convolution, w), x);
    }

    // ---- several values as one

    /** Values one after the other in each token, vector or pixel: all have the same number of tokens, or the same height and width. */
    public Value concatenate(Value... values) {
        return add(Concatenate.columns(shapes("concatenate", values)), values);
    }

    /** Values of any shapes as one, such as the resolutions of a multiscale state; {@link Value#part} takes them apart. */
    public Value together(Value... values) {
        return add(Concatenate.together(shapes("together", values)), values);
    }

    private static List<Shape> shapes(String operation, Value... values) {
        List<Shape> shapes = new ArrayList<>();
        for (Value value : Arguments.present(operation, "the list of values", values)) {
            shapes.add(Arguments.present(operation, "value " + shapes.size(), value).shape());
        }
        return shapes;
    }

    // ---- learnt factors and sums

    /** {@code gain ⊙ x} for each token or pixel, with the parameter {@code name}, ones at first. */
    public Value gain(String name, Value x) {
        Described.name("gain", name);
        Arguments.present("gain", "the input", x);
        return add(new Gain(parameter(Parameter.vector(name, x.shape().width(), Initialiser.constant(1)))), x);
    }

    /** {@code α x} with the parameter {@code name}, one number: a residual with a learnt scale. */
    public Value scalar(String name, Value x, double initial) {
        Described.name("scalar", name);
        Arguments.present("scalar", "the input", x);
        Value.finite("scalar", "the initial value", initial);
        return add(new LearntScale(parameter(Parameter.vector(name, 1, Initialiser.constant(initial)))), x);
    }

    /**
     * {@code x + P} with a parameter {@code name} of the shape of x, such as learnt positions: zeros at first. Files have that of an image
     * as {@code [channels, height, width]}.
     */
    public Value add(String name, Value x) {
        Described.name("add", name);
        Shape shape = Arguments.present("add", "the input", x).shape();
        Initialiser zeros = Initialiser.constant(0);
        return switch (shape) {
            case Shape.Tokens t -> add(new TokenBias(parameter(Parameter.matrix(name, t.count(), t.width(), zeros))), x);
            case Shape.Image i -> {
                List<Integer> dimensions = List.of(i.width(), i.pixels().height(), i.pixels().width());
                yield add(Bias.of(parameter(new Parameter(name, 1, i.size(), dimensions, List.of(1, 2, 0), zeros))), x);
            }
            default -> add(Bias.of(parameter(Parameter.vector(name, shape.size(), zeros))), x);
        };
    }

    // ---- dropout

    /**
     * x with elements set to 0 at random, the others divided by {@code 1 - rate}. The elements are drawn with the input of each row and
     * stay the same for its solve; drawing them in each step would leave no equilibrium. {@link CellMap#dropout} turns it on.
     *
     * @param rate the probability of a 0, at least 0 and below 1
     */
    public Value dropout(Value x, double rate) {
        Arguments.present("dropout", "the input", x);
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("dropout: the rate is " + rate + ", expected at least 0 and below 1");
        }
        return x.times(add(new Mask(x.shape(), dropouts++, rate)));
    }

    // ---- normalisation

    /** {@code gain ⊙ x / √(mean x² + 10⁻⁶)} for each token, with the parameter {@code <name>.weight}, ones at first. */
    public Value rmsNorm(String name, Value x) {
        return rmsNorm(name, x, 1e-6);
    }

    /** The same with another ε, a normal number of the type of the cell. */
    public Value rmsNorm(String name, Value x, double epsilon) {
        Arguments.present(Described.name("rmsNorm", name), "the input", x);
        return add(new RmsNorm(ones(name, x.shape().width()), positive(name, epsilon)), x);
    }

    /** {@code gain ⊙ (x - μ) / √(σ² + 10⁻⁵) + bias} for each token, with the parameters {@code <name>.weight} and {@code <name>.bias}. */
    public Value layerNorm(String name, Value x) {
        return layerNorm(name, x, 1e-5);
    }

    /** The same with another ε, a normal number of the type of the cell. */
    public Value layerNorm(String name, Value x, double epsilon) {
        Arguments.present(Described.name("layerNorm", name), "the input", x);
        if (x.shape() instanceof Shape.Image) {
            throw new IllegalArgumentException(
                    "layer norm " + name + ": the input is " + x.shape() + ", expected tokens or a vector; groupNorm takes images");
        }
        return groupNorm("layer norm", name, x, 1, epsilon);
    }

    /**
     * Normalises groups of channels of an image, or of elements of a token, with the parameters {@code <name>.weight} and
     * {@code <name>.bias}.
     */
    public Value groupNorm(String name, Value x, int groups) {
        return groupNorm(name, x, groups, 1e-5);
    }

    /** The same with another ε, a normal number of the type of the cell. */
    public Value groupNorm(String name, Value x, int groups, double epsilon) {
        Arguments.present(Described.name("groupNorm", name), "the input", x);
        Arguments.atLeast(name, "the number of groups", groups, 1);
        return groupNorm("group norm", name, x, groups, epsilon);
    }

    private Value groupNorm(String kind, String name, Value x, int groups, double epsilon) {
        int width = x.shape().width();
        Parameter bias = Parameter.vector(name + ".bias", width, Initialiser.constant(0));
        return add(new GroupNorm(kind, groups, ones(name, width), parameter(bias), positive(name, epsilon)), x);
    }

    private Parameter ones(String name, int width) {
        return parameter(Parameter.vector(name + ".weight", width, Initialiser.constant(1)));
    }

    /** As 0, to which the type rounds a smaller number, ε would leave infinite derivatives at x = 0. */
    private double positive(String name, double epsilon) {
        Arguments.positive(name, "ε", epsilon);
        if (!Scaled.isNormal(type, epsilon)) {
            throw new IllegalArgumentException(name + ": ε is " + epsilon + ", expected a normal number of the type " + type);
        }
        return epsilon;
    }

    // ---- blocks of several operations

    /**
     * {@code W₂ (silu(W₁ x) ⊙ W₃ x)} for each token (Shazeer 2020), without biases, with the parameters {@code <name>.gate.weight},
     * {@code <name>.up.weight} and {@code <name>.down.weight}.
     */
    public Value swiglu(String name, Value x, int hidden) {
        Value gate = linearNoBias(Described.name("swiglu", name) + ".gate", x, hidden);
        Value up = linearNoBias(name + ".up", x, hidden);
        return linearNoBias(name + ".down", gated(gate, Activation.SILU, up), x.shape().width());
    }

    /** {@code φ(gate) ⊙ up}, element by element. */
    public Value gated(Value gate, Activation φ, Value up) {
        return add(new Gate(Arguments.present("gate", "the activation", φ)), Arguments.present("gate", "the gate", gate),
                Arguments.present("gate", "the other input", up));
    }

    /**
     * Attention of the tokens to each other, with the parameters of {@code torch.nn.MultiheadAttention}: {@code <name>.in_proj_weight},
     * whose thirds are the matrices of q, k and v, {@code <name>.in_proj_bias}, {@code <name>.out_proj.weight} and
     * {@code <name>.out_proj.bias}.
     */
    public Value attention(String name, Value x, Heads heads) {
        return attention(name, x, x, heads);
    }

    /** Attention of tokens to {@code other} tokens of the same shape, which give keys and values. */
    public Value attention(String name, Value x, Value other, Heads heads) {
        Arguments.present(Described.name("attention", name), "the input", x);
        Arguments.present(name, "the other tokens", other);
        Arguments.present(name, "the heads", heads);
        return MultiheadAttention.of(this, name, x, other, heads);
    }

    /** {@code x + b} for each token or pixel, with the parameter {@code name}, zeros at first. */
    public Value bias(String name, Value x) {
        Described.name("bias", name);
        Arguments.present("bias", "the input", x);
        return add(Bias.of(parameter(Parameter.vector(name, x.shape().width(), Initialiser.constant(0)))), x);
    }
}
