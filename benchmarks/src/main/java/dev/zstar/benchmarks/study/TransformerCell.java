package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.shapes.Shape;

/**
 * The sizes of a cell like a layer of a transformer: {@code h = rms(z + attention(z) + x)}, {@code f = rms(h + swiglu(h))}. PyTorch times
 * the same cell with {@code tools/torch_cell.py}.
 *
 * @param hidden the width between the two products of SwiGLU
 * @param batch samples of {@code tokens} each
 */
record TransformerCell(int tokens, int width, int heads, int hidden, int batch) {
    /** The cell of {@code tools/torch_cell.py}: one evaluation takes 4.52 · 10⁹ operations. */
    static final TransformerCell FULL = new TransformerCell(81, 512, 8, 1536, 8);

    /** The inverse of {@link #toString}. */
    static TransformerCell parse(String text) {
        String[] sizes = text.split("x", -1);
        return new TransformerCell(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), Integer.parseInt(sizes[2]),
                Integer.parseInt(sizes[3]), Integer.parseInt(sizes[4]));
    }

    Cell describe() {
        return Cell.of(Type.F32, Shape.tokens(tokens, width), (net, z, x) -> {
            Value h = net.rmsNorm("norm1", z.plus(net.attention("attention", z, Heads.heads(heads).noBias())).plus(x));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, hidden)));
        });
    }

    /** Operations in the products of an evaluation; an addition and a multiplication are two. */
    double evaluationWork() {
        return matrices() + 2 * attentionProduct();
    }

    /**
     * Operations in the products of {@code Jᵀ u}: one with each matrix transposed, and two for each of the two products of attention. What
     * a kernel computes again is not counted.
     */
    double vjpWork() {
        return matrices() + 4 * attentionProduct();
    }

    private double matrices() {
        return 2.0 * batch * tokens * width * (4.0 * width + 3.0 * hidden);
    }

    private double attentionProduct() {
        return 2.0 * batch * tokens * tokens * width;
    }

    @Override
    public String toString() {
        return tokens + "x" + width + "x" + heads + "x" + hidden + "x" + batch;
    }
}
