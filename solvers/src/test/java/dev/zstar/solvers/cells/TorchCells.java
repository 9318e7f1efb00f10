package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;

/** The cells of {@code tools/torch_reference.py}, under the same names. */
final class TorchCells {
    /** The input of a cell that does not use it. */
    private static final Shape NONE = Shape.vector(1);

    private final Map<String, Cell> cells = new LinkedHashMap<>();

    private TorchCells() {}

    private void of(String name, Shape state, Shape input, Cell.Network network) {
        cells.put(name, Cell.of(Type.F64, state, input, network));
    }

    private void of(String name, Shape state, BiFunction<Net, Value, Value> network) {
        of(name, state, NONE, (net, z, x) -> network.apply(net, z));
    }

    /** An operation whose result has another shape: {@code (z₀, z₁) → (z₀, f(z₀))}. */
    private void beside(String name, Shape state, Shape out, BiFunction<Net, Value, Value> network) {
        of(name, Shape.together(state, out), (net, z) -> net.together(z.part(0), network.apply(net, z.part(0))));
    }

    static Map<String, Cell> operations() {
        TorchCells c = new TorchCells();
        c.elementwise();
        c.ofVectorsAndTokens();
        c.ofImages();
        return c.cells;
    }

    private void elementwise() {
        Shape five = Shape.vector(5);
        for (Activation φ : Activation.values()) {
            if (φ != Activation.IDENTITY) {
                of("activation." + φ, Shape.vector(7), (net, z) -> z.activate(φ));
            }
        }
        of("plus", five, five, (net, z, x) -> z.plus(x));
        of("minus", five, five, (net, z, x) -> x.minus(z));
        of("times", five, five, (net, z, x) -> z.times(x));
        of("square", five, (net, z) -> z.times(z));
        of("scale", five, (net, z) -> z.scale(-0.7));
        of("combine", five, five, (net, z, x) -> z.combine(0.3, x, -1.2));
        for (Activation φ : new Activation[] {Activation.SILU, Activation.SIGMOID, Activation.GELU}) {
            of("gated." + φ, five, five, (net, z, x) -> net.gated(z, φ, x));
        }
        of("scalar", five, (net, z) -> net.scalar("alpha", z, 1));
    }

    private void ofVectorsAndTokens() {
        Shape tokens = Shape.tokens(3, 4);
        Shape five = Shape.vector(5);
        of("linear", tokens, (net, z) -> net.linear("w", z, 4));
        of("linear.no-bias", five, Shape.vector(3), (net, z, x) -> net.linearNoBias("w", z, 5).plus(net.linearNoBias("u", x, 5)));
        of("tied", five, (net, z) -> {
            Weight w = net.weight("w", 3, 5);
            return net.product(w.transposed(), net.product(w, z).tanh());
        });
        of("weight-norm", five, (net, z) -> net.product(net.weightNorm("w", 5, 5), z));
        of("spectral-norm", Shape.vector(6), (net, z) -> {
            Weight w = net.spectralNorm("w", 4, 6, 0.7);
            return net.product(w.transposed(), net.product(w, z));
        });
        of("swiglu", tokens, (net, z) -> net.swiglu("mlp", z, 5));
        of("rms-norm", Shape.tokens(2, 6), (net, z) -> net.rmsNorm("norm", z));
        of("layer-norm", Shape.tokens(2, 6), (net, z) -> net.layerNorm("norm", z));
        Shape four = Shape.tokens(4, 6);
        of("attention", four, (net, z) -> net.attention("attn", z, Heads.heads(2)));
        of("attention.causal", four, (net, z) -> net.attention("attn", z, Heads.heads(3).causal()));
        of("attention.cross", four, four, (net, z, x) -> net.attention("attn", z, x, Heads.heads(2)));
        for (Rotary.Pairing pairing : Rotary.Pairing.values()) {
            of("attention.rotary." + pairing, Shape.tokens(4, 8),
                    (net, z) -> net.attention("attn", z, Heads.heads(2).causal().noBias().rotary(10_000, pairing)));
        }
        beside("mix-tokens", tokens, Shape.tokens(5, 4), (net, z) -> net.mixTokens("mix", z, 5));
        of("slice", tokens, Shape.tokens(3, 2),
                (net, z, x) -> net.concatenate(z.slice(1, 3).times(z.slice(0, 3)), x.slice(1, 1)));
        beside("token", tokens, Shape.vector(4), (net, z) -> z.token(1));
        beside("mean-of-tokens", tokens, Shape.vector(4), (net, z) -> z.meanOfTokens());
        of("gain", tokens, (net, z) -> net.gain("gain", z));
        of("add.tokens", tokens, (net, z) -> net.add("positions", z));
    }

    private void ofImages() {
        Shape image = Shape.image(4, 3, 2);
        Shape odd = Shape.image(5, 4, 2);
        of("group-norm", Shape.image(2, 3, 4), (net, z) -> net.groupNorm("norm", z, 2));
        beside("convolution.3.1", image, Shape.image(4, 3, 3), (net, z) -> net.convolve("conv", z, 3, 3, 1));
        beside("convolution.3.2", odd, Shape.image(3, 2, 2), (net, z) -> net.convolveNoBias("conv", z, 2, 3, 2));
        beside("convolution.1.1", image, Shape.image(4, 3, 3), (net, z) -> net.convolve("conv", z, 3, 1, 1));
        beside("convolution.1.2", odd, Shape.image(3, 2, 2), (net, z) -> net.convolve("conv", z, 2, 1, 2));
        beside("upsample", Shape.image(2, 3, 2), Shape.image(4, 6, 2), (net, z) -> z.upsample(2));
        beside("downsample", Shape.image(4, 2, 3), Shape.image(2, 1, 3), (net, z) -> z.downsample(2));
        of("slice.channels", Shape.image(2, 2, 3), (net, z) -> net.concatenate(z.slice(2, 1), z.slice(0, 2).times(z.slice(1, 2))));
        of("reshape", Shape.image(2, 2, 3), Shape.tokens(4, 3),
                (net, z, x) -> z.reshape(Shape.tokens(4, 3)).times(x).reshape(Shape.image(2, 2, 3)));
        of("add.image", image, (net, z) -> net.add("positions", z));
    }

    /** Three whole cells that contract. */
    static Map<String, Cell> contracting() {
        TorchCells c = new TorchCells();
        c.of("dense", Shape.vector(8), Shape.vector(3), (net, z, x) -> net.linear("w", z, 8).plus(net.linearNoBias("u", x, 8)).tanh());
        c.of("transformer", Shape.tokens(5, 8), Shape.tokens(5, 8), (net, z, x) -> {
            Value h = net.rmsNorm("norm1", z.plus(net.attention("attn", z, Heads.heads(2))).plus(x));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, 11)));
        });
        c.of("multiscale", Shape.together(Shape.image(4, 4, 4), Shape.image(2, 2, 4)), Shape.image(4, 4, 2), (net, z, x) -> {
            Value high = net.convolveNoBias("high", z.part(0), 4, 3, 1).plus(net.convolveNoBias("up", z.part(1), 4, 1, 1).upsample(2));
            Value low = net.convolveNoBias("low", z.part(1), 4, 3, 1).plus(net.convolve("down", z.part(0), 4, 3, 2));
            return net.together(
                    net.groupNorm("norm.high", high.plus(net.convolve("in", x, 4, 3, 1)).tanh(), 2),
                    net.groupNorm("norm.low", low.silu().plus(net.convolve("in.low", x.downsample(2), 4, 1, 1)), 1));
        });
        return c.cells;
    }
}
