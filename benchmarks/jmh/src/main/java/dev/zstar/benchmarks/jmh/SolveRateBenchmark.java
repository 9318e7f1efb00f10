package dev.zstar.benchmarks.jmh;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The rate of whole solves of a batch by the default method, to 10⁻⁵: the metric {@code gflop} is 10⁹ floating-point operations of the
 * products with W in a second. All else that a solve does counts as time only. W is Gaussian with a spectral radius of about 0.9.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SolveRateBenchmark extends Timed {
    @Param({"64", "512", "1024"})
    int n;

    @Param({"16", "64", "256", "1024"})
    int batch;

    @Param({"1", "2"})
    int threads;

    private Engine engine;
    private DenseCell cell;
    private FixedPointSolver solver;
    private Block z;

    /** The operations of the products. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Products {
        private double operations;

        @Setup(Level.Iteration)
        public void reset() {
            operations = 0;
        }

        /** In 10⁹. */
        public double gflop() {
            return operations * 1e-9;
        }
    }

    @Setup
    public void setUp() {
        engine = Engines.best(threads);
        try (Block w = ProductBenchmark.gaussian(n, n, 1);
                Block u = ProductBenchmark.gaussian(n, 8, 2);
                Block b = ProductBenchmark.gaussian(1, n, 3);
                Block x = ProductBenchmark.gaussian(batch, 8, 4)) {
            engine.scale(0.9, w);
            cell = new DenseCell(engine, Activation.TANH, w, u, b, batch);
            cell.inject(x);
        }
        solver = FixedPointSolver.plan(cell, Stopping.relative(1e-5));
        z = engine.allocate(Type.F32, batch, n);
    }

    @Benchmark
    public Outcome solve(Products products) {
        z.fill(0);
        Outcome outcome = solver.solve(cell, z);
        products.operations += 2.0 * n * n * outcome.rowEvaluations();
        return outcome;
    }

    @TearDown
    public void tearDown() {
        solver.close();
        cell.close();
        z.close();
        engine.close();
    }
}
