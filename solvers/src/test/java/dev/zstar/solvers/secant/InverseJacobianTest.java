package dev.zstar.solvers.secant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.SymmetricEigen;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What Broyden's methods remember. */
class InverseJacobianTest {
    private static final int N = 20;

    private static InverseJacobian[] all(Workspace plan) {
        return new InverseJacobian[] {
            new StepProduct(plan, 8), new PairSum(plan, true, 8, 0), new PairSum(plan, false, 8, 0),
            new PairSum(plan, true, 4, 3), new PairSum(plan, false, 4, 3),
            new PairSum(plan, true, 4, 1), new PairSum(plan, false, 4, 1)
        };
    }

    /** By row of the batch, {@code ‖r‖²} of its row {@code b}. */
    private static double[] squares(Block r, int batch, int b) {
        double[] squares = new double[batch];
        for (double element : r.toDoubles()) {
            squares[b] += element * element;
        }
        return squares;
    }

    /**
     * With memories of 4 this is a time when reductions to 3 pairs, one in each step, and to 1 have been made. A residual that is a
     * multiple of the one before makes {@code H (r - r₊) = s} visible: {@code r₊ = -c r} gives {@code d₊ = -c / (1 + c) s}.
     */
    @Test
    void theSecantEquationHoldsForStepsOfAnyLength() {
        for (EngineProvider provider : Problems.engines()) {
            for (int kind = 0; kind < 7; kind++) {
                try (Engine engine = provider.create(1);
                        Workspace plan = new Workspace(engine, Type.F64, 1, N);
                        Block r = engine.allocate(Type.F64, 1, N)) {
                    InverseJacobian inverse = all(plan)[kind];
                    Random random = new Random(3);
                    Rows rows = new Rows(1);
                    double[] length = {1};
                    boolean[] repeats = {false};
                    inverse.forget(0);
                    double[] residual = new double[N];
                    double[] direction = new double[N];
                    for (int k = 0; k < 6; k++) {
                        for (int i = 0; i < N; i++) {
                            residual[i] = Math.pow(0.7, k) * random.nextGaussian();
                        }
                        r.copyFrom(residual);
                        inverse.direct(r, squares(r, 1, 0), rows, repeats, length);
                        direction = r.toDoubles();
                        length[0] = k % 2 == 0 ? 1 : 0.3;
                    }
                    assertThat(inverse.directions(0)).as("nothing was forgotten").isEqualTo(6);
                    double[] end = new double[N];
                    double c = 0.5;
                    for (int i = 0; i < N; i++) {
                        end[i] = -c * residual[i];
                    }
                    r.copyFrom(end);
                    inverse.direct(r, squares(r, 1, 0), rows, repeats, length);
                    for (int i = 0; i < N; i++) {
                        assertThat(r.get(0, i)).as("%s, kind %d", provider.name(), kind)
                                .isCloseTo(-c / (1 + c) * length[0] * direction[i], within(1e-9));
                    }
                    // The direction is tried again, at any length, and nothing is learnt.
                    double[] last = r.toDoubles();
                    r.fill(0);
                    inverse.direct(r, squares(r, 1, 0), rows, new boolean[] {true}, new double[] {0.25});
                    for (int i = 0; i < N; i++) {
                        assertThat(r.get(0, i)).isEqualTo(0.25 * last[i]);
                    }
                    assertThat(inverse.directions(0)).isEqualTo(7);
                }
            }
        }
    }

    /** Ten directions. With memories of 8 and 4 they cause a restart or several reductions. The open slot belongs to no pair. */
    @Test
    void appliedItGivesTheLastDirectionAndItsTransposeIsTheTransposeInAnyCompany() {
        for (EngineProvider provider : Problems.engines()) {
            for (int kind = 0; kind < 7; kind++) {
                for (int count : new int[] {0, 1, 2, 3, 6, 10}) {
                    try (Engine engine = provider.create(1);
                            Workspace plan = new Workspace(engine, Type.F64, 3, N);
                            Block r = engine.allocate(Type.F64, 1, N);
                            Block unit = engine.allocate(Type.F64, N, N);
                            Block two = engine.allocate(Type.F64, 2, N);
                            Block out = engine.allocate(Type.F64, 2, N);
                            Block image = engine.allocate(Type.F64, 1, N)) {
                        String name = provider.name() + ", kind " + kind + ", directions " + count;
                        InverseJacobian inverse = all(plan)[kind];
                        LinearOperator operator = new InverseOperator(plan, inverse);
                        Rows row = new Rows(3);
                        row.truncate(1);
                        double[] lengths = {1, 1, 1};
                        double[] residual = new double[N];
                        Random random = new Random(5);
                        // Row 2 has one direction less than row 1; row 0 has none.
                        for (int k = 0; k < count; k++) {
                            for (int b = k + 1 < count ? 2 : 1; b > 0; b--) {
                                for (int i = 0; i < N; i++) {
                                    residual[i] = Math.pow(0.7, k) * random.nextGaussian();
                                }
                                r.copyFrom(residual);
                                row.place(0, b);
                                lengths[b] = k % 3 == 2 ? 0.4 : 1;
                                inverse.direct(r, squares(r, 3, b), row, new boolean[3], lengths);
                            }
                        }
                        row.place(0, 1);
                        double[][] h = new double[N][];
                        for (int i = 0; i < N; i++) {
                            unit.set(i, i, 1);
                            image.copyRow(unit, i, 0);
                            operator.apply(image, out.head(1), row);
                            h[i] = out.head(1).toDoubles();
                        }
                        if (count > 0) {
                            for (int i = 0; i < N; i++) {
                                double sum = 0;
                                for (int j = 0; j < N; j++) {
                                    sum += h[j][i] * residual[j];
                                }
                                assertThat(sum).as(name).isCloseTo(r.get(0, i), within(1e-9));
                            }
                        }
                        // Row 1 behind row 0, which has no direction.
                        Rows both = new Rows(3);
                        both.place(0, 0);
                        both.place(1, 1);
                        both.truncate(2);
                        for (int i = 0; i < N; i++) {
                            two.copyRow(unit, i, 0);
                            two.copyRow(unit, i, 1);
                            operator.applyTransposed(two, out, both);
                            for (int j = 0; j < N; j++) {
                                assertThat(out.get(0, j)).as(name).isEqualTo(i == j ? 1 : 0);
                                assertThat(out.get(1, j)).as(name).isCloseTo(h[j][i], within(1e-10));
                            }
                        }
                        both.place(0, 1);
                        both.place(1, 2);
                        operator.applyTransposed(two, out, both);
                        double[] together = out.toDoubles();
                        operator.applyTransposed(image, out.head(1), row);
                        assertThat(out.head(1).toDoubles()).as(name).isEqualTo(Arrays.copyOf(together, N));
                    }
                }
            }
        }
    }

