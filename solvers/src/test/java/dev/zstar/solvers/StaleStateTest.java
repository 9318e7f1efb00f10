package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.training.ForwardBackward;
import dev.zstar.solvers.training.JacobianRegularisation;
import dev.zstar.solvers.training.PeacemanRachford;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Maps that keep an input and a point of linearisation refuse to answer with those of another problem. */
class StaleStateTest {
    private static final int N = 7;
    private static final int INPUTS = 3;
    private static final int BATCH = 4;
    private static final String INPUT = " of the batch has no input; expected inject(x) with a row for it, or inject(row, x), "
            + "and again after each update";

    private interface RowInput {
        void inject(int row, Block x);
    }

    private interface Update {
        void update(Block w, Block u, Block b);
    }

    /** W, U and b. */
    private record Parameters(Block w, Block u, Block b) implements AutoCloseable {
        Parameters(Type type, double radius) {
            this(Problems.symmetric(type, N, radius, 1), Problems.random(type, N, INPUTS, 1, 2), Problems.random(type, 1, N, 1, 3));
        }

        @Override
        public void close() {
            w.close();
            u.close();
            b.close();
        }
    }

    /** A cell or a splitting, as all of them are used. */
    private record Kept(DifferentiableMap map, Consumer<Block> input, RowInput rowInput, Update update, Runnable end)
            implements AutoCloseable {
        void inject(Block x) {
            input.accept(x);
        }

        void inject(int row, Block x) {
            rowInput.inject(row, x);
        }

        void update(Parameters p) {
            update.update(p.w, p.u, p.b);
        }

        @Override
        public void close() {
            end.run();
        }
    }

    private static List<Kept> all(Engine engine, Parameters p) {
        DenseCell cell = new DenseCell(engine, Activation.RELU, p.w, p.u, p.b, BATCH);
        ForwardBackward forward = new ForwardBackward(engine, Activation.RELU, p.w, p.u, p.b, 0.5, BATCH);
        PeacemanRachford reflected = new PeacemanRachford(engine, Activation.RELU, p.w, p.u, p.b, 0.5, BATCH);
        return List.of(new Kept(cell, cell::inject, cell::inject, cell::update, cell::close),
                new Kept(forward, forward::inject, forward::inject, forward::update, forward::close),
                new Kept(reflected, reflected::inject, reflected::inject, reflected::update, reflected::close));
    }

