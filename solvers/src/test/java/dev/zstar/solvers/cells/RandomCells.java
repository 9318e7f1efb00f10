package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random graphs of all operations: random shapes, values that are read several times or never, parts that depend on the input alone, and
 * results that may be the state or the input itself.
 */
final class RandomCells {
    /** Those with a derivative everywhere, so that central differences find it. */
    private static final List<Activation> SMOOTH = List.of(Activation.IDENTITY, Activation.TANH, Activation.SIGMOID, Activation.SOFTPLUS,
            Activation.GELU_TANH, Activation.GELU, Activation.SILU);

    private final Random random;
    private final boolean isSmooth;
    private Net net;
    private int names;
    private List<Value> values;
    /** Matrices that products use again. */
    private List<Weight> weights;

    private RandomCells(long seed, boolean isSmooth) {
        random = new Random(seed);
        this.isSmooth = isSmooth;
    }

    /** The cell of a seed: the same for each type. */
    static Cell of(Type type, long seed, boolean isSmooth) {
        RandomCells cells = new RandomCells(seed, isSmooth);
        Shape state = cells.shape(true);
        Shape input = cells.random.nextInt(3) == 0 ? state : cells.shape(true);
        return Cell.of(type, state, input, cells::describe);
    }

    private int upTo(int most) {
        return 1 + random.nextInt(most);
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private Shape shape(boolean mayBeTogether) {
        return switch (random.nextInt(mayBeTogether ? 7 : 6)) {
            case 0 -> Shape.vector(upTo(20));
            // Widths of whole cache lines, for which blocks of callers are used without a copy.
            case 1 -> Shape.tokens(upTo(4), 16);
            case 2, 3 -> Shape.tokens(upTo(5), 2 * upTo(6));
            case 4, 5 -> Shape.image(upTo(4), upTo(4), upTo(5));
            default -> oneIn(3) ? Shape.together(shape(false)) : Shape.together(shape(oneIn(3)), shape(false));
        };
    }

    private Value describe(Net net, Value z, Value x) {
        this.net = net;
        names = 0;
        values = new ArrayList<>(List.of(z, x));
        weights = new ArrayList<>();
        if (oneIn(4)) {
            net.weight("unused", upTo(3), upTo(3));
        }
        int steps = random.nextInt(12);
        for (int i = 0; i < steps; i++) {
            values.add(next(any()));
        }
        Value result = values.get(oneIn(3) ? random.nextInt(values.size()) : values.size() - 1);
        result = as(result, z.shape());
        // Mostly of the state, which few random graphs are.
        return oneIn(3) ? result : result.combine(0.5, as(values.get(random.nextInt(values.size())), z.shape()), 0.25);
    }

    private Value any() {
        // Late values mostly, for graphs that are deep.
        int last = values.size() - 1;
        return values.get(oneIn(3) ? random.nextInt(values.size()) : last - random.nextInt(Math.min(3, last + 1)));
    }

    private String name() {
        return "p" + names++;
    }

    private Activation activation() {
        List<Activation> some = isSmooth ? SMOOTH : List.of(Activation.values());
        return some.get(random.nextInt(some.size()));
    }

    /** A value of this shape made of another. */
    private Value as(Value v, Shape shape) {
        if (v.shape().equals(shape)) {
            return v;
        }
        if (v.shape().size() == shape.size()) {
            return v.reshape(shape);
        }
        if (v.shape() instanceof Shape.Tokens a && shape instanceof Shape.Tokens b && a.count() == b.count()) {
            return net.linear(name(), v, b.width());
        }
        Value flat = v.shape() instanceof Shape.Vector ? v : v.reshape(Shape.vector(v.shape().size()));
        return net.linearNoBias(name(), flat, shape.size()).reshape(shape);
    }

    private Value tokens(Value v) {
        return v.shape() instanceof Shape.Tokens ? v : as(v, Shape.tokens(upTo(4), 2 * upTo(5)));
    }

    private Value image(Value v) {
        return v.shape() instanceof Shape.Image ? v : as(v, Shape.image(upTo(4), upTo(4), upTo(4)));
    }

    private Value rows(Value v) {
        return v.shape() instanceof Shape.Tokens || v.shape() instanceof Shape.Vector ? v : tokens(v);
    }

    private Value next(Value v) {
        return switch (random.nextInt(24)) {
            case 0 -> v.plus(as(any(), v.shape()));
            case 1 -> v.minus(as(any(), v.shape()).scale(random.nextGaussian()));
            case 2 -> v.combine(random.nextGaussian(), as(any(), v.shape()), oneIn(4) ? 0 : random.nextGaussian());
            case 3 -> v.times(as(any(), v.shape()).tanh());
            case 4 -> oneIn(2) ? v.times(v).tanh() : v.plus(v);
            case 5 -> v.activate(activation());
            case 6 -> net.linear(name(), rows(v), upTo(12)).activate(activation());
            case 7 -> residual(rows(v));
            case 8, 9 -> product(rows(v));
            case 10 -> convolution(image(v));
            case 11 -> resampled(image(v));
            case 12 -> sliced(v);
            case 13 -> moved(tokens(v));
            case 14 -> joined(v);
            case 15 -> normalised(v);
            case 16, 17 -> attention(tokens(v));
            case 18 -> net.swiglu(name(), rows(v), upTo(9));
            case 19 -> net.gated(v, activation(), oneIn(3) ? v : as(any(), v.shape())).tanh();
            case 20 -> net.mixTokens(name(), tokens(v), upTo(5));
            case 21 -> net.dropout(v, oneIn(4) ? 0 : 0.7 * random.nextDouble());
            case 22 -> learnt(v);
            default -> v.reshape(oneIn(2) ? Shape.vector(v.shape().size()) : Shape.tokens(v.shape().size(), 1));
        };
    }

    private Value learnt(Value v) {
        return switch (random.nextInt(4)) {
            case 0 -> net.gain(name(), v);
            case 1 -> net.scalar(name(), v, random.nextGaussian());
            case 2 -> net.add(name(), v);
            default -> net.bias(name(), v);
        };
    }

    private Value residual(Value v) {
        return net.linear(name(), v, v.shape().width()).plus(as(any(), v.shape())).activate(activation());
    }

    private Value product(Value v) {
        int width = v.shape().width();
        for (Weight w : weights) {
            for (Weight same : List.of(w, w.transposed())) {
                if (same.inputs() == width && oneIn(2)) {
                    return net.product(same, v);
                }
            }
        }
        int outputs = 2 * upTo(5);
        Weight w = switch (random.nextInt(3)) {
            case 0 -> net.weight(name(), outputs, width);
            case 1 -> net.weightNorm(name(), outputs, width);
            default -> net.spectralNorm(name(), outputs, width, 0.25);
        };
        weights.add(w);
        weights.add(w.part(1, 2));
        return net.product(oneIn(3) ? w.part(0, 2) : w, v);
    }

    private Value convolution(Value v) {
        int channels = upTo(5);
        int kernel = oneIn(2) ? 1 : 3;
        int stride = upTo(2);
        Value y = oneIn(2) ? net.convolve(name(), v, channels, kernel, stride) : net.convolveNoBias(name(), v, channels, kernel, stride);
        y = oneIn(2) ? y : y.plus(as(any(), y.shape()));
        return oneIn(2) ? y : y.activate(activation());
    }

    private Value resampled(Value v) {
        if (v.shape().size() <= 60 && oneIn(2)) {
            return v.upsample(upTo(2));
        }
        Shape.Image image = (Shape.Image) v.shape();
        boolean isEven = image.pixels().height() % 2 == 0 && image.pixels().width() % 2 == 0;
        return v.downsample(isEven ? 2 : 1);
    }

    private Value sliced(Value v) {
        if (v.shape() instanceof Shape.Together together) {
            return v.part(random.nextInt(together.parts().size()));
        }
        int width = v.shape().width();
        int count = upTo(width);
        Value slice = v.slice(random.nextInt(width - count + 1), count);
        // Another one of the same value, which may overlap.
        return oneIn(2) ? slice : slice.plus(v.slice(random.nextInt(width - count + 1), count));
    }

    private Value moved(Value v) {
        return oneIn(2) ? v.meanOfTokens() : v.token(random.nextInt(((Shape.Tokens) v.shape()).count()));
    }

    private Value joined(Value v) {
        if (v.shape().size() > 60) {
            return v.tanh();
        }
        if (oneIn(2)) {
            return oneIn(3) ? net.together(v) : net.together(v, oneIn(3) ? v : any());
        }
        Value w = v.shape() instanceof Shape.Together ? tokens(v) : v;
        return net.concatenate(w, oneIn(3) ? w : as(any(), w.shape()).scale(0.5), w.slice(0, 1));
    }

    private Value normalised(Value v) {
        // An ε that leaves third derivatives small enough for central differences.
        double epsilon = 0.1;
        if (v.shape() instanceof Shape.Image image) {
            return net.groupNorm(name(), v, oneIn(2) ? 1 : image.width(), epsilon);
        }
        Value w = rows(v);
        int width = w.shape().width();
        return switch (random.nextInt(3)) {
            case 0 -> net.rmsNorm(name(), w, epsilon);
            case 1 -> net.layerNorm(name(), w, epsilon);
            default -> net.groupNorm(name(), w, oneIn(3) ? width : width % 2 == 0 ? 2 : 1, epsilon);
        };
    }

    private Value attention(Value v) {
        int width = v.shape().width();
        // As many heads as elements are the narrowest heads.
        int count = oneIn(4) ? width : width % 4 == 0 && oneIn(2) ? 2 : 1;
        Heads heads = Heads.heads(count);
        heads = oneIn(2) ? heads : heads.causal();
        heads = oneIn(2) ? heads : heads.noBias();
        heads = oneIn(2) || width / count % 2 != 0 ? heads
                : heads.rotary(100, oneIn(2) ? Rotary.Pairing.HALVES : Rotary.Pairing.NEIGHBOURS);
        return oneIn(2) ? net.attention(name(), v, heads) : net.attention(name(), v, as(any(), v.shape()), heads);
    }
}
