package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A space that survives from solve to solve saves products, and never costs a solution. */
class RecycledGmresTest {
    private static final int N = 256;
    private static final int M = 20;

    /** A sequence of systems that drift, each with its right-hand side; in plain f64 Java, then rounded. */
    private static final class Drift {
        final int n;
        final double[] t;
        final double[] b;
        private final Random random;
        private final double[] momentum;

        Drift(int n, double bulk, double radius, long seed) {
            this(n, true, bulk, radius, seed);
        }

        /**
         * T with six real eigenvalues between 0.6 and the radius, on orthogonal directions. The others spread evenly over
         * {@code [-bulk, bulk]}, or are those of a random matrix, which fill the disc of radius {@code bulk}.
         */
        Drift(int n, boolean symmetric, double bulk, double radius, long seed) {
            this.n = n;
            random = new Random(seed);
            t = new double[n * n];
            b = new double[n];
            momentum = new double[n * n];
            for (int i = 0; i < n; i++) {
                for (int j = 6; i >= 6 && j < n && !symmetric; j++) {
                    t[i * n + j] = bulk / Math.sqrt(n) * random.nextGaussian();
                }
                if (i < 6 || symmetric) {
                    t[i * n + i] = i < 6 ? 0.6 + (radius - 0.6) * i / 5 : bulk * (2.0 * (i - 6) / (n - 7) - 1);
                }
            }
            // Three reflections from both sides, so that no coordinate is special.
            for (int turn = 0; turn < 3; turn++) {
                reflect(random.doubles(n, -1, 1).toArray());
            }
            gaussian(b);
        }

        private void reflect(double[] v) {
            double square = 0;
            for (double x : v) {
                square += x * x;
            }
            for (int side = 0; side < 2; side++) {
                for (int i = 0; i < n; i++) {
                    double sum = 0;
                    for (int k = 0; k < n; k++) {
                        sum += t[side == 0 ? i * n + k : k * n + i] * v[k];
                    }
                    for (int k = 0; k < n; k++) {
                        t[side == 0 ? i * n + k : k * n + i] -= 2 * sum / square * v[k];
                    }
                }
            }
        }

        private void gaussian(double[] x) {
            for (int i = 0; i < x.length; i++) {
                x[i] = random.nextGaussian();
            }
        }

