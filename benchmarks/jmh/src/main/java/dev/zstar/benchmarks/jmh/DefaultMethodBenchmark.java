package dev.zstar.benchmarks.jmh;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The default method beside plain steps and fixed windows, on cells whose Jacobians have different spectra: the time of a solve of a batch
 * to 10⁻⁵ by one thread. Plain steps do not converge for every cell; then they take 500 evaluations.
 */
public class DefaultMethodBenchmark extends Timed {
    /** The structure of W. */
    public enum Weights {
        /** Eigenvalues in a disc. */
        GAUSSIAN,
        /** Real eigenvalues. */
        SYMMETRIC,
        /** Imaginary eigenvalues. */
        SKEW,
        /** Rank n / 16. */
        LOW_RANK
    }

    /** The method. */
    public enum Method { PLAIN, WINDOW_3, WINDOW_5, WINDOW_10, DEFAULT }

    @Param({"GAUSSIAN", "SYMMETRIC", "SKEW", "LOW_RANK"})
    Weights weights;

    @Param({"TANH", "RELU"})
    Activation activation;

    /** About the spectral radius of W. */
    @Param({"0.4", "0.7", "0.9", "1.2"})
    double radius;

    @Param({"64", "256", "512", "1024"})
    int n;

    @Param("32")
    int batch;

    @Param({"PLAIN", "WINDOW_3", "WINDOW_5", "WINDOW_10", "DEFAULT"})
    Method method;

    private Engine engine;
    private DenseCell cell;
    private FixedPointSolver solver;
    private Block z;

    @Setup
    public void setUp() {
        engine = Engines.best(1);
        try (Block w = w();
                Block u = ProductBenchmark.gaussian(n, n, 2);
                Block b = ProductBenchmark.gaussian(1, n, 3);
                Block x = ProductBenchmark.gaussian(batch, n, 4)) {
            engine.scale(Math.sqrt(n), x);
            cell = new DenseCell(engine, activation, w, u, b, batch);
            cell.inject(x);
        }
        Stopping stopping = Stopping.relative(1e-5).within(500);
        Anderson.Options fixed = Anderson.Options.DEFAULT.withAdaptiveWindow(false);
        solver = switch (method) {
            case PLAIN -> Picard.plan(engine, Type.F32, batch, n, Picard.Options.PLAIN, stopping);
            case WINDOW_3 -> Anderson.plan(engine, Type.F32, batch, n, fixed.withWindow(3), stopping);
            case WINDOW_5 -> Anderson.plan(engine, Type.F32, batch, n, fixed.withWindow(5), stopping);
            case WINDOW_10 -> Anderson.plan(engine, Type.F32, batch, n, fixed.withWindow(10), stopping);
            case DEFAULT -> FixedPointSolver.plan(cell, stopping);
        };
        z = engine.allocate(Type.F32, batch, n);
    }

    private Block w() {
        Block w = ProductBenchmark.gaussian(n, n, 1);
        if (weights == Weights.LOW_RANK) {
            int rank = n / 16;
            try (Block left = ProductBenchmark.gaussian(n, rank, 1); Block right = ProductBenchmark.gaussian(rank, n, 5)) {
                engine.gemm(1, left, false, right, false, 0, w);
            }
        } else if (weights != Weights.GAUSSIAN) {
            double sign = weights == Weights.SYMMETRIC ? 1 : -1;
            for (int i = 0; i < n; i++) {
                w.set(i, i, sign > 0 ? w.get(i, i) / 2 : 0);
                for (int j = 0; j < i; j++) {
                    w.set(i, j, w.get(i, j) / 2);
                    w.set(j, i, sign * w.get(i, j));
                }
            }
        }
        engine.scale(radius, w);
        return w;
    }

    @Benchmark
    public Outcome solve() {
        z.fill(0);
        return solver.solve(cell, z);
    }

    @TearDown
    public void tearDown() {
        solver.close();
        cell.close();
        z.close();
        engine.close();
    }
}
