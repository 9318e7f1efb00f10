package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The default solver takes at most 1.3 times the products of GMRES without restarts, and never more memory than a cycle of 20 steps. */
class GmresIdrTest {
    private static final double[] RADII = {0.5, 0.8, 0.9, 0.95, 0.99};

    /** T of the adjoint systems, row by row, with ρ(T) = 1 to within rounding. */
    private static double[] matrix(Engine engine, String kind, int n, long seed) {
        Random random = new Random(seed);
        double[] slope = random.doubles(n, -2, 2).map(a -> 1 - Math.tanh(a) * Math.tanh(a)).toArray();
        double[] w = new double[n * n];
        switch (kind) {
            case "gaussian", "symmetric", "orthogonal" -> Arrays.setAll(w, i -> random.nextGaussian());
            case "ring" -> {
                for (int i = 0; i < n; i++) {
                    w[i * n + (i + 1) % n] = 0.5;
                    w[i * n + (i + n - 1) % n] = 0.5;
                }
            }
            case "convection" -> {
                // Upwind differences and diffusion on an interval: far from normal.
                for (int i = 0; i < n; i++) {
                    w[i * n + Math.max(0, i - 1)] += 0.8;
                    w[i * n + Math.min(n - 1, i + 1)] += 0.2;
                }
            }
            default -> throw new AssertionError(kind);
        }
        switch (kind) {
            case "symmetric" -> {
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < i; j++) {
                        w[i * n + j] = w[j * n + i];
                    }
                }
            }
            case "orthogonal" -> orthonormalise(w, n);
            default -> { }
        }
        if (kind.equals("gaussian") || kind.equals("symmetric")) {
            for (int i = 0; i < n * n; i++) {
                w[i] *= slope[i % n];
            }
            double radius = radius(engine, w, n);
            for (int i = 0; i < n * n; i++) {
                w[i] /= radius;
            }
        }
        return w;
    }

    private static void orthonormalise(double[] w, int n) {
        for (int i = 0; i < n; i++) {
            for (int pass = 0; pass < 2; pass++) {
                for (int l = 0; l <= i; l++) {
                    double dot = 0;
                    for (int k = 0; k < n; k++) {
                        dot += w[i * n + k] * w[l * n + k];
                    }
                    double scale = 1 / Math.sqrt(dot);
                    for (int k = 0; k < n; k++) {
                        w[i * n + k] = l == i ? scale * w[i * n + k] : w[i * n + k] - dot * w[l * n + k];
                    }
                }
            }
        }
    }

    /** {@code lim ‖A^k‖^{1/k}} by repeated squaring. */
    private static double radius(Engine engine, double[] a, int n) {
        double log = 0;
        double weight = 1;
        try (Block power = Block.of(Type.F64, n, n, a);
                Block square = engine.allocate(Type.F64, n, n)) {
            for (int k = 0; k < 24; k++) {
                double norm = 0;
                double[] norms = new double[n];
                engine.norm(power, norms);
                for (double x : norms) {
                    norm = Math.hypot(norm, x);
                }
                log += weight * Math.log(norm);
                weight /= 2;
                engine.scale(1 / norm, power);
                engine.gemm(1, power, false, power, false, 0, square);
                power.copyFrom(square);
            }
        }
        return Math.exp(log);
    }

    private static int products(LinearSolver solver, LinearOperator t, Block b, Block u) {
        Outcome outcome = solver.solve(t, b, u);
        assertThat(outcome.status(0)).isEqualTo(Status.CONVERGED_RELATIVE);
        return outcome.evaluations(0);
    }

    @ParameterizedTest
    @CsvSource({
        "gaussian, 64", "gaussian, 128", "gaussian, 256", "gaussian, 512", "symmetric, 64", "symmetric, 128", "symmetric, 256",
        "symmetric, 512", "orthogonal, 64", "orthogonal, 128", "orthogonal, 256", "orthogonal, 512", "ring, 256", "convection, 128"
    })
    void takesLittleMoreThanGmresWithoutRestarts(String kind, int n) {
        Stopping stopping = Stopping.relative(1e-6).within(2000);
        try (Engine engine = Engines.best(1);
                LinearSolver full = Gmres.plan(engine, Type.F64, 1, n, Math.min(n, 500), stopping);
                LinearSolver solver = LinearSolver.plan(engine, Type.F64, 1, n, stopping);
                Block w = engine.allocate(Type.F64, n, n);
                Block b = engine.allocate(Type.F64, 1, n);
                Block u = engine.allocate(Type.F64, 1, n)) {
            long seeds = n == 512 || kind.equals("ring") || kind.equals("convection") ? 1 : 3;
            requireProducts(engine, full, solver, kind, seeds, w, b, u, 1.3);
        }
    }

    /** The solver takes at most {@code most} times the products of GMRES without restarts. */
    private static void requireProducts(Engine engine, LinearSolver full, LinearSolver solver, String kind, long seeds, Block w, Block b,
            Block u, double most) {
        int n = w.cols();
        for (long seed = 1; seed <= seeds; seed++) {
            w.copyFrom(matrix(engine, kind, n, seed));
            b.copyFrom(new Random(seed + 10).doubles(n, -1, 1).toArray());
            for (double radius : RADII) {
                LinearOperator t = (v, out, rows) -> engine.gemm(radius, v, false, w, true, 0, out);
                int least = products(full, t, b, u);
                int taken = products(solver, t, b, u);
                assertThat(taken).as("%s, n = %d, seed %d, ρ = %s: %d", kind, n, seed, radius, least)
                        .isLessThanOrEqualTo((int) (most * least));
            }
        }
    }

    @Test
    void isGmresWhileTwentyStepsSuffice() {
        int n = 64;
        Stopping stopping = Stopping.relative(1e-6);
        try (Engine engine = Engines.best(1);
                LinearSolver gmres = Gmres.plan(engine, Type.F64, 1, n, 20, stopping);
                LinearSolver solver = LinearSolver.plan(engine, Type.F64, 1, n, stopping);
                Block w = Block.of(Type.F64, n, n, matrix(engine, "gaussian", n, 1));
                Block b = Block.of(Type.F64, 1, n, new Random(2).doubles(n, -1, 1).toArray());
                Block u = engine.allocate(Type.F64, 1, n);
                Block v = engine.allocate(Type.F64, 1, n)) {
            LinearOperator t = (x, out, rows) -> engine.gemm(0.4, x, false, w, true, 0, out);
            Outcome one = gmres.solve(t, b, u);
            Outcome other = solver.solve(t, b, v);
            assertThat(other.evaluations()).isEqualTo(one.evaluations()).isLessThanOrEqualTo(21);
            assertThat(other.cycles(0)).isEqualTo(1);
            assertThat(v.toDoubles()).isEqualTo(u.toDoubles());
            assertThat(solver.bytes() - gmres.bytes()).isLessThanOrEqualTo(10 * v.bytes());
        }
    }

    /** In f32 rounding limits what a recursion can reach: ‖u‖ is up to 100 ‖b‖. */
    @ParameterizedTest
    @CsvSource({"gaussian, 64", "gaussian, 256", "symmetric, 64", "symmetric, 256", "orthogonal, 64", "orthogonal, 256"})
    void solvesInNarrowNumbers(String kind, int n) {
        Stopping stopping = Stopping.relative(1e-4).within(2000);
        try (Engine engine = Engines.best(1);
                LinearSolver full = Gmres.plan(engine, Type.F32, 1, n, n, stopping);
                LinearSolver solver = LinearSolver.plan(engine, Type.F32, 1, n, stopping);
                Block w = engine.allocate(Type.F32, n, n);
                Block b = engine.allocate(Type.F32, 1, n);
                Block u = engine.allocate(Type.F32, 1, n)) {
            requireProducts(engine, full, solver, kind, 3, w, b, u, 2.25);
        }
    }

    @Test
    void companyAndThreadsChangeNoBit() {
        int n = 96;
        int batch = 7;
        for (Type type : Type.values()) {
            Stopping stopping = Stopping.relative(type == Type.F32 ? 1e-4 : 1e-8).within(1000);
            double[][] alone = new double[batch][];
            for (int threads = 1; threads <= 3; threads++) {
                try (Engine engine = Engines.best(threads);
                        LinearSolver solver = LinearSolver.plan(engine, type, batch, n, stopping);
                        Block w = Block.of(type, n, n, matrix(engine, "gaussian", n, 3));
                        Block b = engine.allocate(type, batch, n);
                        Block u = engine.allocate(type, batch, n);
                        Block one = engine.allocate(type, 1, n);
                        Block x = engine.allocate(type, 1, n)) {
                    // Rows of different difficulty: row i is multiplied by its own factor.
                    b.copyFrom(new Random(4).doubles((long) batch * n, -1, 1).toArray());
                    LinearOperator all = scaled(engine, w, null);
                    Outcome outcome = solver.solve(all, b, u);
                    assertThat(outcome.succeeded()).isTrue();
                    assertThat(outcome.cycles(0)).isEqualTo(1);
                    assertThat(outcome.cycles(batch - 1)).isGreaterThan(1);
                    for (int i = 0; i < batch; i++) {
                        one.copyRow(b, i, 0);
                        solver.solve(scaled(engine, w, i), one, x);
                        assertThat(x.toDoubles()).isEqualTo(Arrays.copyOfRange(u.toDoubles(), i * n, (i + 1) * n));
                        if (alone[i] == null) {
                            alone[i] = x.toDoubles();
                        }
                        assertThat(x.toDoubles()).isEqualTo(alone[i]);
                    }
                }
            }
        }
    }

    /** T of row b is W times a factor that grows with b. */
    private static LinearOperator scaled(Engine engine, Block w, Integer only) {
        double[] factors = new double[8];
        double[] zeros = new double[8];
        return (v, out, rows) -> {
            engine.gemm(1, v, false, w, true, 0, out);
            for (int p = 0; p < rows.count(); p++) {
                factors[p] = 0.1 + 0.14 * (only == null ? rows.index(p) : only);
            }
            engine.axpby(zeros, v, factors, out);
        };
    }

    @Test
    void allocatesNothing() {
        int n = 96;
        try (Engine engine = Engines.best(1);
                LinearSolver solver = LinearSolver.plan(engine, Type.F32, 3, n, Stopping.relative(1e-5).within(1000));
                Block w = Block.of(Type.F32, n, n, matrix(engine, "orthogonal", n, 3));
                Block b = Block.of(Type.F32, 3, n, new Random(4).doubles(3L * n, -1, 1).toArray());
                Block u = engine.allocate(Type.F32, 3, n)) {
            LinearOperator t = (v, out, rows) -> engine.gemm(0.95, v, false, w, true, 0, out);
            for (int i = 0; i < 300; i++) {
                assertThat(solver.solve(t, b, u).cycles(0)).isGreaterThan(1);
            }
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 50; i++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                solver.solve(t, b, u);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).isZero();
        }
    }

    /** I - T is singular, and b outside its range: the best solution of the space is returned. */
    @Test
    void singularSystemsEnd() {
        int n = 64;
        try (Engine engine = Engines.best(1);
                LinearSolver solver = LinearSolver.plan(engine, Type.F64, 1, n, Stopping.relative(1e-9).within(1000));
                Block w = Block.of(Type.F64, n, n, matrix(engine, "ring", n, 1));
                Block b = Block.of(Type.F64, 1, n, new Random(4).doubles(n, 0, 1).toArray());
                Block u = engine.allocate(Type.F64, 1, n)) {
            LinearOperator t = (v, out, rows) -> engine.gemm(1, v, false, w, true, 0, out);
            Outcome outcome = solver.solve(t, b, u);
            double[] norm = new double[1];
            engine.norm(b, norm);
            double mean = Arrays.stream(b.toDoubles()).average().orElseThrow();
            assertThat(outcome.status(0).isSuccess()).isFalse();
            assertThat(outcome.residual(0)).isBetween(0.99 * Math.abs(mean) * Math.sqrt(n) / norm[0], 1.0);
        }
    }
}
