package dev.zstar.benchmarks.jmh;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** An Anderson solve, and one evaluation of its map. What a solve takes in addition to its evaluations is the overhead of the solver. */
public class AndersonBenchmark extends Timed {
    @Param({"simd"})
    String engine;

    @Param({"64", "512"})
    int n;

    @Param({"1"})
    int batch;

    private Engine instance;
    private DenseCell cell;
    private Anderson anderson;
    private Block zero;
    private Block z;
    private Block out;
    private Rows rows;

    @Setup
    public void setUp() {
        instance = Engines.named(engine, 1);
        try (Block w = ProductBenchmark.gaussian(n, n, 1);
                Block u = ProductBenchmark.gaussian(n, 8, 2);
                Block b = ProductBenchmark.gaussian(1, n, 3);
                Block x = ProductBenchmark.gaussian(batch, 8, 4)) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    w.set(i, j, 0.9 * w.get(i, j));
                }
            }
            cell = new DenseCell(instance, Activation.TANH, w, u, b, batch);
            cell.inject(x);
        }
        anderson = Anderson.plan(instance, Type.F32, batch, n, Anderson.Options.DEFAULT.withWindow(5), Stopping.relative(1e-6));
        zero = instance.allocate(Type.F32, batch, n);
        z = instance.allocate(Type.F32, batch, n);
        out = instance.allocate(Type.F32, batch, n);
        rows = new Rows(batch);
        Outcome outcome = solve();
        if (!outcome.succeeded()) {
            throw new IllegalStateException(outcome.toString());
        }
        System.out.println("# evaluations of a solve: " + outcome.evaluations());
    }

    @Benchmark
    public Outcome solve() {
        z.copyFrom(zero);
        return anderson.solve(cell, z);
    }

    @Benchmark
    public Block evaluation() {
        cell.apply(z, out, rows);
        return out;
    }

    @TearDown
    public void tearDown() {
        anderson.close();
        cell.close();
        zero.close();
        z.close();
        out.close();
        instance.close();
    }
}
