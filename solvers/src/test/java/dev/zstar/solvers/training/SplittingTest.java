package dev.zstar.solvers.training;

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
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.linear.Gmres;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both splittings: their equilibria, derivatives, memory and arguments. */
class SplittingTest {
    private static final int N = 9;
    private static final int INPUTS = 3;
    private static final int BATCH = 4;

    /** ‖W‖ is far above 1, and plain steps of the cell diverge; both splittings find its one equilibrium, and Peaceman-Rachford sooner. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void splittingsFindTheEquilibriumWherePlainStepsDiverge(Type type) {
        double tolerance = type == Type.F64 ? 1e-11 : 1e-6;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(2);
                    Block a = Problems.random(type, N, N, 0.3, 1);
                    Block b = Problems.random(type, N, N, 1, 2);
                    Block w = engine.allocate(type, N, N);
                    Block u = Problems.random(type, N, INPUTS, 1, 3);
                    Block bias = Problems.random(type, 1, N, 1, 4);
                    Block x = Problems.random(type, BATCH, INPUTS, 1, 5);
                    Block z1 = engine.allocate(type, BATCH, N);
                    Block z2 = engine.allocate(type, BATCH, N);
                    Block out = engine.allocate(type, BATCH, N)) {
                double m = 1;
                MonotoneWeights weights = new MonotoneWeights(engine, m);
                weights.apply(a, b, w);
                double lipschitz = weights.lipschitz(w, 300);
                assertThat(lipschitz).isGreaterThan(3);
                Stopping stopping = Stopping.relative(tolerance).within(5000);
                try (DenseCell cell = new DenseCell(engine, Activation.RELU, w, u, bias, BATCH);
                        ForwardBackward forward = new ForwardBackward(
                                engine, Activation.RELU, w, u, bias, ForwardBackward.largestStep(m, lipschitz) / 2, BATCH);
                        PeacemanRachford reflected = new PeacemanRachford(engine, Activation.RELU, w, u, bias, 1 / lipschitz, BATCH);
                        Picard picard = Picard.plan(engine, type, BATCH, N, 1, stopping)) {
                    cell.inject(x);
                    forward.inject(x);
                    reflected.inject(x);
                    assertThat(picard.solve(cell, z1).succeeded()).as("plain steps").isFalse();
                    z1.fill(0);
                    Outcome first = picard.solve(forward, z1);
                    assertThat(first.succeeded()).as("forward-backward: %s", first).isTrue();
                    int plain = first.evaluations();
                    Outcome second = picard.solve(reflected, z2);
                    assertThat(second.succeeded()).as("Peaceman-Rachford: %s", second).isTrue();
                    assertThat(second.evaluations()).isLessThan(plain);
                    reflected.equilibrium(z2, z2);
                    cell.apply(z1, out, new Rows(BATCH));
                    double bound = 100 * tolerance * lipschitz * lipschitz;
                    for (int p = 0; p < BATCH; p++) {
                        for (int i = 0; i < N; i++) {
                            assertThat(out.get(p, i)).isCloseTo(z1.get(p, i), within(bound));
                            assertThat(z2.get(p, i)).isCloseTo(z1.get(p, i), within(bound));
                        }
                    }
                    // Accelerated, and some of the rows only.
                    try (FixedPointSolver anderson = FixedPointSolver.plan(engine, type, BATCH, N, stopping)) {
                        z1.fill(0);
                        assertThat(anderson.solve(forward, z1).evaluations()).isLessThan(plain);
                    }
                }
            }
        }
    }

    /** Forward-backward is a dense cell, and has its replicas; those of Peaceman-Rachford share R. */
    @Test
    void splittingsHaveTheirBitsInGroups() {
        int batch = 40;
        try (Engine host = Engines.best(1);
                Block w = Problems.random(Type.F64, N, N, 0.2, 1);
                Block u = Problems.random(Type.F64, N, INPUTS, 1, 3);
                Block bias = Problems.random(Type.F64, 1, N, 1, 4);
                Block x = Problems.random(Type.F64, batch, INPUTS, 1, 5);
                Block g = Problems.random(Type.F64, batch, N, 1, 6);
                Block z = Block.allocate(Type.F64, batch, N);
                Block v = Block.allocate(Type.F64, batch, N)) {
            List<double[]> found = new java.util.ArrayList<>();
            for (Engine engine : List.of(host, ThreadedEngine.of(host, 3, 4_000))) {
                try (ForwardBackward forward = new ForwardBackward(engine, Activation.RELU, w, u, bias, 0.5, batch);
                        PeacemanRachford reflected = new PeacemanRachford(engine, Activation.RELU, w, u, bias, 0.5, batch);
                        FixedPointSolver solver = FixedPointSolver.plan(forward, Stopping.relative(1e-11));
                        Gmres gmres = Gmres.plan(engine, Type.F64, batch, N, 4, Stopping.relative(1e-11))) {
                    assertThat(forward.replicas()).isNotNull();
                    assertThat(reflected.replicas()).isNotNull();
                    forward.inject(x);
                    reflected.inject(x);
                    z.fill(0);
                    assertThat(solver.solve(forward, z).succeeded()).isTrue();
                    found.add(z.toDoubles());
                    forward.linearise(z, new Rows(batch));
                    assertThat(gmres.solve(forward.adjoint(), g, v).succeeded()).isTrue();
                    found.add(v.toDoubles());
                    z.fill(0);
                    assertThat(solver.solve(reflected, z).succeeded()).isTrue();
                    found.add(z.toDoubles());
                }
            }
            for (int i = 0; i < 3; i++) {
                assertThat(found.get(3 + i)).isEqualTo(found.get(i));
            }
        }
    }

