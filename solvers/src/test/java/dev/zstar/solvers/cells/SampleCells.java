package dev.zstar.solvers.cells;

import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/** Small cells that have every operation between them, for tests that hold for any cell. */
final class SampleCells {
    private SampleCells() {}

    static List<Cell> of(Type type) {
        return List.of(
                Cell.of(type, Shape.vector(13), Shape.vector(5), (net, z, x) -> net.linear("w", z, 13).plus(net.linear("u", x, 13)).tanh()),
                Cell.of(type, Shape.vector(7), (net, z, x) -> x.minus(z.times(z).scale(0.5))),
                Cell.of(type, Shape.tokens(5, 6), (net, z, x) -> {
                    Value h = net.linear("up", z, 9).gelu();
                    return z.combine(0.5, net.linear("down", h, 6), 0.5).plus(x.times(z)).plus(net.linear("x", x, 6).tanh());
                }),
                Cell.of(type, Shape.tokens(5, 16), (net, z, x) -> {
                    Value h = net.rmsNorm("norm1", z.plus(net.swiglu("mlp", z, 11)).plus(x));
                    return net.layerNorm("norm2", h.plus(net.linear("out", net.groupNorm("norm3", h, 4), 16)));
                }),
                Cell.of(type, Shape.tokens(7, 12), (net, z, x) -> {
                    Value h = net.rmsNorm("norm1", z.plus(net.attention("self", z, Heads.heads(3))).plus(x));
                    return net.rmsNorm("norm2", h.plus(net.attention("cross", x, h, Heads.heads(2).causal().noBias())));
                }),
                Cell.of(type, Shape.tokens(3, 8), Shape.tokens(3, 4), (net, z, x) -> {
                    Weight w = net.spectralNorm("w", 8, 8, 0.7);
                    Weight v = net.weightNorm("v", 8, 4);
                    return net.product(w, z).plus(net.product(v, x)).silu().plus(net.product(w.transposed(), z).sigmoid());
                }),
                // The block of a multiscale equilibrium model (Bai, Koltun, Kolter 2020), at one scale.
                Cell.of(type, Shape.image(4, 6, 3), Shape.image(4, 6, 2), (net, z, x) -> {
                    Value h = net.groupNorm("norm1", net.convolve("conv1", z, 4, 3, 1).relu(), 2);
                    Value y = net.convolveNoBias("conv2", h, 3, 3, 1).plus(net.convolve("inject", x, 3, 1, 1));
                    return net.groupNorm("norm2", y.plus(z).tanh(), 3);
                }),
                // Strides, and biases that no product takes up.
                Cell.of(type, Shape.image(2, 3, 4), Shape.image(4, 6, 4), (net, z, x) -> {
                    Value in = net.convolve("in", x, 4, 3, 2).tanh();
                    Value half = net.bias("shift", z.times(z)).plus(net.convolve("point", net.bias("x", x), 4, 1, 2));
                    return net.convolve("z", half, 4, 3, 1).plus(in).sigmoid();
                }),
                // Two resolutions that feed each other.
                Cell.of(type, Shape.together(Shape.image(4, 6, 3), Shape.image(2, 3, 5)), Shape.image(4, 6, 2), (net, z, x) -> {
                    Value high = z.part(0).plus(net.convolve("up", z.part(1), 3, 1, 1).upsample(2));
                    Value low = z.part(1).plus(net.convolve("down", z.part(0), 5, 3, 2)).plus(net.convolve("x", x.downsample(2), 5, 1, 1));
                    return net.together(net.convolve("inject", x, 3, 3, 1).plus(high).tanh(), low.silu());
                }),
                // Slices that overlap, that leave gaps, and whose value is used as a whole, too.
                Cell.of(type, Shape.tokens(3, 7), Shape.tokens(3, 5), (net, z, x) -> {
                    Value a = z.slice(0, 3).times(z.slice(2, 3));
                    Value b = net.concatenate(x.slice(1, 2), a, z.slice(5, 2).plus(x.slice(3, 2)));
                    return b.tanh().plus(z.scale(0.25));
                }),
                Cell.of(type, Shape.image(2, 3, 5), Shape.vector(30), (net, z, x) -> {
                    Value y = x.reshape(Shape.image(2, 3, 5));
                    return net.concatenate(y.slice(3, 1), z.slice(0, 1).times(z.slice(4, 1)), y.slice(0, 2), z.slice(4, 1)).sigmoid();
                }),
                Cell.of(type, Shape.together(Shape.tokens(3, 4), Shape.vector(4)), Shape.vector(12), (net, z, x) -> {
                    Value tokens = net.linear("w", z.part(0), 4).plus(x.reshape(Shape.tokens(3, 4))).tanh();
                    Value first = tokens.token(0).times(tokens.token(2)).plus(z.part(1).scale(0.5));
                    return net.together(tokens, first);
                }),
                // MLP-Mixer's block (Tolstikhin et al. 2021), and one number of tokens made of another.
                Cell.of(type, Shape.tokens(5, 6), Shape.tokens(3, 6), (net, z, x) -> {
                    Value mixed = net.mixTokens("mix2", net.mixTokens("mix1", net.layerNorm("norm1", z), 4).gelu(), 5);
                    Value h = z.plus(mixed).plus(net.mixTokens("x", x, 5));
                    return net.layerNorm("norm2", h.plus(net.linear("mlp", net.rmsNorm("norm3", h), 6)));
                }),
                // Learnt factors and sums of every shape, of the state and of the input.
                Cell.of(type, Shape.tokens(3, 5), Shape.tokens(4, 5), (net, z, x) -> {
                    Value mean = net.gain("mean", x.meanOfTokens().times(z.meanOfTokens()));
                    Value y = net.scalar("y", net.add("positions", z), 0.5).plus(net.gain("gain", z).tanh());
                    Value tokens = net.concatenate(mean, net.add("vector", z.token(1)), z.token(1)).reshape(Shape.tokens(3, 5));
                    return y.plus(tokens.times(net.mixTokens("x", net.add("xs", net.scalar("s", x, 2)), 3)));
                }),
                Cell.of(type, Shape.image(2, 3, 4), (net, z, x) ->
                    net.gain("g", net.add("a", z.times(x))).plus(net.scalar("s", net.gain("h", x), 1)).tanh()),
                Cell.of(type, Shape.tokens(5, 12), (net, z, x) -> {
                    Heads halves = Heads.heads(3).rotary(10_000, Rotary.Pairing.HALVES);
                    Heads neighbours = Heads.heads(2).noBias().rotary(100, Rotary.Pairing.NEIGHBOURS).causal();
                    Value h = z.plus(net.attention("self", z, halves)).plus(net.dropout(x, 0.25));
                    return net.rmsNorm("norm", h.plus(net.attention("cross", x, h, neighbours)));
                }),
                Cell.of(type, Shape.tokens(3, 6), (net, z, x) -> {
                    Value h = net.dropout(net.linear("up", z, 9).gelu(), 0.5);
                    return net.dropout(net.linear("down", h, 6), 0.125).plus(net.linear("x", net.dropout(x, 0.25), 6)).tanh();
                }),
                // Matrices that are used twice: as they are, as transposes, and in parts.
                Cell.of(type, Shape.tokens(2, 6), (net, z, x) -> {
                    Weight w = net.weightNorm("w", 12, 6);
                    Weight s = net.spectralNorm("s", 12, 6, 0.9);
                    Value a = net.product(w.part(0, 2), z).plus(net.product(w.part(1, 2), x)).tanh();
                    Value b = net.product(s.part(1, 2).transposed(), net.product(s.part(0, 2), z));
                    Value c = net.product(w.part(0, 2).transposed(), a);
                    return b.plus(c).plus(net.product(s, z).slice(2, 6).sigmoid());
                }),
                // A parameter as it is and normalised, and a slice that is read twice.
                Cell.of(type, Shape.vector(6), (net, z, x) -> {
                    Weight w = net.spectralNorm("w", 6, 6, 0.4);
                    Value both = net.product(w, z).plus(net.product(Weight.of(w.parameter()), x)).tanh();
                    return net.concatenate(z.slice(1, 3).plus(z.slice(1, 3)), x.slice(0, 3)).plus(both);
                }),
                // Nothing but moves: of the state, twice, and of the input.
                Cell.of(type, Shape.tokens(2, 6), Shape.vector(6), (net, z, x) ->
                    net.together(z.reshape(Shape.vector(12)).slice(6, 6), x).reshape(Shape.tokens(2, 6))),
                Cell.of(type, Shape.vector(6), (net, z, x) -> net.concatenate(z.slice(3, 3), z.slice(3, 3))),
                Cell.of(type, Shape.vector(6), (net, z, x) -> z),
                Cell.of(type, Shape.tokens(2, 3), (net, z, x) -> x.times(x)));
    }
}