        /** T moves by a step of momentum over matrices of rank one, as training does, of Frobenius norm {@code size}. */
        void train(double size) {
            double[] g = new double[n];
            double[] h = new double[n];
            gaussian(g);
            gaussian(h);
            double square = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    int at = i * n + j;
                    momentum[at] = 0.9 * momentum[at] + 0.1 / n * (g[i] * h[j] + g[j] * h[i]);
                    square += momentum[at] * momentum[at];
                }
            }
            for (int at = 0; at < n * n; at++) {
                t[at] += size / Math.sqrt(square) * momentum[at];
            }
        }

        /** T moves by a symmetric random matrix of spectral norm {@code size} or so. */
        void shake(double size) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j <= i; j++) {
                    double x = size / 2 / Math.sqrt(n) * random.nextGaussian();
                    t[i * n + j] += x;
                    t[j * n + i] += i == j ? 0 : x;
                }
            }
        }

        /** The next right-hand side: near the last, or another. */
        void turn(boolean correlated) {
            for (int i = 0; i < n; i++) {
                b[i] = correlated ? b[i] + 0.1 * random.nextGaussian() : random.nextGaussian();
            }
        }
    }

    /** {@code T u} for a matrix of {@code n × n}, the same for every row. */
    private static LinearOperator operator(Engine engine, Block t) {
        return (u, out, rows) -> engine.gemm(1, u, false, t, true, 0, out);
    }

    /** {@code ‖b - (I - T) u‖ / ‖b‖} in f64. */
    private static double residual(Drift drift, Block u, int row) {
        double square = 0;
        double whole = 0;
        for (int i = 0; i < drift.n; i++) {
            double sum = drift.b[i] - u.get(row, i);
            for (int k = 0; k < drift.n; k++) {
                sum += drift.t[i * drift.n + k] * u.get(row, k);
            }
            square += sum * sum;
            whole += drift.b[i] * drift.b[i];
        }
        return Math.sqrt(square / whole);
    }

    private static Stopping stopping(Type type) {
        return Stopping.relative(type == Type.F32 ? 1e-4 : 1e-6);
    }

    /** Products of fifty systems, of plain GMRES and of this. */
    private static double share(Type type, boolean symmetric, double bulk, double radius, boolean training, boolean correlated) {
        Drift drift = new Drift(N, symmetric, bulk, radius, 7);
        double tolerance = stopping(type).relative();
        long plain = 0;
        long recycled = 0;
        try (Engine engine = Engines.best(1);
                Gmres gmres = Gmres.plan(engine, type, 1, N, M, stopping(type));
                RecycledGmres recycling = plan(engine, type);
                Block t = engine.allocate(type, N, N);
                Block b = engine.allocate(type, 1, N);
                Block u = engine.allocate(type, 1, N)) {
            for (int i = 0; i < 50; i++) {
                t.copyFrom(drift.t);
                b.copyFrom(drift.b);
                plain += gmres.solve(operator(engine, t), b, u).evaluations();
                Outcome outcome = recycling.solve(operator(engine, t), b, u);
                recycled += outcome.evaluations();
                assertThat(outcome.status(0)).as("%s", outcome).isEqualTo(Status.CONVERGED_RELATIVE);
                assertThat(residual(drift, u, 0)).isLessThan(1.02 * tolerance);
                if (training) {
                    drift.train(3e-3);
                } else {
                    drift.shake(3e-3);
                }
                drift.turn(correlated);
            }
        }
        return (double) recycled / plain;
    }

    /**
     * What can be gained depends on the spectrum. With the six directions gone, a disc of radius 0.45 still takes eleven or twelve products
     * to 10⁻⁴, and an interval that ends at 0.9 takes only one or two fewer than before.
     */
    @ParameterizedTest
    @CsvSource({"true, 0.45, 0.9, 0.6", "true, 0.495, 0.99, 0.6", "true, 0.98, 0.99, 0.6", "false, 0.45, 0.9, 0.7",
        "false, 0.495, 0.99, 0.6", "false, 0.9, 0.9, 0.7", "true, 0.9, 0.9, 0.95"})
    void fewerProductsThanPlainInTheSameMemory(boolean symmetric, double bulk, double radius, double limit) {
        for (Type type : Type.values()) {
            for (boolean training : new boolean[] {false, true}) {
                for (boolean correlated : new boolean[] {false, true}) {
                    assertThat(share(type, symmetric, bulk, radius, training, correlated)).as("%s, %s, %s", type, training, correlated)
                            .isLessThan(limit);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aSolutionIsThatOfPlainGmres(Type type) {
        double tolerance = type == Type.F32 ? 1e-6 : 1e-12;
        for (EngineProvider provider : Problems.engines()) {
            Drift drift = new Drift(37, 0.5, 0.9, 3);
            try (Engine engine = provider.create(2);
                    Gmres gmres = Gmres.plan(engine, type, 2, 37, 37, Stopping.relative(tolerance));
                    RecycledGmres recycling = RecycledGmres.plan(engine, type, 2, 37, new RecycledGmres.Options(12, 3),
                            Stopping.relative(tolerance));
                    Block t = engine.allocate(type, 37, 37);
                    Block b = Problems.random(type, 2, 37, 1, 4);
                    Block expected = engine.allocate(type, 2, 37);
                    Block u = engine.allocate(type, 2, 37)) {
                for (int i = 0; i < 4; i++) {
                    t.copyFrom(drift.t);
                    assertThat(gmres.solve(operator(engine, t), b, expected).succeeded()).isTrue();
                    Outcome outcome = recycling.solve(operator(engine, t), b, u);
                    assertThat(outcome.succeeded()).as("%s, solve %d: %s", provider.name(), i, outcome).isTrue();
                    // The eigenvalues of I - T are 0.1 at least and 1.5 at most.
                    assertThat(Problems.relative(u.toDoubles(), expected.toDoubles())).isLessThan(2 * 1.5 / 0.1 * tolerance);
                    assertThat(recycling.kept(0)).isEqualTo(3);
                    drift.shake(1e-2);
                }
            }
        }
    }

    /** With the space of another system the first cycle is lost, and no more. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void aJumpCostsACycleAndLeavesNoTrace(Type type) {
        try (Engine engine = Engines.best(1);
                RecycledGmres recycling = plan(engine, type);
                RecycledGmres other = plan(engine, type)) {
            solves(recycling, new Drift(N, 0.98, 0.99, 11), 5);
            int[] after = solves(recycling, new Drift(N, 0.98, 0.99, 12), 8);
            int[] without = solves(other, new Drift(N, 0.98, 0.99, 12), 8);
            assertThat(after[0]).isLessThanOrEqualTo(without[0] + 2 * 7 + 2);
            for (int i = 2; i < 8; i++) {
                assertThat(after[i]).isCloseTo(without[i], within(8));
            }
        }
    }

    /** Where each system is another altogether, spaces are of no use, and of little harm. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void rubbishIsSurvived(Type type) {
        try (Engine engine = Engines.best(1);
                RecycledGmres recycling = plan(engine, type);
                RecycledGmres other = plan(engine, type)) {
            for (int i = 0; i < 12; i++) {
                boolean symmetric = i % 3 != 0;
                double bulk = i % 2 == 0 ? 0.98 : 0.5;
                int products = solves(recycling, new Drift(N, symmetric, bulk, 0.99, i), 1)[0];
                other.forget();
                int without = solves(other, new Drift(N, symmetric, bulk, 0.99, i), 1)[0];
                assertThat(products).as("system %d", i).isLessThanOrEqualTo(without + 2 * 7 + 2);
            }
        }
    }

    /** A system that grows, too: {@code ‖I - T‖} is ten times what the space was built with. */
    @Test
    void aLargerSystemIsRecycledInTheEnd() {
        try (Engine engine = Engines.best(1);
                RecycledGmres recycling = plan(engine, Type.F64, stopping(Type.F64).within(3000));
                RecycledGmres other = plan(engine, Type.F64, stopping(Type.F64).within(3000))) {
            solves(recycling, new Drift(N, 0.98, 0.99, 11), 3);
            Drift large = new Drift(N, 0.98, 0.99, 12);
            Drift same = new Drift(N, 0.98, 0.99, 12);
            for (Drift drift : new Drift[] {large, same}) {
                for (int at = 0; at < N * N; at++) {
                    drift.t[at] = 10 * drift.t[at] - (at % (N + 1) == 0 ? 9 : 0);
                }
            }
            int[] after = solves(recycling, large, 4);
            int[] without = solves(other, same, 4);
            assertThat(after[3]).isCloseTo(without[3], within(8));
        }
    }

    private static RecycledGmres plan(Engine engine, Type type) {
        return plan(engine, type, stopping(type));
    }

    private static RecycledGmres plan(Engine engine, Type type, Stopping stopping) {
        return RecycledGmres.plan(engine, type, 1, N, RecycledGmres.Options.DEFAULT, stopping);
    }

    /** The products that each of {@code count} systems of a drift takes. */
    private static int[] solves(RecycledGmres solver, Drift drift, int count) {
        try (Block u = solver.engine().allocate(solver.type(), 1, N)) {
            return solves(solver, drift, count, u);
        }
    }

    /** The same, with the last solution in {@code u}. */
    private static int[] solves(RecycledGmres solver, Drift drift, int count, Block u) {
        int[] products = new int[count];
        try (Block t = solver.engine().allocate(solver.type(), N, N);
                Block b = solver.engine().allocate(solver.type(), 1, N)) {
            for (int i = 0; i < count; i++) {
                t.copyFrom(drift.t);
                b.copyFrom(drift.b);
                Outcome outcome = solver.solve(operator(solver.engine(), t), b, u);
                assertThat(outcome.succeeded()).as("solve %d: %s", i, outcome).isTrue();
                products[i] = outcome.evaluations();
                drift.shake(3e-3);
                drift.turn(false);
            }
        }
        return products;
    }

    @Test
    void whatIsForgottenLeavesNoBit() {
        try (Engine engine = Engines.best(1);
                RecycledGmres recycling = plan(engine, Type.F32);
                Block u = engine.allocate(Type.F32, 1, N)) {
            int[] first = solves(recycling, new Drift(N, 0.5, 0.99, 1), 3, u);
            double[] bits = u.toDoubles();
            assertThat(recycling.kept(0)).isEqualTo(6);
            recycling.forget();
            assertThat(recycling.kept(0)).isZero();
            assertThat(solves(recycling, new Drift(N, 0.5, 0.99, 1), 3, u)).containsExactly(first);
            assertThat(u.toDoubles()).containsExactly(bits);
            recycling.forget(0);
            assertThat(recycling.kept(0)).isZero();
            assertThatThrownBy(() -> recycling.forget(1)).hasMessage("forget: row 1 of the batch, expected 0 to 0");
        }
    }

    /** Rows with systems of their own, which drift from solve to solve; some fail. */
    private static final class Company implements LinearOperator {
        final int[] problem;
        int time;

        Company(int... problem) {
            this.problem = problem;
        }

        @Override
        public void apply(Block u, Block out, Rows rows) {
            for (int p = 0; p < rows.count(); p++) {
                int q = problem[rows.index(p)];
                double ρ = 0.9 + 0.02 * q + 0.003 * time;
                for (int i = 0; i < u.cols(); i++) {
                    double d = i < 2 + q ? 1 - 0.1 * i : Math.cos(i * (1 + q)) / 2;
                    double next = i + 1 < u.cols() ? u.get(p, i + 1) : 0;
                    out.set(p, i, q == 2 && time == 2 ? Double.NaN : ρ * d * u.get(p, i) + 0.05 * Math.sin(q + time) * next);
                }
            }
        }

        void rightHandSides(Block b) {
            for (int p = 0; p < problem.length; p++) {
                for (int i = 0; i < b.cols(); i++) {
                    int q = problem[p];
                    b.set(p, i, q == 3 && time == 2 ? 0 : q == 1 && time == 3 ? Double.NaN : Math.sin(1.0 + q + 3 * i * (1 + time)));
                }
            }
        }
    }

    private static String history(RecycledGmres solver, Company company, int row, Block b, Block u) {
        StringBuilder history = new StringBuilder();
        for (company.time = 0; company.time < 5; company.time++) {
            company.rightHandSides(b);
            Outcome outcome = solver.solve(company, b, u);
            history.append(outcome.status(row)).append(' ').append(outcome.evaluations(row)).append(' ').append(outcome.residual(row));
            history.append(' ').append(solver.kept(row)).append(' ');
            for (int i = 0; i < u.cols(); i++) {
                history.append(u.get(row, i)).append(' ');
            }
            history.append('\n');
        }
        return history.toString();
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowIsWhatItIsAlone(Type type) {
        RecycledGmres.Options options = new RecycledGmres.Options(12, 3);
        for (EngineProvider provider : Problems.engines()) {
            for (int row = 0; row < 5; row++) {
                try (Engine engine = provider.create(2);
                        RecycledGmres alone = RecycledGmres.plan(engine, type, 1, 37, options, Stopping.relative(1e-5).within(200));
                        RecycledGmres together = RecycledGmres.plan(engine, type, 6, 37, options, Stopping.relative(1e-5).within(200));
                        Block b = engine.allocate(type, 1, 37);
                        Block u = engine.allocate(type, 1, 37);
                        Block bs = engine.allocate(type, 5, 37);
                        Block us = engine.allocate(type, 5, 37)) {
                    Company company = new Company(3, 0, 4, 2, 1);
                    String expected = history(alone, new Company(company.problem[row]), 0, b, u);
                    assertThat(history(together, company, row, bs, us)).as("%s, row %d", provider.name(), row).isEqualTo(expected);
                    List<String> lines = expected.lines().toList();
                    if (company.problem[row] == 2) {
                        assertThat(lines.get(2)).startsWith("NONFINITE_OPERATOR 2 1.0 0 ");
                        assertThat(lines.get(4)).startsWith("CONVERGED_RELATIVE").contains(" 3 ");
                    } else if (company.problem[row] == 3) {
                        assertThat(lines.get(2)).startsWith("CONVERGED_ZERO_RHS 0 0.0 3 ");
                    } else if (company.problem[row] == 1) {
                        assertThat(lines.get(3)).startsWith("NONFINITE_INPUT 0 NaN 3 ");
                    }
                }
            }
        }
    }

    @Test
    void aSingularSystemAndABrokenOperatorAreNoSuccess() {
        try (Engine engine = Engines.best(1);
                RecycledGmres gmres = RecycledGmres.plan(engine, Type.F64, 1, 3, new RecycledGmres.Options(6, 1), Stopping.relative(1e-8));
                Block rhs = Block.of(Type.F64, 1, 3, 1, 2, 3);
                Block x = engine.allocate(Type.F64, 1, 3)) {
            assertThat(gmres.solve((u, out, rows) -> out.copyFrom(u), rhs, x).status(0)).isEqualTo(Status.BREAKDOWN);
            assertThat(gmres.solve((u, out, rows) -> out.fill(Double.NaN), rhs, x).status(0)).isEqualTo(Status.NONFINITE_OPERATOR);
            assertThat(x.toDoubles()).containsExactly(0, 0, 0);
            assertThat(gmres.solve((u, out, rows) -> engine.axpby(0.5, u, 0, out), rhs, x).succeeded()).isTrue();
            assertThat(x.toDoubles()).containsExactly(new double[] {2, 4, 6}, within(1e-7));
            assertThat(gmres.resume((u, out, rows) -> engine.axpby(0.5, u, 0, out), rhs, x).status(0)).isEqualTo(Status.CONVERGED_AT_START);
        }
    }

    /** A budget that ends within a cycle is kept to, and what was found in it is kept too. */
    @Test
    void aBudgetIsKeptTo() {
        try (Engine engine = Engines.best(1);
                Block t = engine.allocate(Type.F64, 64, 64);
                Block b = engine.allocate(Type.F64, 1, 64);
                Block u = engine.allocate(Type.F64, 1, 64)) {
            Drift drift = new Drift(64, 0.5, 0.99, 1);
            t.copyFrom(drift.t);
            b.copyFrom(drift.b);
            for (int budget = 1; budget < 20; budget++) {
                Stopping stopping = Stopping.relative(1e-12).within(budget);
                try (RecycledGmres solver = RecycledGmres.plan(engine, Type.F64, 1, 64, RecycledGmres.Options.DEFAULT, stopping)) {
                    Outcome outcome = solver.solve(operator(engine, t), b, u);
                    // With one, which the true residual would take, there is nothing to compute.
                    assertThat(outcome.evaluations()).isEqualTo(budget == 1 ? 0 : budget);
                    assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
                    assertThat(residual(drift, u, 0)).isCloseTo(outcome.residual(0), within(1e-12));
                    double once = outcome.residual(0);
                    assertThat(solver.solve(operator(engine, t), b, u).residual(0)).as("%d products", budget).isLessThanOrEqualTo(once);
                }
            }
            try (RecycledGmres solver = RecycledGmres.plan(engine, Type.F64, 1, 64, RecycledGmres.Options.DEFAULT, Stopping.fixed(15))) {
                Outcome outcome = solver.solve(operator(engine, t), b, u);
                assertThat(outcome.evaluations()).isEqualTo(15);
                assertThat(outcome.status(0)).isEqualTo(Status.COMPLETED_FIXED_STEPS);
            }
        }
    }

    @Test
    void memoryIsItsFormulaAndASolveAllocatesNothing() {
        long live = Block.liveBytes();
        try (Engine engine = Engines.best(1);
                RecycledGmres solver = RecycledGmres.plan(engine, Type.F32, 3, 100, new RecycledGmres.Options(14, 4),
                        Stopping.relative(1e-4));
                Gmres gmres = Gmres.plan(engine, Type.F32, 3, 100, 14, Stopping.relative(1e-4));
                Block b = Problems.random(Type.F32, 3, 37, 1, 2);
                Block u = engine.allocate(Type.F32, 3, 37);
                RecycledGmres small = RecycledGmres.plan(engine, Type.F32, 3, 37, new RecycledGmres.Options(14, 4),
                        Stopping.relative(1e-4))) {
            assertThat(solver.bytes()).isEqualTo(19 * Block.bytes(Type.F32, 3, 100) + Block.bytes(Type.F32, 4, 100));
            assertThat(solver.bytes() - Block.bytes(Type.F32, 4, 100)).isEqualTo(gmres.bytes());
            Company company = new Company(0, 1, 2);
            assertThat(Problems.allocated(() -> {
                company.time = (company.time + 3) % 9;
                small.solve(company, b, u);
            })).isZero();
        }
        assertThat(Block.liveBytes()).isEqualTo(live);
    }

    @Test
    void wrongUseIsOneSentence() {
        assertThatThrownBy(() -> new RecycledGmres.Options(3, 1)).hasMessage("RecycledGmres.Options: vectors is 3, expected 4 to 200");
        assertThatThrownBy(() -> new RecycledGmres.Options(20, 10))
                .hasMessage("RecycledGmres.Options: pairs is 10 with 20 vectors, expected 1 to 9");
        try (Engine engine = Engines.best(1)) {
            Stopping patient = Stopping.relative(1e-4).withPatience(3);
            assertThatThrownBy(() -> RecycledGmres.plan(engine, Type.F32, 1, 8, RecycledGmres.Options.DEFAULT, patient))
                    .hasMessage("recycled GMRES: the stopping rule has patience, expected only a relative or absolute tolerance and a "
                            + "number of evaluations");
        }
    }
}
