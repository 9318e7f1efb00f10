package dev.zstar.kernels.small;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The error bounds of {@link SmallMatrices}, on the scalar engine, which the others equal to the last bit. */
class SmallMatricesBoundTest {
    /** Element (r, c) of a product of {@code rows × inner} and {@code inner × cols} in f64, of the sizes of its terms if {@code abs}. */
    private static double product(double[] a, double[] b, int inner, int cols, int r, int c, boolean abs) {
        double sum = 0;
        for (int j = 0; j < inner; j++) {
            double term = a[r * inner + j] * b[j * cols + c];
            sum += abs ? Math.abs(term) : term;
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void productsAreWithinTheirBound(Type type) {
        try (Engine engine = Engines.named("scalar", 1)) {
            for (int d = 2; d <= 4; d++) {
                try (SmallBatch batch = new SmallBatch(type, d, d, d, 2, 50)) {
                    batch.run(engine.small());
                    // Both the result and the f64 sum that it is compared with are off by γ_d at most.
                    double bound = Reference.gamma(d, type) + Reference.gamma(d, Type.F64);
                    for (int s = 0; s < 50; s++) {
                        double[] a = SmallBatch.system(batch.a, s);
                        double[] b = SmallBatch.system(batch.b, s);
                        double[] one = SmallBatch.system(batch.one, 0);
                        double[] v = SmallBatch.system(batch.smallRhs, s);
                        for (int r = 0; r < d; r++) {
                            for (int c = 0; c < d; c++) {
                                assertThat(Math.abs(batch.product.get(r * d + c, s) - product(a, b, d, d, r, c, false)))
                                        .isLessThanOrEqualTo(bound * product(a, b, d, d, r, c, true));
                            }
                            for (int c = 0; c < 2; c++) {
                                assertThat(Math.abs(batch.moved.get(r * 2 + c, s) - product(one, v, d, 2, r, c, false)))
                                        .isLessThanOrEqualTo(bound * product(one, v, d, 2, r, c, true));
                            }
                        }
                    }
                }
            }
        }
    }

    /** Componentwise {@code |b - A x| ≤ γ_3d (|L| |U|) |x|} with {@code (|L| |U|)_ij ≤ d 2^(d-1) max |A|}. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void solutionsAreWithinTheirBoundAndSingularSystemsAreNaN(Type type) {
        try (Engine engine = Engines.named("scalar", 1)) {
            for (int d = 2; d <= 4; d++) {
                try (SmallBatch batch = new SmallBatch(type, d, d, d, 2, 400)) {
                    batch.run(engine.small());
                    for (int s = 0; s < 400; s++) {
                        double[] a = SmallBatch.system(batch.small, s);
                        double[] x = SmallBatch.system(batch.smallX, s);
                        if (batch.singular.failed(s)) {
                            assertThat(s % 7).isEqualTo(3);
                            assertThat(x).containsOnly(Double.NaN);
                            continue;
                        }
                        double largest = Arrays.stream(a).map(Math::abs).max().orElseThrow();
                        for (int c = 0; c < 2; c++) {
                            double size = 0;
                            for (int j = 0; j < d; j++) {
                                size += Math.abs(x[j * 2 + c]);
                            }
                            for (int r = 0; r < d; r++) {
                                double b = batch.smallRhs.get(r * 2 + c, s);
                                double reference = Reference.gamma(d + 1, Type.F64) * (Math.abs(b) + product(a, x, d, 2, r, c, true));
                                assertThat(Math.abs(b - product(a, x, d, 2, r, c, false)))
                                        .isLessThanOrEqualTo(Reference.gamma(3 * d, type) * d * (1 << (d - 1)) * largest * size
                                                + reference);
                            }
                        }
                    }
                    // Of the rows made equal or zero, those with a zero row are found; equal rows may leave a rounding error.
                    assertThat(batch.singular.next(0)).isGreaterThanOrEqualTo(3);
                    for (int s = 10; s < 400; s += 14) {
                        assertThat(batch.singular.failed(s)).as("system %d", s).isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void choleskyFactorsMultiplyBackAndSolve(Type type) {
        try (Engine engine = Engines.named("scalar", 1)) {
            for (int n : new int[] {1, 2, 5, 8, 32}) {
                int count = 30;
                try (SmallBatch batch = new SmallBatch(type, n, n, 2, 2, count);
                        SmallBatch given = new SmallBatch(type, n, n, 2, 2, count)) {
                    batch.run(engine.small());
                    for (int s = 0; s < count; s++) {
                        assertThat(batch.indefinite.failed(s)).isEqualTo(s % 7 == 3);
                        if (s % 7 == 3) {
                            assertThat(batch.l.get(n * n - 1, s)).isNaN();
                            assertThat(SmallBatch.system(batch.x, s)).containsOnly(Double.NaN);
                            continue;
                        }
                        checkCholesky(type, n, s, batch, given);
                    }
                }
            }
        }
    }

    private static void checkCholesky(Type type, int n, int s, SmallBatch batch, SmallBatch given) {
        double[] lower = new double[n * n];
        double[] upper = new double[n * n];
        double[] a = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                if (j <= i) {
                    lower[i * n + j] = batch.l.get(i * n + j, s);
                    upper[j * n + i] = lower[i * n + j];
                    a[i * n + j] = given.l.get(i * n + j, s);
                    a[j * n + i] = a[i * n + j];
                } else {
                    assertThat(batch.l.get(i * n + j, s)).as("the upper triangle is left alone").isNaN();
                }
            }
        }
        double[] x = SmallBatch.system(batch.x, s);
        double[] sizes = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                sizes[i * n + j] = product(lower, upper, n, n, i, j, true);
                assertThat(Math.abs(product(lower, upper, n, n, i, j, false) - a[i * n + j]))
                        .as("(%d, %d) of order %d", i, j, n)
                        .isLessThanOrEqualTo((Reference.gamma(n + 2, type) + Reference.gamma(n + 1, Type.F64)) * sizes[i * n + j]);
            }
        }
        for (int c = 0; c < 2; c++) {
            for (int i = 0; i < n; i++) {
                double b = given.x.get(i * 2 + c, s);
                // Higham, theorem 10.4: |ΔA| ≤ γ_(3n+1) |L||Lᵀ|, here with one rounding more in each factor.
                double bound = Reference.gamma(3 * n + 3, type) * product(sizes, x, n, 2, i, c, true)
                        + Reference.gamma(n + 1, Type.F64) * (Math.abs(b) + product(a, x, n, 2, i, c, true));
                assertThat(Math.abs(b - product(a, x, n, 2, i, c, false))).isLessThanOrEqualTo(bound);
            }
        }
    }

    /**
     * Column by column {@code ‖a - Q R‖ ≤ γ_(c m n) ‖a‖}, and {@code (A + ΔA) x = b + Δb} in the least-squares sense (Higham, theorems
     * 19.4 and 20.3). The constant c counts the roundings of an element that passes one reflection, at most m + 10 for v, τ and the
     * sum, and as many for the update: below 10 m for every m ≥ 2.
     */
    @ParameterizedTest
    @EnumSource(Type.class)
    void qrFactorsMultiplyBackAndTheResidualIsOrthogonalToTheColumns(Type type) {
        try (Engine engine = Engines.named("scalar", 1)) {
            for (int[] shape : new int[][] {{1, 1}, {2, 2}, {5, 3}, {8, 8}, {32, 1}, {32, 32}}) {
                int m = shape[0];
                int n = shape[1];
                try (SmallBatch batch = new SmallBatch(type, m, n, 2, 2, 24);
                        SmallBatch given = new SmallBatch(type, m, n, 2, 2, 24)) {
                    batch.run(engine.small());
                    for (int s = 0; s < 24; s++) {
                        checkQr(type, s, batch, given);
                    }
                }
            }
        }
    }

    private static void checkQr(Type type, int s, SmallBatch batch, SmallBatch given) {
        int m = batch.m;
        int n = batch.n;
        double γ = Reference.gamma(10 * m * n, type) + Reference.gamma(10 * m * n, Type.F64);
        double norm = 0;
        for (int j = 0; j < n; j++) {
            double[] column = new double[m];
            for (int i = 0; i <= j; i++) {
                column[i] = batch.qr.get(i * n + j, s);
            }
            for (int k = n - 1; k >= 0; k--) {
                double w = column[k];
                for (int i = k + 1; i < m; i++) {
                    w += batch.qr.get(i * n + k, s) * column[i];
                }
                w *= batch.tau.get(k, s);
                column[k] -= w;
                for (int i = k + 1; i < m; i++) {
                    column[i] -= w * batch.qr.get(i * n + k, s);
                }
            }
            double error = 0;
            double size = 0;
            for (int i = 0; i < m; i++) {
                double a = given.qr.get(i * n + j, s);
                error += (column[i] - a) * (column[i] - a);
                size += a * a;
            }
            norm += size;
            assertThat(Math.sqrt(error)).as("column %d of %d×%d", j, m, n).isLessThanOrEqualTo(γ * Math.sqrt(size));
        }
        assertThat(batch.deficient.failed(s)).isEqualTo(s % 7 == 3);
        double[] a = SmallBatch.system(given.qr, s);
        double[] x = SmallBatch.system(batch.least, s);
        for (int c = 0; c < 2; c++) {
            double[] residual = new double[m];
            double squares = 0;
            double xs = 0;
            double bs = 0;
            for (int i = 0; i < m; i++) {
                double b = batch.rhs.get(i * 2 + c, s);
                residual[i] = b - product(a, x, n, 2, i, c, false);
                squares += residual[i] * residual[i];
                bs += b * b;
            }
            for (int j = 0; j < n; j++) {
                xs += x[j * 2 + c] * x[j * 2 + c];
            }
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int i = 0; i < m; i++) {
                    sum += a[i * n + j] * residual[i];
                }
                if (s % 7 == 3) {
                    assertThat(x[j * 2 + c]).isNaN();
                } else {
                    // Aᵀ r = -ΔAᵀ r + (A + ΔA)ᵀ (ΔA x - Δb), with ‖ΔA‖ ≤ γ ‖A‖ and ‖Δb‖ ≤ γ ‖b‖.
                    double root = Math.sqrt(norm);
                    double bound = γ * root * Math.sqrt(squares) + (1 + γ) * root * γ * (root * Math.sqrt(xs) + Math.sqrt(bs));
                    assertThat(Math.abs(sum)).isLessThanOrEqualTo(bound);
                }
            }
        }
    }
}
