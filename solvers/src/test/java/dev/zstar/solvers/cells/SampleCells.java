package dev.zstar.solvers.cells;

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
                }));
    }
}