    @Test
    void groupsOfPeacemanRachfordAllocateNothingOnceWarm() {
        int batch = 70;
        try (Engine engine = Engines.best(2);
                Block w = Problems.random(Type.F32, N, N, 0.2, 1);
                Block u = Problems.random(Type.F32, N, INPUTS, 1, 3);
                Block bias = Problems.random(Type.F32, 1, N, 1, 4);
                Block x = Problems.random(Type.F32, batch, INPUTS, 1, 5);
                Block z = Block.allocate(Type.F32, batch, N);
                PeacemanRachford map = new PeacemanRachford(engine, Activation.RELU, w, u, bias, 0.5, batch);
                FixedPointSolver solver = FixedPointSolver.plan(map, Stopping.relative(1e-5))) {
            map.inject(x);
            assertThat(Problems.allocated(() -> {
                z.fill(0);
                solver.solve(map, z);
            })).isZero();
        }
    }

    @Test
    @SuppressWarnings("try") // The map is closed early, to see what its replicas say then.
    void replicasOfPeacemanRachfordRefuseRowsWithoutInputAndUseAfterClose() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.random(Type.F32, N, N, 0.2, 1);
                Block u = Problems.random(Type.F32, N, INPUTS, 1, 3);
                Block bias = Problems.random(Type.F32, 1, N, 1, 4);
                Block x = Problems.random(Type.F32, 3, INPUTS, 1, 5);
                PeacemanRachford map = new PeacemanRachford(engine, Activation.RELU, w, u, bias, 0.5, BATCH)) {
            map.inject(x);
            ReplicatedMap.Replica replica = map.replicas().replica(0, 2);
            assertThat(map.replicas().replica(0, 1)).isSameAs(replica);
            replica.load(1, 2);
            assertThatThrownBy(() -> replica.load(0, 3)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("apply: row 3 of the batch has no input; expected inject(x)");
            assertThatThrownBy(() -> replica.load(0, BATCH)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: row 4 of the batch, expected 0 to 3");
            assertThatThrownBy(() -> replica.load(2, 0)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: row 2 of the batch, expected 0 to 1");
            map.close();
            assertThatThrownBy(() -> map.replicas().replica(1, 2)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("solve: R of the Peaceman-Rachford map, a block of 9×9 f32, was used after it was closed");
            assertThat(map.bytes()).isEqualTo(8L * N * (N + N));
        }
    }

    /** Gradients through the splitting equal those of the cell at the same equilibrium. */
    @Test
    void theBackwardSolveOfASplittingIsThatOfTheCell() {
        try (Engine engine = Engines.best(1);
                Block a = Problems.random(Type.F64, N, N, 0.3, 1);
                Block b = Problems.random(Type.F64, N, N, 1, 2);
                Block w = engine.allocate(Type.F64, N, N);
                Block u = Problems.random(Type.F64, N, INPUTS, 1, 3);
                Block bias = Problems.random(Type.F64, 1, N, 1, 4);
                Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 5);
                Block g = Problems.random(Type.F64, BATCH, N, 1, 6);
                Block z = engine.allocate(Type.F64, BATCH, N);
                Block v = engine.allocate(Type.F64, BATCH, N)) {
            new MonotoneWeights(engine, 1).apply(a, b, w);
            List<List<Block>> found = new java.util.ArrayList<>();
            try (DenseCell cell = new DenseCell(engine, Activation.RELU, w, u, bias, BATCH);
                    ForwardBackward forward = new ForwardBackward(engine, Activation.RELU, w, u, bias, 0.05, BATCH);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-12).within(2000));
                    Gmres gmres = Gmres.plan(engine, Type.F64, BATCH, N, N, Stopping.relative(1e-12))) {
                forward.inject(x);
                cell.inject(x);
                assertThat(solver.solve(forward, z).succeeded()).isTrue();
                for (EquilibriumMap<DenseCell.Gradients> map : List.of(cell, forward)) {
                    map.linearise(z, new Rows(BATCH));
                    assertThat(gmres.solve(map.adjoint(), g, v).succeeded()).isTrue();
                    List<Block> sums = List.of(engine.allocate(Type.F64, N, N), engine.allocate(Type.F64, N, INPUTS),
                            engine.allocate(Type.F64, 1, N), engine.allocate(Type.F64, BATCH, INPUTS));
                    map.gradients(v, z, x, new DenseCell.Gradients(sums.get(0), sums.get(1), sums.get(2), sums.get(3)));
                    found.add(sums);
                }
                for (int k = 0; k < 4; k++) {
                    double[] ofCell = found.get(0).get(k).toDoubles();
                    double[] ofSplitting = found.get(1).get(k).toDoubles();
                    for (int i = 0; i < ofCell.length; i++) {
                        assertThat(ofSplitting[i]).isCloseTo(ofCell[i], within(1e-8 * (1 + Math.abs(ofCell[i]))));
                    }
                }
            }
            found.forEach(sums -> sums.forEach(Block::close));
        }
    }

    @Test
    void splittingsHaveTheirDerivativesAndTheirMemoryAndNameWrongUse() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.random(Type.F64, N, N, 0.3, 1);
                Block u = Problems.random(Type.F64, N, INPUTS, 1, 3);
                Block bias = Problems.random(Type.F64, 1, N, 1, 4);
                Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 5);
                Block z = Problems.random(Type.F64, BATCH, N, 1, 6);
                Block s = Problems.random(Type.F64, BATCH, N, 1, 7);
                Block t = Problems.random(Type.F64, BATCH, N, 1, 8);
                Block js = engine.allocate(Type.F64, BATCH, N);
                Block jt = engine.allocate(Type.F64, BATCH, N);
                ForwardBackward forward = new ForwardBackward(engine, Activation.RELU, w, u, bias, 0.1, BATCH);
                PeacemanRachford reflected = new PeacemanRachford(engine, Activation.RELU, w, u, bias, 0.5, BATCH)) {
            Rows all = new Rows(BATCH);
            forward.inject(x);
            reflected.inject(x);
            for (DifferentiableMap map : List.of(forward, reflected)) {
                map.linearise(z, all);
                map.jvp(s, js, all);
                map.vjp(t, jt, all);
                assertThat(CentralDifferences.inner(js, t)).as("⟨J s, t⟩ = ⟨s, Jᵀ t⟩")
                        .isCloseTo(CentralDifferences.inner(s, jt), within(1e-12));
                assertThat(Problems.allocated(() -> map.apply(z, js, all))).isZero();
            }
            Rows some = new Rows(BATCH);
            some.place(0, 3);
            some.place(1, 1);
            some.truncate(2);
            reflected.apply(z, js, all);
            try (Block two = engine.allocate(Type.F64, 2, N);
                    Block of = engine.allocate(Type.F64, 2, N)) {
                two.copyRow(z, 3, 0);
                two.copyRow(z, 1, 1);
                reflected.apply(two, of, some);
                for (int i = 0; i < N; i++) {
                    assertThat(of.get(0, i)).isEqualTo(js.get(3, i));
                    assertThat(of.get(1, i)).isEqualTo(js.get(1, i));
                }
            }
            for (Activation activation : List.of(Activation.TANH, Activation.LEAKY_RELU)) {
                assertThatThrownBy(() -> new ForwardBackward(engine, activation, w, u, bias, 0.1, BATCH))
                        .hasMessage("forward-backward: the activation is " + activation
                                + ", expected RELU or IDENTITY, whose proximal operators are the same for every α");
            }
            assertThatThrownBy(() -> new PeacemanRachford(engine, Activation.RELU, w, u, bias, -1, BATCH))
                    .hasMessage("Peaceman-Rachford: α is -1.0, expected a finite number above 0");
            assertThatThrownBy(() -> reflected.update(u, u, bias)).hasMessage("update: W is 9×3 f64, expected 9×9 f64");
        }
    }
}
