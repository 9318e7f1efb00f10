package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EquilibriumStreamTest {
    private static final int N = 32;
    private static final int INPUTS = 3;

    /** Inputs of very different size, so that evaluations differ. One input is NaN. */
    private static List<Block> inputs(int count) {
        Random random = new Random(5);
        List<Block> inputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Block x = Block.allocate(Type.F32, 1, INPUTS);
            double size = Math.pow(10, random.nextInt(-3, 2));
            for (int k = 0; k < INPUTS; k++) {
                x.set(0, k, i == 4 ? Double.NaN : size * random.nextGaussian());
            }
            inputs.add(x);
        }
        return inputs;
    }

    private static List<FixedPointSolver> solvers(Engine engine, int batch) {
        Stopping stopping = Stopping.relative(1e-5);
        return List.of(
                Anderson.plan(engine, Type.F32, batch, N, Anderson.Options.DEFAULT, stopping),
                Broyden.plan(engine, Type.F32, batch, N, Broyden.Options.DEFAULT, stopping),
                NewtonKrylov.plan(engine, Type.F32, batch, N, NewtonKrylov.Options.DEFAULT, stopping),
                NewtonKrylov.plan(engine, Type.F32, batch, N, NewtonKrylov.Options.DEFAULT.withDifferences(true), stopping),
                Picard.plan(engine, Type.F32, batch, N, 1, stopping.orStep(1e-5)));
    }

    @Test
    void everyResultIsWhatItIsAloneInAnyOrder() {
        int count = 60;
        List<Block> inputs = inputs(count);
        for (String name : List.of("simd", "scalar")) {
            try (Engine engine = Engines.named(name, name.equals("simd") ? 2 : 1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, 5, 0.9, 1);
                    Block states = engine.allocate(Type.F32, 5, N);
                    Block waiting = engine.allocate(Type.F32, 9, N)) {
                for (FixedPointSolver solver : solvers(engine, 5)) {
                    EquilibriumStream<Integer> stream = new EquilibriumStream<>(solver, cell, (i, slot, start) -> {
                        cell.inject(slot, inputs.get(i));
                        start.part(slot, start.rows()).fill(0);
                    });
                    Map<Integer, double[]> found = new HashMap<>();
                    Map<Integer, Status> ends = new HashMap<>();
                    Map<Integer, Integer> spent = new HashMap<>();
                    stream.run(IntStream.range(0, count).iterator(), states, solved -> {
                        found.put(solved.input(), solved.state().toDoubles());
                        ends.put(solved.input(), solved.status());
                        spent.put(solved.input(), solved.evaluations());
                    });
                    assertThat(found).hasSize(count);
                    assertThat(new java.util.HashSet<>(spent.values())).as("evaluations differ").hasSizeGreaterThan(3);
                    Block one = states.head(1);
                    for (int i = 0; i < count; i++) {
                        cell.inject(0, inputs.get(i));
                        one.fill(0);
                        Outcome alone = solver.solve(cell, one);
                        assertThat(ends.get(i)).as("%s, %s, input %d", name, solver.getClass(), i).isEqualTo(alone.status(0));
                        assertThat(spent.get(i)).isEqualTo(alone.evaluations());
                        assertThat(found.get(i)).isEqualTo(one.toDoubles());
                    }
                    assertThat(ends.get(4)).isNotIn(Status.CONVERGED_RELATIVE);
                    List<Integer> order = new ArrayList<>();
                    stream.runInOrder(IntStream.range(0, count).iterator(), states, waiting, solved -> {
                        order.add(solved.input());
                        assertThat(solved.state().toDoubles()).isEqualTo(found.get(solved.input()));
                    });
                    assertThat(order).isEqualTo(IntStream.range(0, count).boxed().toList());
                    solver.close();
                }
            }
        }
        inputs.forEach(Block::close);
    }

    @Test
    void statesOfTheWrongShapeAreNamedAsWhatTheyAre() {
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 2, 3, Stopping.relative(1e-5));
                Block states = engine.allocate(Type.F64, 2, 2)) {
            EquilibriumStream<Integer> stream = new EquilibriumStream<>(solver, (z, out, rows) -> out.copyFrom(z), (i, slot, start) -> {});
            assertThatThrownBy(() -> stream.run(List.of(1).iterator(), states, solved -> {})).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("stream: the block of states is 2×2 f64, expected 2×3 f64");
        }
    }

    @Test
    void aSlotThatKeepsItsStateStartsWarm() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, N, 1, 0.95, 1);
                Anderson anderson = Anderson.plan(engine, Type.F32, 1, N, Anderson.Options.DEFAULT, Stopping.relative(1e-5));
                Block x = Block.of(Type.F32, 1, INPUTS, 0.5, -1, 2);
                Block states = engine.allocate(Type.F32, 1, N)) {
            List<Integer> spent = new ArrayList<>();
            // A picture that hardly changes.
            new EquilibriumStream<Integer>(anderson, cell, (i, slot, start) -> {
                x.set(0, 0, 0.5 + 1e-6 * i);
                cell.inject(slot, x);
            }).run(IntStream.range(0, 5).iterator(), states, solved -> spent.add(solved.evaluations()));
            assertThat(spent.getFirst()).isGreaterThan(5);
            assertThat(spent.subList(1, 5)).allMatch(evaluations -> evaluations <= 2);
        }
    }
}