    @Test
    void aRowWithoutAnInputForThePresentParametersIsRefused() {
        for (Type type : Type.values()) {
            try (Engine engine = Engines.best(1);
                    Parameters p = new Parameters(type, 0.5);
                    Parameters other = new Parameters(type, 0.7);
                    Block x = Problems.random(type, BATCH, INPUTS, 1, 4);
                    Block z = engine.allocate(type, BATCH, N);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, type, BATCH, N, Stopping.relative(1e-5))) {
                for (Kept kept : all(engine, p)) {
                    String name = kept.map().getClass().getSimpleName();
                    assertThatThrownBy(() -> solver.solve(kept.map(), z)).as("%s, never injected", name)
                            .isInstanceOf(IllegalStateException.class).hasMessage("apply: row 0" + INPUT);
                    kept.inject(x.head(2));
                    assertThat(solver.solve(kept.map(), z.head(2)).succeeded()).as("%s, the rows injected", name).isTrue();
                    assertThatThrownBy(() -> solver.solve(kept.map(), z)).as("%s, two rows of four", name)
                            .hasMessage("apply: row 2" + INPUT);
                    kept.inject(3, x.head(1));
                    assertThatThrownBy(() -> solver.solve(kept.map(), z)).as("%s, three rows of four", name)
                            .hasMessage("apply: row 2" + INPUT);
                    kept.inject(2, x.head(1));
                    z.fill(0);
                    assertThat(solver.solve(kept.map(), z).succeeded()).as("%s, row by row", name).isTrue();
                    kept.inject(x.head(1));
                    assertThatThrownBy(() -> solver.solve(kept.map(), z)).as("%s, the rows of an earlier input", name)
                            .hasMessage("apply: row 1" + INPUT);
                    kept.inject(x);
                    kept.update(other);
                    assertThatThrownBy(() -> solver.solve(kept.map(), z)).as("%s, updated since", name).hasMessage("apply: row 0" + INPUT);
                    // What was refused leaves nothing behind: the answer is that of a new map.
                    kept.inject(x);
                    z.fill(0);
                    solver.solve(kept.map(), z);
                    double[] found = z.toDoubles();
                    for (Kept fresh : all(engine, other)) {
                        if (fresh.map().getClass() == kept.map().getClass()) {
                            fresh.inject(x);
                            z.fill(0);
                            solver.solve(fresh.map(), z);
                            assertThat(found).as(name).isEqualTo(z.toDoubles());
                        }
                        fresh.close();
                    }
                    kept.close();
                }
            }
        }
    }

    /** The cheap map of a cell has the cell's input. */
    @Test
    void aNarrowerFormatRefusesAsTheCellDoes() {
        try (Engine engine = Engines.best(1);
                Parameters p = new Parameters(Type.F32, 0.5);
                Block z = engine.allocate(Type.F32, BATCH, N);
                DenseCell cell = new DenseCell(engine, Activation.TANH, p.w, p.u, p.b, BATCH, Format.BF16);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5))) {
            assertThatThrownBy(() -> solver.solve(cell.in(Format.BF16), z)).hasMessage("apply: row 0" + INPUT);
        }
    }

    @Test
    void aSlotOfAStreamThatWasNeverInjectedIsRefused() {
        try (Engine engine = Engines.best(1);
                Parameters p = new Parameters(Type.F32, 0.5);
                Block x = Problems.random(Type.F32, 1, INPUTS, 1, 4);
                Block states = engine.allocate(Type.F32, BATCH, N);
                DenseCell cell = new DenseCell(engine, Activation.TANH, p.w, p.u, p.b, BATCH);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F32, BATCH, N, Stopping.relative(1e-5))) {
            var forgetful = new EquilibriumStream<Integer>(solver, cell, (i, slot, start) -> {
                if (slot != 2) {
                    cell.inject(slot, x);
                }
            });
            assertThatThrownBy(() -> forgetful.run(IntStream.range(0, 9).iterator(), states, solved -> {}))
                    .hasMessage("apply: row 2" + INPUT);
        }
    }

    /**
     * Derivatives of other parameters, and of the cell of another input too, whose slopes it has: those of a splitting lie in its own
     * state.
     */
    @Test
    void derivativesAreThoseOfThePresentParametersOrRefused() {
        try (Engine engine = Engines.best(1);
                Parameters p = new Parameters(Type.F64, 0.5);
                Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 4);
                Block z = Problems.random(Type.F64, BATCH, N, 1, 5);
                Block v = Problems.random(Type.F64, BATCH, N, 1, 6);
                Block out = engine.allocate(Type.F64, BATCH, N)) {
            Rows all = new Rows(BATCH);
            Rows last = new Rows(BATCH);
            last.reset(0);
            last.append(3);
            for (Kept kept : all(engine, p)) {
                try (kept) {
                    DifferentiableMap map = kept.map();
                    String name = map.getClass().getSimpleName();
                    kept.inject(x);
                    assertThatThrownBy(() -> map.jvp(v, out, all)).as(name).isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith("jvp: row 0 of the batch has no point of linearisation; expected linearise(");
                    map.linearise(z, all);
                    map.vjp(v, out, all);
                    long before = map.linearisation();
                    kept.update(p);
                    assertThat(map.linearisation()).as(name).isNotEqualTo(before);
                    assertThatThrownBy(() -> map.vjp(v, out, all)).as("%s, updated since", name)
                            .hasMessageStartingWith("vjp: row 0 of the batch has no point");
                    kept.inject(x);
                    map.linearise(z, all);
                    map.linearise(z.head(1), last);
                    assertThatThrownBy(() -> map.vjp(v, out, all)).as("%s, another row since", name)
                            .hasMessageStartingWith("vjp: row 0 of the batch has no point");
                    map.vjp(v.head(1), out.head(1), last);
                    if (map instanceof EquilibriumMap<?> cell) {
                        long version = cell.version();
                        kept.inject(3, x.head(1));
                        assertThat(cell.version()).as(name).isNotEqualTo(version);
                        assertThatThrownBy(() -> map.vjp(v.head(1), out.head(1), last)).as("%s, another input since", name)
                                .hasMessageStartingWith("vjp: row 3 of the batch has no point");
                    }
                }
            }
        }
    }

    @Test
    void thePenaltyIsThatOfItsEstimate() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                DenseCell other = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 2);
                Block z = Problems.random(Type.F64, BATCH, N, 1, 5);
                Block x = Problems.random(Type.F64, BATCH, INPUTS, 1, 5);
                Block dw = engine.allocate(Type.F64, N, N);
                JacobianRegularisation penalty = new JacobianRegularisation(
                        engine, Type.F64, BATCH, N, JacobianRegularisation.Probe.GAUSSIAN, 1)) {
            DenseCell.Gradients sum = new DenseCell.Gradients(dw, null, null, null);
            cell.linearise(z);
            other.linearise(z);
            penalty.estimate(cell, BATCH);
            assertThatThrownBy(() -> penalty.gradients(other, 1, z, x, sum, null))
                    .hasMessage("gradients: this map is not that of the last estimate, expected the same map in both calls");
            engine.scale(2, z);
            cell.linearise(z);
            assertThatThrownBy(() -> penalty.gradients(cell, 1, z, x, sum, null)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("gradients: the map was linearised or changed after the last estimate");
            assertThat(dw.toDoubles()).as("nothing is added").containsOnly(0);
            penalty.estimate(cell, BATCH);
            penalty.gradients(cell, 1, z, x, sum, null);
            assertThat(dw.get(0, 0)).isNotZero();
        }
    }
}
