package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BroydenTest {
    /** The matrix B itself, {@code B += F sᵀ / ‖s‖²}. Its inverse is applied by elimination. */
    private static List<double[]> dense(double[] start, int evaluations, java.util.function.UnaryOperator<double[]> f) {
        int n = start.length;
        double[][] b = new double[n][n];
        for (int i = 0; i < n; i++) {
            b[i][i] = 1;
        }
        double[] z = start.clone();
        List<double[]> iterates = new ArrayList<>();
        double[] s = null;
        for (int k = 0; k < evaluations; k++) {
            iterates.add(z.clone());
            double[] residual = f.apply(z);
            for (int i = 0; i < n; i++) {
                residual[i] -= z[i];
            }
            if (s != null) {
                double square = 0;
                for (double x : s) {
                    square += x * x;
                }
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        b[i][j] -= residual[i] * s[j] / square;
                    }
                }
            }
            s = Problems.solve(b, residual);
            for (int i = 0; i < n; i++) {
                z[i] += s[i];
            }
        }
        return iterates;
    }

    @Test
    void theIteratesAreThoseOfTheDenseMethod() {
        int n = 12;
        double[] start = new double[n];
        List<double[]> expected = dense(start, 12, z -> {
            double[] out = new double[n];
            for (int i = 0; i < n; i++) {
                out[i] = Math.cos(z[(i + 1) % n] + 0.3 * i) * 0.9 + 0.5 * z[i];
            }
            return out;
        });
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Broyden broyden = Broyden.plan(engine, Type.F64, 2, n, Broyden.Options.DEFAULT, Stopping.fixed(12));
                    Block z = engine.allocate(Type.F64, 2, n)) {
                // The second row is a separate problem, and must not change the first.
                z.set(1, 3, 40);
                int[] seen = {0};
                broyden.solve((in, out, rows) -> {
                    for (int p = 0; p < in.rows(); p++) {
                        for (int i = 0; i < n; i++) {
                            out.set(p, i, Math.cos(in.get(p, (i + 1) % n) + 0.3 * i) * 0.9 + 0.5 * in.get(p, i));
                        }
                    }
                    for (int i = 0; i < n; i++) {
                        assertThat(in.get(0, i)).as("%s, iterate %d", provider.name(), seen[0])
                                .isCloseTo(expected.get(seen[0])[i], org.assertj.core.api.Assertions.within(1e-8));
                    }
                    seen[0]++;
                }, z);
                assertThat(seen[0]).isEqualTo(12);
            }
        }
    }

    @Test
    void aLinearMapIsSolvedInTwiceItsDimensionEvenWhereItExpands() {
        // Gay 1979: at most 2n steps; eigenvalues up to 3 make plain iteration hopeless.
        int n = 8;
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.IDENTITY, Type.F64, n, 3, 3, 1);
                Broyden broyden = Broyden.plan(engine, Type.F64, 3, n, Broyden.Options.DEFAULT, Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 3, n)) {
            Outcome outcome = broyden.solve(cell, z);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
            assertThat(outcome.evaluations()).isLessThanOrEqualTo(2 * n + 2);
        }
    }

    /** Products of directions follow from each other. If they are not measured again, their errors grow to NaN on such maps in f32. */
    @Test
    void aLongMemoryTakesAsManyEvaluationsAsTheDenseMethod() {
        for (int n : new int[] {64, 96}) {
            for (double ρ : new double[] {0.9, 0.99, 1.5}) {
                java.util.Random random = new java.util.Random(n);
                double[] w = new double[n * n];
                double[] bias = random.doubles(n, -1, 1).toArray();
                for (int i = 0; i < n; i++) {
                    w[i * n + i] = ρ * (2.0 * i / (n - 1) - 1);
                    if (i + 1 < n) {
                        w[i * n + i + 1] = 0.3 * random.nextGaussian();
                    }
                }
                java.util.function.UnaryOperator<double[]> f = z -> {
                    double[] out = bias.clone();
                    for (int i = 0; i < n; i++) {
                        for (int j = 0; j < n; j++) {
                            out[i] += w[i * n + j] * z[j];
                        }
                    }
                    return out;
                };
                for (Type type : Type.values()) {
                    double tolerance = type == Type.F32 ? 1e-5 : 1e-10;
                    int dense = evaluations(new DenseBroyden(true, 500, false).points(new double[n], 400, f), f, tolerance);
                    try (Engine engine = Engines.best(1);
                            Broyden broyden = Broyden.plan(engine, type, 1, n, new Broyden.Options(400),
                                    Stopping.relative(tolerance).within(400));
                            Block z = engine.allocate(type, 1, n)) {
                        Outcome outcome = broyden.solve((in, out, rows) -> out.copyFrom(f.apply(in.toDoubles())), z);
                        if (type == Type.F32 && ρ > 1) {
                            // With directions rounded to f32, half of 12 such maps of n = 96 and 128 are solved, with any number of steps.
                            assertThat(outcome.residual(0)).as("n = %d, ρ = %s, %s: %s", n, ρ, type, outcome).isLessThan(1e-2);
                            assertThat(Double.isFinite(z.get(0, 0))).isTrue();
                            continue;
                        }
                        assertThat(outcome.succeeded()).as("n = %d, ρ = %s, %s, dense %d: %s", n, ρ, type, dense, outcome).isTrue();
                        // Vectors in f32 differ from a matrix in f64.
                        assertThat(outcome.evaluations()).as("n = %d, ρ = %s, %s", n, ρ, type)
                                .isLessThanOrEqualTo(type == Type.F32 ? 3 * dense : dense + dense / 10 + 2);
                    }
                }
            }
        }
    }

    /** The number of these points up to the first that meets the tolerance. */
    private static int evaluations(List<double[]> points, java.util.function.UnaryOperator<double[]> f, double tolerance) {
        for (int k = 0; k < points.size(); k++) {
            double[] z = points.get(k);
            double[] value = f.apply(z);
            double step = 0;
            double length = 0;
            for (int i = 0; i < z.length; i++) {
                step = Math.hypot(step, value[i] - z[i]);
                length = Math.hypot(length, value[i]);
            }
            if (step <= tolerance * length) {
                return k + 1;
            }
        }
        return points.size();
    }

    @Test
    void aFullMemoryStartsAgainAndStillConverges() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 64, 5, 0.95, 1);
                Broyden broyden = Broyden.plan(engine, Type.F32, 5, 64, new Broyden.Options(4), Stopping.relative(1e-5));
                Block z = engine.allocate(Type.F32, 5, 64)) {
            assertThat(broyden.bytes()).isEqualTo((4 + 3) * Block.bytes(Type.F32, 5, 64) + Block.bytes(Type.F32, 1, 64));
            Outcome outcome = broyden.solve(cell, z);
            assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
        }
        assertThatThrownBy(() -> new Broyden.Options(1)).hasMessage("Broyden.Options: memory is 1, expected 2 to 500");
    }

    @Test
    void aRowHasTheSameBitsInAnyCompanyAndNothingIsAllocated() {
        int n = 48;
        int batch = 7;
        try (Engine engine = Engines.named("simd", 1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, n, batch, 0.9, 1);
                Broyden broyden = Broyden.plan(engine, Type.F32, batch, n, Broyden.Options.DEFAULT, Stopping.relative(1e-5));
                Block start = Problems.random(Type.F32, batch, n, 1, 3);
                Block z = engine.allocate(Type.F32, batch, n);
                Block alone = engine.allocate(Type.F32, 1, n)) {
            start.set(2, 5, Double.POSITIVE_INFINITY);
            z.copyFrom(start);
            assertThat(broyden.solve(cell, z).status(2)).isEqualTo(Status.NONFINITE_INPUT);
            double[] all = z.toDoubles();
            for (int b = 0; b < batch; b++) {
                alone.copyRow(start, b, 0);
                broyden.solve(Problems.alone(cell, batch, b), alone);
                assertThat(alone.toDoubles()).isEqualTo(java.util.Arrays.copyOfRange(all, b * n, (b + 1) * n));
            }
            start.set(2, 5, 0);
            long bytes = Problems.allocated(() -> {
                    z.copyFrom(start);
                    broyden.solve(cell, z);
            });
            assertThat(bytes).as("bytes per ten solves").isZero();
        }
    }
}