    @Test
    void aReductionKeepsTheLargestSingularValues() {
        int m = 6;
        double[] σ = {0.5, 40, 1e-3, 7, 2, 0.1};
        double[] x = {0.3, -1, 0.7, 2, -0.4, 1.1};
        double[] y = {1, 0.2, -0.6, 0.5, 0.9, -0.3};
        double xy = 0;
        for (int i = 0; i < m; i++) {
            xy += x[i] * y[i];
        }
        for (Type type : Type.values()) {
            for (EngineProvider provider : Problems.engines()) {
                for (int rank = 1; rank < m; rank++) {
                    try (Engine engine = provider.create(1);
                            Workspace plan = new Workspace(engine, type, 2, N);
                            Block r = Problems.random(type, 2, N, 1, 4);
                            Block out = engine.allocate(type, 2, N)) {
                        Basis u = plan.basis(m);
                        Basis v = plan.basis(m);
                        RankReduction reduction = new RankReduction(plan, u, v, rank);
                        double[] divisors = {1, 1, 1, 1, 1, 1, 3, -0.5, 1e-8, 2, 1, 1e6};
                        // In row 1, U = E Σ T and V = E' T^(-T), T = I + x yᵀ: E and E' are unit vectors, and the sum is E Σ E'ᵀ.
                        for (int j = 0; j < m; j++) {
                            for (int i = 0; i < m; i++) {
                                double one = i == j ? 1 : 0;
                                u.block().set(m + j, i, divisors[m + j] * σ[i] * (one + x[i] * y[j]));
                                v.block().set(m + j, 7 + i, one - y[i] * x[j] / (1 + xy));
                            }
                        }
                        assertThat(reduction.reduce(1, divisors, new double[2 * m])).isEqualTo(rank);
                        assertThat(Arrays.copyOfRange(divisors, m, m + rank)).containsOnly(1);
                        reduction.apply(1, rank, r, out, 1, new double[2 * m]);
                        double[] sorted = σ.clone();
                        Arrays.sort(sorted);
                        for (int i = 0; i < N; i++) {
                            boolean kept = i < m && σ[i] >= sorted[m - rank];
                            assertThat(out.get(1, i)).as("%s %s, rank %d, element %d", provider.name(), type, rank, i).isCloseTo(
                                    r.get(1, i) + (kept ? σ[i] * r.get(1, 7 + i) : 0), within(type == Type.F32 ? 2e-4 : 1e-9));
                        }
                    }
                }
            }
        }
    }

    @Test
    void aReductionOfNanForgets() {
        try (Engine engine = Engines.best(1);
                Workspace plan = new Workspace(engine, Type.F64, 1, N)) {
            Basis u = plan.basis(3);
            Basis v = plan.basis(3);
            RankReduction reduction = new RankReduction(plan, u, v, 2);
            double[] divisors = {1, 1, 1};
            assertThat(reduction.reduce(0, divisors, new double[3])).as("zeros").isEqualTo(2);
            u.block().set(1, 4, Double.NaN);
            assertThat(reduction.reduce(0, divisors, new double[3])).isZero();
            u.block().set(1, 4, 0);
            v.block().set(1, 4, Double.POSITIVE_INFINITY);
            assertThat(reduction.reduce(0, divisors, new double[3])).isZero();
        }
    }

    @Test
    void aSymmetricMatrixIsItsEigenvectorsTimesItsEigenvalues() {
        Random random = new Random(1);
        for (int n : new int[] {1, 2, 3, 7, 40}) {
            double[] a = new double[n * n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j <= i; j++) {
                    a[i * n + j] = Math.pow(10, -0.2 * (i + j)) * random.nextGaussian();
                    a[j * n + i] = a[i * n + j];
                }
            }
            double[] λ = a.clone();
            double[] q = new double[n * n];
            SymmetricEigen.decompose(λ, q, n);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    double product = 0;
                    for (int k = 0; k < n; k++) {
                        sum += q[k * n + i] * λ[k * n + k] * q[k * n + j];
                        product += q[i * n + k] * q[j * n + k];
                    }
                    assertThat(sum).isCloseTo(a[i * n + j], within(1e-14 * n));
                    assertThat(product).isCloseTo(i == j ? 1 : 0, within(1e-14 * n));
                }
            }
        }
    }
}
