package dev.zstar.bridge.openblas;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;

/**
 * Compares products of small whole numbers with the exact results. Their sums are exact in any order, so a sound library is right to the
 * last bit. Every output starts as NaN, which {@code β = 0} must not read, and rows are farther apart than they are long.
 */
final class SelfCheck {
    /** Batch, outputs and inputs: first only tails of kernels, then full vectors with tails. Small, because these loops run interpreted. */
    private static final int[][] SHAPES = {{2, 3, 5}, {5, 37, 19}};

    private SelfCheck() {}

    /** Throws if a product is wrong. */
    static void run(Cblas blas) throws Unusable {
        for (Type type : Type.values()) {
            for (int[] shape : SHAPES) {
                products(blas, type, shape[0], shape[1], shape[2]);
            }
        }
    }

    private static void products(Cblas blas, Type type, int batch, int outputs, int inputs) throws Unusable {
        try (Block w = numbers(type, outputs, inputs, 3);
                Block z = numbers(type, batch, inputs, 5);
                Block u = numbers(type, batch, outputs, 7);
                Block out = Block.allocate(type, batch, outputs);
                Block back = Block.allocate(type, batch, inputs);
                Block outer = Block.allocate(type, outputs, inputs)) {
            for (int rows : new int[] {1, batch}) {
                out.fill(Double.NaN);
                back.fill(Double.NaN);
                if (rows == 1) {
                    blas.multiply(w, false, z.head(1), out.head(1));
                    blas.multiply(w, true, u.head(1), back.head(1));
                } else {
                    blas.multiply(1, z, false, w, true, 0, out);
                    blas.multiply(1, u, false, w, false, 0, back);
                }
                for (int p = 0; p < rows; p++) {
                    for (int i = 0; i < outputs; i++) {
                        double sum = 0;
                        for (int k = 0; k < inputs; k++) {
                            sum += w.get(i, k) * z.get(p, k);
                        }
                        require(rows == 1 ? "gemv" : "gemm", out, p, i, sum);
                    }
                    for (int j = 0; j < inputs; j++) {
                        double sum = 0;
                        for (int k = 0; k < outputs; k++) {
                            sum += u.get(p, k) * w.get(k, j);
                        }
                        require(rows == 1 ? "gemv" : "gemm", back, p, j, sum);
                    }
                }
            }
            outer.copyFrom(w);
            blas.multiply(1, u, true, z, false, 1, outer);
            for (int i = 0; i < outputs; i++) {
                for (int j = 0; j < inputs; j++) {
                    double sum = w.get(i, j);
                    for (int p = 0; p < batch; p++) {
                        sum += u.get(p, i) * z.get(p, j);
                    }
                    require("gemm", outer, i, j, sum);
                }
            }
        }
    }

    /** Whole numbers between -4 and 4 in no simple order. */
    private static Block numbers(Type type, int rows, int cols, int factor) {
        Block block = Block.allocate(type, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, (i * 5 + j * factor + i * j) % 9 - 4);
            }
        }
        return block;
    }

    private static void require(String function, Block block, int row, int col, double expected) throws Unusable {
        double value = block.get(row, col);
        if (value != expected) {
            throw new Unusable("computes wrong products (" + (block.type() == Type.F32 ? "s" : "d") + function + ": got " + value
                    + ", expected " + expected + ")");
        }
    }
}
