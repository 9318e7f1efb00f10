package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.Equilibrium;
import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.SharedMemory;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMemory;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Page 7 of the guide: memory and threads. */
class Level7MemoryTest {
    private static final int N = 16;

    @Test
    void blocks() {
        long before = Block.liveBytes();
        // guide
        try (Block z = Block.allocate(Type.F32, 2, 3)) {                   // 2 rows of 3 numbers, zeros
            z.copyFrom(new float[] {1, 2, 3, 4, 5, 6});
            z.set(1, 2, z.get(1, 2) + 1);
            float[] values = z.toFloats();                                 // 1, 2, 3, 4, 5, 7
            // hide
            assertThat(values).containsExactly(1, 2, 3, 4, 5, 7);
            // show
        }
        // end
        assertThat(Block.liveBytes()).isEqualTo(before);
        // guide
        long live = Block.liveBytes();                                     // of all open blocks, without scratch memory of engines
        long budget = Block.budget();                                      // what blocks and scratch memory may take together
        // end
        assertThat(live).isLessThanOrEqualTo(budget);
    }

    @Test
    void nothingIsAllocated() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, 2, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, 2, N, Stopping.relative(1e-5));
                Block z = engine.allocate(Type.F32, 2, N)) {
            int[] failures = new int[1];
            Runnable solve = () -> {
                // guide
                z.fill(0);                                                 // each solve: 0 bytes
                Outcome outcome = solver.solve(cell, z);
                if (!outcome.succeeded()) {
                    failures[0]++;
                }
                // end
            };
            assertThat(Problems.allocated(solve)).isZero();
            assertThat(failures[0]).isZero();
        }
    }

    @Test
    void aLayerThatFits() {
        float[][] w = Problems.random(N, N, 0.2, 1);
        DenseParameters parameters = DenseCell.tanh(w, Problems.random(N, 3, 0.5, 2), new float[N]);
        float[][] x = Problems.random(2, 3, 1, 3);
        // guide
        try (var layer = Equilibrium.of(parameters).memory(15).build()) {
            layer.forward(x);
            String methods = layer.toString();                     // … a window of 5 forward, 8 steps of GMRES, then IDR, backward …
            LayerMemory memory = layer.memory();                   // 17.5 blocks: 15 forward and 15 backward share 15, 2.5 are separate
            // hide
            assertThat(methods).contains("Anderson acceleration with a window of 5 forward, 8 steps of GMRES, then IDR, backward");
            assertThat(memory.toString()).startsWith("17.5 blocks").contains(": 15 forward and 15 backward share 15, 2.5 are separate");
            // show
        }
        // end
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, 2, 0.8, 1);
                Block xs = Problems.random(Type.F32, 2, 3, 1, 4);
                Block g = Problems.random(Type.F32, 2, N, 1, 5);
                Block z = engine.allocate(Type.F32, 2, N);
                Block v = engine.allocate(Type.F32, 2, N)) {
            DenseCell.Gradients sum = new DenseCell.Gradients(null, null, null, null);
            // guide
            LayerMethods methods = LayerMethods.within(15, Stopping.relative(1e-5), GradientMode.DEFAULT);
            try (var layer = EquilibriumLayer.plan(cell, methods)) {
                layer.forward(xs, z);
                layer.backward(g, sum);
                // hide
                assertThat(layer.memory().blocks()).isEqualTo(17.5);
                // show
            }
            // end
            // guide
            try (var memory = SharedMemory.allocate(engine, Type.F32, 2, N, 25);
                    var forward = Anderson.plan(memory.workspace(), Anderson.Options.DEFAULT, Stopping.relative(1e-5));
                    var backward = Gmres.plan(memory.workspace(), Gmres.Options.DEFAULT, Stopping.relative(1e-3))) {
                forward.solve(cell, z);
                cell.linearise(z);
                backward.solve(cell.adjoint(), g, v);                  // 25 blocks for both
                // hide
                assertThat(forward.bytes() + backward.bytes()).isZero();
                assertThat(backward.solve(cell.adjoint(), g, v).succeeded()).isTrue();
                // show
            }
            // end
        }
    }

    /** 64 rows of 256 elements are enough work for a second thread. */
    @Test
    void pool() {
        try (Engine alone = Engines.best(1);
                DenseCell cell = Problems.cell(alone, Activation.TANH, Type.F32, 256, 64, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(cell, Stopping.relative(1e-5));
                Block z = alone.allocate(Type.F32, 64, 256)) {
            solver.solve(cell, z);
            // guide
            try (ExecutorService pool = Executors.newFixedThreadPool(3);
                    Engine engine = Engines.best(4, pool)) {                   // up to 4 threads: the caller's, and 3 of the pool
                // hide
                try (DenseCell again = Problems.cell(engine, Activation.TANH, Type.F32, 256, 64, 0.8, 1);
                        FixedPointSolver lent = FixedPointSolver.plan(again, Stopping.relative(1e-5));
                        Block w = engine.allocate(Type.F32, 64, 256)) {
                    lent.solve(again, w);
                    assertThat(w.toFloats()).isEqualTo(z.toFloats());
                }
                // show
            }
            // end
        }
    }

    /** The same bits as with one thread and maps that are not wrapped. */
    @Test
    void rows() {
        int batch = 100;
        double[] a = IntStream.range(0, batch).mapToDouble(row -> 0.9 * row / batch).toArray();
        double[][] results = new double[2][];
        for (int threads = 1; threads <= 2; threads++) {
            try (Engine engine = Engines.best(threads);
                    Block z = engine.allocate(Type.F64, batch, N);
                    Block g = Problems.random(Type.F64, batch, N, 1, 5);
                    Block v = engine.allocate(Type.F64, batch, N);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, batch, N, Stopping.relative(1e-10))) {
                // guide
                FixedPointMap f = FixedPointMap.reentrant(FixedPointMap.rowwise((row, in, out) -> {
                    for (int i = 0; i < N; i++) {
                        out[i] = a[row] * Math.sin(in[(i + 1) % N]) + 1;
                    }
                }));
                LinearOperator transpose = LinearOperator.reentrant((u, out, rows) -> {        // Jᵀ u at z
                    for (int p = 0; p < rows.count(); p++) {
                        int row = rows.index(p);                                               // position p has this row of the batch
                        for (int i = 0; i < N; i++) {
                            int j = (i + 1) % N;
                            out.set(p, j, a[row] * Math.cos(z.get(row, j)) * u.get(p, i));
                        }
                    }
                });
                LinearOperator preconditioner = LinearOperator.reentrant((u, out, rows) -> {   // M⁻¹ = I + Jᵀ ≈ (I - Jᵀ)⁻¹
                    transpose.apply(u, out, rows);
                    engine.axpy(1, u, out);
                });
                Gmres.Options options = Gmres.Options.DEFAULT.withPreconditioner(preconditioner);
                try (LinearSolver linear = Gmres.plan(engine, Type.F64, batch, N, options, Stopping.relative(1e-10))) {
                    Outcome forward = solver.solve(f, z);
                    Outcome backward = linear.solve(transpose, g, v);                          // (I - Jᵀ) v = g
                    // hide
                    assertThat(forward.succeeded()).isTrue();
                    assertThat(backward.succeeded()).isTrue();
                    // show
                }
                // end
                results[threads - 1] = v.toDoubles();
            }
        }
        assertThat(results[1]).isEqualTo(results[0]);
    }

    @Test
    void stream() {
        List<float[]> inputs = List.of(new float[] {1, 2, 3}, new float[] {0, 0, 1}, new float[] {1, 2, 3}, new float[3], new float[3]);
        List<Status> ends = new ArrayList<>();
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, 4, 0.8, 1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, 4, N, Stopping.relative(1e-5))) {
            // guide
            try (Block x = Block.allocate(Type.F32, 1, 3);
                    Block states = engine.allocate(Type.F32, 4, N)) {      // 4 slots
                var stream = new EquilibriumStream<float[]>(solver, cell, (input, slot, start) -> {
                    x.copyFrom(input);
                    cell.inject(slot, x);                                  // row `slot` of start holds the slot's last result: a warm start
                });
                stream.run(inputs.iterator(), states, solved -> ends.add(solved.status()));
            }
            // end
            assertThat(ends).hasSize(5).allMatch(Status::isSuccess);
        }
    }
}
