package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Safeguard;
import dev.zstar.solvers.linear.BiCgStab;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.linear.Neumann;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Solvers in memory that others overwrite between their solves. */
class SharedMemoryTest {
    private static final int N = 13;
    private static final int BATCH = 4;
    private static final int BLOCKS = 60;
    private static final Stopping STOPPING = Stopping.relative(1e-9).within(100);

    private Engine engine;
    private DenseCell cell;
    private Block x;
    private Block z;
    private Block g;

    @BeforeEach
    void plan() {
        engine = Engines.best(1);
        cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.95, 1);
        x = Problems.random(Type.F64, BATCH, 3, 1, 2);
        g = Problems.random(Type.F64, BATCH, N, 1, 3);
        z = engine.allocate(Type.F64, BATCH, N);
        cell.inject(x);
    }

    @AfterEach
    void close() {
        z.close();
        g.close();
        x.close();
        cell.close();
        engine.close();
    }

    private SharedMemory memory(int blocks) {
        return SharedMemory.allocate(engine, Type.F64, BATCH, N, blocks);
    }

    private Workspace own() {
        return new Workspace(engine, Type.F64, BATCH, N);
    }

    private static Map<String, Function<Workspace, FixedPointSolver>> forward() {
        Anderson.Options anderson = Anderson.Options.DEFAULT.withWindow(3);
        Broyden.Options broyden = Broyden.Options.DEFAULT.withMemory(6);
        Map<String, Function<Workspace, FixedPointSolver>> solvers = new LinkedHashMap<>();
        solvers.put("Anderson", w -> Anderson.plan(w, anderson, STOPPING));
        solvers.put("type I", w -> Anderson.plan(w, anderson.withVariant(Anderson.Variant.TYPE_I).withMixing(0.8), STOPPING));
        solvers.put("orthogonal", w -> Anderson.plan(w, anderson.withOrthogonal().withCondition(2), STOPPING));
        solvers.put("safeguard", w -> Anderson.plan(w, anderson.withSafeguard(Safeguard.DEFAULT), STOPPING));
        solvers.put("steps and distances", w -> Anderson.plan(w, anderson, STOPPING.orStep(1e-7).withDistance()));
        solvers.put("Broyden", w -> Broyden.plan(w, broyden, STOPPING));
        solvers.put("Broyden with a search", w -> Broyden.plan(w, broyden.withLineSearch(true), STOPPING));
        solvers.put("bad Broyden",
                w -> Broyden.plan(w, broyden.withUpdate(Broyden.Update.BAD).withReduction(Broyden.Reduction.SVD), STOPPING));
        solvers.put("Newton", w -> NewtonKrylov.plan(w, NewtonKrylov.Options.DEFAULT, STOPPING));
        solvers.put("Picard", w -> Picard.plan(w, Picard.Options.damped(0.9), STOPPING));
        solvers.put("adaptive", w -> Picard.plan(w, Picard.Options.ADAPTIVE, STOPPING));
        return solvers;
    }

    private double[] solve(FixedPointSolver solver) {
        z.fill(0);
        solver.solve(cell, z);
        return z.toDoubles();
    }

    @Test
    void forwardSolversHaveTheBitsOfTheirOwnMemory() {
        forward().forEach((name, planner) -> {
            try (SharedMemory memory = memory(BLOCKS);
                    FixedPointSolver shared = planner.apply(memory.workspace(2));
                    FixedPointSolver alone = planner.apply(own())) {
                double[] expected = solve(alone);
                for (int pass = 0; pass < 2; pass++) {
                    double rubbish = pass == 0 ? Double.NaN : 1e300;
                    memory.range(0, BLOCKS).fill(rubbish);
                    assertThat(solve(shared)).as(name).isEqualTo(expected);
                    assertThat(shared.outcome().evaluations()).as(name).isEqualTo(alone.outcome().evaluations());
                    assertThat(memory.range(0, 2).toDoubles()).as("%s leaves the first blocks alone", name).containsOnly(rubbish);
                }
            }
        });
    }

    @Test
    void linearSolversHaveTheBitsOfTheirOwnMemory() {
        Map<String, Function<Workspace, LinearSolver>> solvers = new LinkedHashMap<>();
        solvers.put("GMRES", w -> Gmres.plan(w, Gmres.Options.DEFAULT.withRestart(4), STOPPING));
        solvers.put("flexible GMRES", w -> Gmres.plan(w, Gmres.Options.DEFAULT.withRestart(4).withFlexible((u, out, rows) ->
                engine.axpby(0.5, u, 0, out)), STOPPING));
        solvers.put("BiCGStab", w -> BiCgStab.plan(w, STOPPING));
        solvers.put("Neumann", w -> Neumann.plan(w, 5, 0.7));
        try (Block u = engine.allocate(Type.F64, BATCH, N)) {
            z.fill(0.1);
            cell.linearise(z);
            solvers.forEach((name, planner) -> {
                try (SharedMemory memory = memory(BLOCKS);
                        LinearSolver shared = planner.apply(memory.workspace());
                        LinearSolver alone = planner.apply(own())) {
                    alone.solve(cell.adjoint(), g, u);
                    double[] expected = u.toDoubles();
                    for (double rubbish : new double[] {Double.NaN, 1e300}) {
                        memory.range(0, BLOCKS).fill(rubbish);
                        u.fill(0);
                        shared.solve(cell.adjoint(), g, u);
                        assertThat(u.toDoubles()).as(name).isEqualTo(expected);
                    }
                }
            });
        }
    }

    /** What a solver's documentation says that it takes is what a workspace counts, apart from what it keeps. */
    @Test
    void blocksAreCounted() {
        forward().forEach((name, planner) -> {
            Workspace own = own();
            long before = Block.liveBytes();
            try (FixedPointSolver alone = planner.apply(own);
                    SharedMemory memory = memory(Math.max(1, own.blocks()));
                    FixedPointSolver shared = planner.apply(memory.workspace())) {
                assertThat(memory.bytes() + shared.bytes()).as(name).isEqualTo(alone.bytes());
                assertThat(memory.bytes() + shared.bytes() + alone.bytes()).as(name).isEqualTo(Block.liveBytes() - before);
            }
            assertThat(Block.liveBytes()).as(name).isEqualTo(before);
        });
        Workspace anderson = own();
        Anderson.plan(anderson, Anderson.Options.DEFAULT, STOPPING).close();
        assertThat(anderson.blocks()).isEqualTo(25);
        Workspace gmres = own();
        Gmres.plan(gmres, Gmres.Options.DEFAULT, STOPPING).close();
        assertThat(gmres.blocks()).isEqualTo(25);
    }

    @Test
    void whatOutlivesASolveIsNotShared() {
        try (SharedMemory memory = memory(BLOCKS);
                Broyden broyden = Broyden.plan(memory.workspace(), Broyden.Options.DEFAULT, STOPPING);
                Picard picard = Picard.plan(memory.workspace(), Picard.Options.PLAIN, Stopping.fixed(5).recording(2, 4));
                Gmres gmres = Gmres.plan(memory.workspace(), new Gmres.Options(5, broyden.inverse().transposed(), false), STOPPING);
                Block h = engine.allocate(Type.F64, BATCH, N)) {
            solve(broyden);
            broyden.inverse().apply(g, h, new Rows(BATCH));
            double[] inverse = h.toDoubles();
            solve(picard);
            double[] state = picard.outcome().state(1).toDoubles();
            memory.range(0, BLOCKS).fill(Double.NaN);
            broyden.inverse().apply(g, h, new Rows(BATCH));
            assertThat(h.toDoubles()).isEqualTo(inverse);
            assertThat(picard.outcome().state(1).toDoubles()).isEqualTo(state);
            cell.linearise(z);
            assertThat(gmres.solve(cell.adjoint(), g, h).succeeded()).as("H preconditions while GMRES runs on the same memory").isTrue();
        }
    }

    @Test
    void oneSolveAtATime() {
        try (SharedMemory memory = memory(BLOCKS);
                Picard outer = Picard.plan(memory.workspace(), Picard.Options.PLAIN, STOPPING);
                Picard inner = Picard.plan(memory.workspace(), Picard.Options.PLAIN, STOPPING);
                Block other = engine.allocate(Type.F64, BATCH, N)) {
            FixedPointMap nested = (in, out, rows) -> inner.solve(cell, other);
            assertThatThrownBy(() -> outer.solve(nested, z)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("solve: another solver runs on the memory that this one shares, expected one solve at a time");
            double[] first = solve(outer);
            assertThat(solve(inner)).isEqualTo(first);
        }
    }

    @Test
    void blocksBeyondTheLastAreAllocated() {
        try (SharedMemory memory = memory(3);
                Anderson anderson = Anderson.plan(memory.workspace(), Anderson.Options.DEFAULT.withWindow(2), STOPPING);
                Anderson alone = Anderson.plan(own(), Anderson.Options.DEFAULT.withWindow(2), STOPPING)) {
            assertThat(anderson.bytes()).isEqualTo(6 * Block.bytes(Type.F64, BATCH, N));
            assertThat(solve(anderson)).isEqualTo(solve(alone));
        }
    }

    @Test
    void wrongUseIsNamed() {
        assertThatThrownBy(() -> SharedMemory.allocate(null, Type.F64, 1, 1, 1)).isInstanceOf(NullPointerException.class)
                .hasMessage("shared memory: the engine is null");
        assertThatThrownBy(() -> memory(0)).hasMessage("shared memory: the number of blocks is 0, expected at least 1");
        assertThatThrownBy(() -> SharedMemory.allocate(engine, Type.F64, 1 << 16, 1, 1 << 15))
                .hasMessage("shared memory: the number of blocks is 32768 for a batch of 65536, expected fewer than 2³¹ rows in all");
        try (SharedMemory memory = memory(2)) {
            assertThatThrownBy(() -> memory.workspace(3)).hasMessage("workspace: the first block is 3, expected 0 to 2");
            assertThatThrownBy(() -> memory.workspace(-1)).hasMessage("workspace: the first block is -1, expected 0 to 2");
        }
        SharedMemory closed = memory(9);
        Picard picard = Picard.plan(closed.workspace(), Picard.Options.PLAIN, STOPPING);
        closed.close();
        assertThatThrownBy(() -> picard.solve(cell, z)).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        picard.close();
    }
}
