package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.linear.Gmres;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The inverse Jacobian from all points of a solve. */
class MultiSecantTest {
    private static final int N = 24;

    private static Rows only(int batch, int... rows) {
        Rows some = new Rows(batch);
        for (int p = 0; p < rows.length; p++) {
            some.place(p, rows[p]);
        }
        some.truncate(rows.length);
        return some;
    }

    /** {@code I - J} of a cell without activation. */
    private static double[][] difference(Block w) {
        double[][] a = new double[N][N];
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                a[i][j] = (i == j ? 1 : 0) - w.get(i, j);
            }
        }
        return a;
    }

    @Test
    void onALinearMapItIsTheInverseOnTheSpanOfItsSteps() {
        for (EngineProvider provider : Problems.engines()) {
            for (int points : new int[] {2, 5, 9}) {
                try (Engine engine = provider.create(1);
                        Block w = Problems.random(Type.F64, N, N, 0.15, 1);
                        dev.zstar.kernels.Weights packed = engine.pack(w);
                        MultiSecant secants = MultiSecant.plan(engine, Type.F64, 2, N, 6);
                        Block z = engine.allocate(Type.F64, 1, N);
                        Block out = engine.allocate(Type.F64, 1, N)) {
                    Rows second = only(2, 1);
                    secants.follow((in, to, rows) -> engine.apply(packed, in, to, dev.zstar.kernels.Epilogue.NONE));
                    List<double[]> seen = new ArrayList<>();
                    for (int k = 0; k < points; k++) {
                        try (Block random = Problems.random(Type.F64, 1, N, 1, 10 + k)) {
                            seen.add(random.toDoubles());
                            secants.apply(random, out, second);
                        }
                    }
                    assertThat(secants.pairs(1)).isEqualTo(Math.min(points - 1, 6));
                    assertThat(secants.pairs(0)).isZero();
                    double[][] a = difference(w);
                    for (int k = points - 1 - secants.pairs(1); k < points - 1; k++) {
                        double[] s = new double[N];
                        for (int i = 0; i < N; i++) {
                            s[i] = seen.get(k + 1)[i] - seen.get(k)[i];
                        }
                        for (int i = 0; i < N; i++) {
                            double y = 0;
                            for (int j = 0; j < N; j++) {
                                y += a[i][j] * s[j];
                            }
                            z.set(0, i, y);
                        }
                        secants.inverse().apply(z, out, second);
                        for (int i = 0; i < N; i++) {
                            assertThat(out.get(0, i)).as(provider.name()).isCloseTo(s[i], within(1e-11));
                        }
                    }
                    // ⟨H x, g⟩ = ⟨x, Hᵀ g⟩.
                    try (Block x = Problems.random(Type.F64, 1, N, 1, 3);
                            Block g = Problems.random(Type.F64, 1, N, 1, 4)) {
                        double[] left = new double[1];
                        double[] right = new double[1];
                        secants.inverse().apply(x, out, second);
                        engine.dot(out, g, left);
                        secants.inverse().transposed().apply(g, out, second);
                        engine.dot(out, x, right);
                        assertThat(left[0]).isCloseTo(right[0], within(1e-11));
                        secants.inverse().apply(x, out, only(2, 0));
                        assertThat(out.toDoubles()).as("no pair: the identity").isEqualTo(x.toDoubles());
                    }
                }
            }
        }
    }

    @Test
    void pointsThatTellNothingAreLeftOut() {
        try (Engine engine = Engines.best(1);
                MultiSecant secants = MultiSecant.plan(engine, Type.F64, 1, N, 4);
                Block z = Problems.random(Type.F64, 1, N, 1, 2);
                Block out = engine.allocate(Type.F64, 1, N);
                Block g = Problems.random(Type.F64, 1, N, 1, 3)) {
            double[] scale = {0.5};
            FixedPointMap f = (in, to, rows) -> {
                for (int i = 0; i < N; i++) {
                    to.set(0, i, scale[0] * in.get(0, (i + 1) % N));
                }
            };
            assertThatThrownBy(() -> secants.apply(z, out, new Rows(1)))
                    .hasMessage("apply: this MultiSecant follows no map, expected follow(f) before the solve");
            secants.follow(f).apply(z, out, new Rows(1));
            secants.apply(z, out, new Rows(1));
            assertThat(secants.pairs(0)).as("the same point").isZero();
            scale[0] = Double.NaN;
            secants.apply(z, out, new Rows(1));
            assertThat(secants.pairs(0)).as("NaN").isZero();
            scale[0] = 0.5;
            for (int k = 0; k < 13; k++) {
                z.copyRow(out, 0, 0);
                for (int i = 0; i < N; i++) {
                    z.set(0, i, k % 3 == 0 ? Double.NaN : Math.sin(k * N + i));
                }
                secants.apply(z, out, new Rows(1));
                secants.inverse().applyTransposed(g, out, new Rows(1));
                assertThat(out.toDoubles()).doesNotContain(Double.NaN);
            }
            assertThat(secants.pairs(0)).isEqualTo(3);
            // A point on the line of two others: its pair depends on theirs.
            secants.follow(f);
            for (int k = 0; k < 4; k++) {
                for (int i = 0; i < N; i++) {
                    z.set(0, i, k * Math.cos(i));
                }
                secants.apply(z, out, new Rows(1));
            }
            secants.inverse().applyTransposed(g, out, new Rows(1));
            for (int i = 0; i < N; i++) {
                assertThat(Math.abs(out.get(0, i))).isLessThan(100);
            }
            secants.forget(0);
            secants.inverse().applyTransposed(g, out, new Rows(1));
            assertThat(out.toDoubles()).isEqualTo(g.toDoubles());
        }
    }

    @Test
    void aRowHasTheSameBitsInAnyCompanyAndNothingIsAllocated() {
        int batch = 7;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, batch, 0.95, 1);
                    Broyden broyden = Broyden.plan(engine, Type.F32, batch, N, Broyden.Options.DEFAULT, Stopping.relative(1e-5));
                    MultiSecant secants = MultiSecant.plan(engine, Type.F32, batch, N, 8);
                    Block z = engine.allocate(Type.F32, batch, N);
                    Block g = Problems.random(Type.F32, batch, N, 1, 4);
                    Block one = engine.allocate(Type.F32, 1, N);
                    Block u = engine.allocate(Type.F32, batch, N)) {
                assertThat(secants.bytes()).isEqualTo(2 * 9 * Block.bytes(Type.F32, batch, N));
                broyden.solve(secants.follow(cell), z);
                Rows all = new Rows(batch);
                secants.inverse().applyTransposed(g, u, all);
                double[] together = u.toDoubles();
                for (int b = batch - 1; b >= 0; b--) {
                    // A solve in which this row is alone, at its place in the batch.
                    int row = b;
                    secants.follow((in, out, rows) -> cell.apply(in, out, rows));
                    one.fill(0);
                    Rows own = only(batch, row);
                    try (Broyden single = Broyden.plan(engine, Type.F32, 1, N, Broyden.Options.DEFAULT, Stopping.relative(1e-5))) {
                        single.solve((in, out, rows) -> secants.apply(in, out, own), one);
                    }
                    one.copyRow(g, b, 0);
                    secants.inverse().applyTransposed(one, u.head(1), own);
                    assertThat(u.head(1).toDoubles()).as("%s, row %d", provider.name(), b)
                            .isEqualTo(Arrays.copyOfRange(together, b * N, (b + 1) * N));
                }
                if (provider.name().equals("simd")) {
                    assertThat(Problems.allocated(() -> {
                        z.fill(0);
                        broyden.solve(secants.follow(cell), z);
                        secants.inverse().applyTransposed(g, u, all);
                    })).isZero();
                }
            }
        }
        assertThatThrownBy(() -> MultiSecant.plan(Engines.best(1), Type.F32, N, 1, 501))
                .hasMessage("MultiSecant: pairs is 501, expected 1 to 500");
    }

    /** Gaussian W, a planted fixed point, and ρ(J) there as the test says. */
    @ParameterizedTest
    @ValueSource(doubles = {0.9, 0.99})
    void aForwardSolveUsedAgainHalvesTheProductsOfTheBackwardSolve(double radius) {
        int n = 256;
        double[] slope = new double[n];
        double[] a = new double[n];
        Random random = new Random(21);
        for (int i = 0; i < n; i++) {
            a[i] = random.nextGaussian();
            slope[i] = 1 - Math.tanh(a[i]) * Math.tanh(a[i]);
        }
        random = new Random(22);
        double[] w = new double[n * n];
        for (int i = 0; i < n * n; i++) {
            w[i] = random.nextGaussian();
        }
        double factor = radius / radius(w, slope, n);
        double[] c = a.clone();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                w[i * n + j] *= factor;
                c[i] -= w[i * n + j] * Math.tanh(a[j]);
            }
        }
        Broyden.Options options = new Broyden.Options(60).withUpdate(Broyden.Update.BAD).withReduction(Broyden.Reduction.SVD);
        try (Engine engine = Engines.best(1);
                Block wb = Block.of(Type.F64, n, n, w);
                Block none = Block.allocate(Type.F64, n, 1);
                Block x = Block.allocate(Type.F64, 1, 1);
                Block cb = Block.of(Type.F64, 1, n, c);
                DenseCell cell = new DenseCell(engine, Activation.TANH, wb, none, cb, 1);
                Broyden broyden = Broyden.plan(engine, Type.F64, 1, n, options, Stopping.relative(1e-7));
                MultiSecant secants = MultiSecant.plan(engine, Type.F64, 1, n, 100);
                Gmres plain = Gmres.plan(engine, Type.F64, 1, n, 150, Stopping.relative(1e-4));
                Gmres reusing = Gmres.plan(engine, Type.F64, 1, n,
                        Gmres.Options.DEFAULT.withRestart(150).withPreconditioner(secants.inverse().transposed()), Stopping.relative(1e-4));
                Block z = engine.allocate(Type.F64, 1, n);
                Block g = Problems.random(Type.F64, 1, n, 1, 5);
                Block u = engine.allocate(Type.F64, 1, n)) {
            cell.inject(x);
            assertThat(broyden.solve(secants.follow(cell), z).succeeded()).isTrue();
            cell.linearise(z);
            LinearOperator t = cell.adjoint();
            Outcome without = plain.solve(t, g, u);
            Outcome with = reusing.solve(t, g, u);
            assertThat(without.succeeded()).as("%s", without).isTrue();
            assertThat(with.succeeded()).as("%s", with).isTrue();
            assertThat(2 * with.evaluations()).as("%s of %s", with, without).isLessThanOrEqualTo(without.evaluations());
        }
    }

    /** {@code lim ‖A^k‖^{1/k}} of {@code A = diag(d) W}, by squaring. */
    private static double radius(double[] w, double[] d, int n) {
        double[] power = new double[n * n];
        for (int i = 0; i < n * n; i++) {
            power[i] = d[i / n] * w[i];
        }
        double log = 0;
        double weight = 1;
        try (Engine engine = Engines.best(1);
                Block p = Block.of(Type.F64, n, n, power);
                Block q = Block.allocate(Type.F64, n, n)) {
            for (int k = 0; k < 30; k++) {
                double[] norms = new double[n];
                engine.norm(p, norms);
                double norm = Arrays.stream(norms).max().getAsDouble();
                log += weight * Math.log(norm);
                weight /= 2;
                engine.scale(1 / norm, p);
                engine.gemm(1, p, false, p, false, 0, q);
                engine.copy(q, p);
            }
        }
        return Math.exp(log);
    }

    /** H and Hᵀ as a preconditioner of groups of rows, by several threads: the bits of one thread. */
    @Test
    void preconditionsGroupsOfRows() {
        int batch = 70;
        try (Engine host = Engines.best(1); DenseCell cell = Problems.cell(host, Activation.TANH, Type.F64, N, batch, 0.9, 1);
                MultiSecant secants = MultiSecant.plan(host, Type.F64, batch, N, 6);
                FixedPointSolver forward = FixedPointSolver.plan(host, Type.F64, batch, N, Stopping.relative(1e-10));
                Block z = Block.allocate(Type.F64, batch, N);
                Block rhs = Problems.random(Type.F64, batch, N, 1, 5);
                Block u = Block.allocate(Type.F64, batch, N);
                Block expected = Block.allocate(Type.F64, batch, N)) {
            // Rows have different numbers of pairs, and some have none.
            assertThat(forward.solve(secants.follow(cell), z).succeeded()).isTrue();
            secants.forget(3);
            secants.forget(69);
            cell.linearise(z);
            LinearOperator h = secants.inverse();
            for (LinearOperator m : List.of(h, h.transposed(), h.transposed().transposed())) {
                LinearOperator t = cell.adjoint();
                Gmres.Options options = Gmres.Options.DEFAULT.withRestart(5).withPreconditioner(m);
                Stopping until = Stopping.relative(1e-9).within(100);
                try (Gmres one = Gmres.plan(host, Type.F64, batch, N, options, until.traced())) {
                    one.solve(t, rhs, expected);
                }
                for (int threads = 1; threads <= 3; threads++) {
                    try (Gmres groups = Gmres.plan(ThreadedEngine.of(host, threads, 4_000), Type.F64, batch, N, options, until)) {
                        for (int k = 0; k < 3; k++) {
                            groups.solve(t, rhs, u);
                            assertThat(u.toDoubles()).as("%d threads", threads).isEqualTo(expected.toDoubles());
                        }
                    }
                }
                // A group has at most 64 rows.
                try (Gmres groups = Gmres.plan(host, Type.F64, batch, N, options, until)) {
                    assertThat(Problems.allocated(() -> groups.solve(t, rhs, u))).isZero();
                }
            }
            assertThatThrownBy(() -> h.replicas().replica(0, 2).load(0, batch)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("inverse: row 70 of the batch, expected 0 to 69");
        }
    }
}
