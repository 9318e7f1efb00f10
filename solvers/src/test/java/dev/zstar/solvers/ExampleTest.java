package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The example in the README runs, and is the one that runs here. */
class ExampleTest {
    @Test
    void itRuns() {
        Random random = new Random(1);
        Outcome outcome = Example.solveAndDifferentiate(random.doubles(64 * 64, -0.05, 0.05).toArray(),
                random.doubles(128, -1, 1).toArray(), new double[64], new double[] {1, -1}, random.doubles(64, -1, 1).toArray());
        assertThat(outcome.succeeded()).as("%s", outcome).isTrue();
    }

    @Test
    void theStreamRuns() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 16, 2, 0.8, 1);
                Anderson forward = Anderson.plan(engine, Type.F32, 2, 16, Anderson.Options.DEFAULT, Stopping.relative(1e-5));
                Block x = Block.allocate(Type.F32, 1, 3);
                Block states = engine.allocate(Type.F32, 2, 16)) {
            assertThat(Example.stream(forward, cell, x, states,
                    List.of(new float[] {1, 2, 3}, new float[] {0, 0, 1}, new float[] {1, 2, 3})))
                    .hasSize(3).allMatch(Status::isSuccess);
        }
    }

    /** A map that does not contract, and too few evaluations. */
    @Test
    void theExplanationRuns() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, 16, 2, 3, 1);
                Picard forward = Picard.plan(engine, Type.F32, 2, 16, 1, Stopping.relative(1e-5).within(40));
                Block z = engine.allocate(Type.F32, 2, 16)) {
            assertThat(Example.explain(forward, cell, z)).isNotEmpty();
        }
    }

    @Test
    void mixedPrecisionRuns() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F32, 32, 0.9, 1);
                Block u = Problems.random(Type.F32, 32, 3, 1, 2);
                Block b = Problems.random(Type.F32, 1, 32, 1, 3);
                Block x = Problems.random(Type.F32, 2, 3, 1, 4);
                Block z = engine.allocate(Type.F32, 2, 32)) {
            assertThat(Example.mixed(engine, w, u, b, x, z, 32, 2).succeeded()).isTrue();
        }
    }

    /** As an operation of another library, checked by central differences through it. */
    @Test
    void layersRunAlsoAsAnOperationOfAnotherLibrary() {
        int n = 16;
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F32, n, 2, 0.8, 1);
                FixedPointSolver forward = FixedPointSolver.plan(engine, Type.F32, 2, n, Stopping.relative(1e-6));
                EquilibriumLayer<DenseCell.Gradients> layer = EquilibriumLayer.plan(engine, Type.F32, 2, n, cell, forward,
                        GradientMode.exact(1e-5));
                Block x = Problems.random(Type.F32, 2, 3, 1, 5);
                Block z = engine.allocate(Type.F32, 2, n);
                Block g = Problems.random(Type.F32, 2, n, 1, 6);
                Block dw = engine.allocate(Type.F32, n, n);
                Block dx = engine.allocate(Type.F32, 2, 3)) {
            var sum = new DenseCell.Gradients(dw, null, null, dx);
            assertThat(Example.layer(engine, cell, forward, x, z, g, sum).succeeded()).isTrue();
            Example.Operation operation = Example.operation(layer, x, z, g, sum);
            float[] input = x.toFloats();
            float[] weights = g.toFloats();
            operation.forward(input);
            float[] found = operation.backward(weights);
            for (int i = 0; i < input.length; i++) {
                double[] loss = new double[2];
                for (int side = 0; side < 2; side++) {
                    float[] moved = input.clone();
                    moved[i] += side == 0 ? -1e-2f : 1e-2f;
                    float[] state = operation.forward(moved);
                    for (int k = 0; k < state.length; k++) {
                        loss[side] += weights[k] * state[k];
                    }
                }
                assertThat((double) found[i]).isCloseTo((loss[1] - loss[0]) / 2e-2, within(2e-3));
            }
        }
    }

    @Test
    void theReadmeShowsIt() throws IOException {
        String source = Files.readString(Path.of("src/test/java/dev/zstar/solvers/Example.java"));
        String readme = Files.readString(Path.of("..", "README.md"));
        for (String part : source.split("// example\n", -1)) {
            if (part.contains("        // end")) {
                String body = part.substring(0, part.indexOf("        // end"));
                assertThat(readme)
                        .contains(body.lines().map(line -> line.substring(Math.min(8, line.length()))).collect(Collectors.joining("\n")));
            }
        }
    }
}
