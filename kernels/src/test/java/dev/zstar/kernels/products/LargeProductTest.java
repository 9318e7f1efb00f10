package dev.zstar.kernels.products;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products so large that rows are divided into blocks, and inputs into sweeps and parts: the same bits as the formula. */
class LargeProductTest {
    /** Every height of the last tile, and several groups of rows. */
    private static final List<Integer> BATCHES =
            List.of(1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 22, 23, 27, 28, 29, 37, 56, 64, 71, 129);

    @ParameterizedTest
    @CsvSource({"512, 512", "513, 515", "528, 530", "545, 600", "700, 1031", "512, 2100", "1040, 520"})
    void rowsAreThoseOfTheFormula(int outputs, int inputs) {
        for (Type type : Type.values()) {
            int most = BATCHES.getLast();
            try (Engine scalar = Engines.named("scalar", 2);
                    Block w = Reference.random(type, outputs, inputs, 1);
                    Weights formula = scalar.pack(w);
                    Block bias = Reference.random(type, 1, outputs, 2);
                    Block z = Reference.random(type, most, inputs, 3);
                    Block u = Reference.random(type, most, outputs, 4);
                    Block expected = Reference.padded(type, most, outputs);
                    Block expectedBack = Reference.padded(type, most, inputs)) {
                Epilogue epilogue = Epilogue.of(bias, Activation.RELU);
                scalar.apply(formula, z, expected, epilogue);
                scalar.applyTransposed(formula, u, expectedBack);
                for (int threads : new int[] {1, 3}) {
                    try (Engine simd = Engines.named("simd", threads);
                            Weights mine = simd.pack(w)) {
                        for (int batch : BATCHES) {
                            try (Block out = Reference.padded(type, batch, outputs);
                                    Block back = Reference.padded(type, batch, inputs)) {
                                // The last rows of the block, behind which nothing may be read.
                                simd.apply(mine, z.range(most - batch, batch), out, epilogue);
                                simd.applyTransposed(mine, u.range(most - batch, batch), back);
                                String what = type + ": " + batch + " rows, " + outputs + "×" + inputs + ", threads: " + threads;
                                same(what, expected, most - batch, out);
                                same(what + ", transposed", expectedBack, most - batch, back);
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"512, 512, 64", "515, 517, 65", "530, 1100, 83", "600, 2100, 70", "512, 530, 300"})
    void plainBlocksGiveTheBitsOfTheFormula(int cols, int inputs, int rows) {
        for (Type type : Type.values()) {
            for (int form = 0; form < 4; form++) {
                boolean transposeA = form % 2 == 1;
                boolean transposeB = form / 2 == 1;
                try (Engine scalar = Engines.named("scalar", 2);
                        Engine one = Engines.named("simd", 1);
                        Engine three = Engines.named("simd", 3);
                        Block a = transposeA ? Reference.random(type, inputs, rows, 1) : Reference.random(type, rows, inputs, 1);
                        Block b = transposeB ? Reference.random(type, cols, inputs, 2) : Reference.random(type, inputs, cols, 2);
                        Block expected = Reference.random(type, rows, cols, 3);
                        Block first = Reference.random(type, rows, cols, 3);
                        Block second = Reference.random(type, rows, cols, 3)) {
                    for (double[] factors : new double[][] {{1, 0}, {1, 1}, {-0.5, 2}}) {
                        scalar.gemm(factors[0], a, transposeA, b, transposeB, factors[1], expected);
                        one.gemm(factors[0], a, transposeA, b, transposeB, factors[1], first);
                        three.gemm(factors[0], a, transposeA, b, transposeB, factors[1], second);
                        String what = type + ": " + rows + "×" + cols + ", " + inputs + " inputs, α " + factors[0] + ", β " + factors[1]
                                + (transposeA ? ", A transposed" : "") + (transposeB ? ", B transposed" : "");
                        same(what, expected, 0, first);
                        same(what + ", three threads", expected, 0, second);
                    }
                }
            }
        }
    }

    private static void same(String what, Block expected, int from, Block actual) {
        double[] e = new double[expected.cols()];
        double[] a = new double[expected.cols()];
        for (int p = 0; p < actual.rows(); p++) {
            for (int i = 0; i < e.length; i++) {
                e[i] = expected.get(from + p, i);
                a[i] = actual.get(p, i);
            }
            assertThat(a).as("%s, row %d", what, p).isEqualTo(e);
        }
    }
}
