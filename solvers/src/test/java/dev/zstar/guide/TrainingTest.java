package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.training.Checkpoint;
import dev.zstar.solvers.training.heads.CrossEntropy;
import dev.zstar.solvers.training.heads.LinearHead;
import dev.zstar.solvers.training.heads.Predictions;
import dev.zstar.solvers.training.optimisers.Adam;
import dev.zstar.solvers.training.optimisers.Clipping;
import dev.zstar.solvers.training.optimisers.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole training, with everything that belongs to it: the part between the marks is a classifier in 50 lines. */
class TrainingTest {
    @TempDir
    private Path folder;

    /** Points in the plane, and whether each is inside a ring: no line separates the two classes. */
    private static void points(RandomGenerator random, Block x, int[] labels) {
        for (int p = 0; p < x.rows(); p++) {
            double a = 2 * random.nextDouble() - 1;
            double b = 2 * random.nextDouble() - 1;
            x.set(p, 0, a);
            x.set(p, 1, b);
            labels[p] = Math.hypot(a, b) < 0.75 ? 1 : 0;
        }
    }

    // guide
    /** Trains up to a step, from the file if there is one, and returns the accuracy. */
    static double train(Path file, int steps) throws IOException {
        int n = 32;
        int batch = 64;
        Cell cell = Cell.of(Type.F32, Shape.vector(n), Shape.vector(2), (net, z, x) ->
                net.product(net.spectralNorm("w", n, n, 0.9), z).plus(net.linear("u", x, n)).tanh());
        var descriptions = Parameter.join(cell.descriptions(), LinearHead.descriptions("head", 2, n));
        try (Engine engine = Engines.best(1);
                Parameters parameters = Parameters.initial(Type.F32, descriptions, 1);
                Parameters gradients = parameters.zerosLike();
                CellMap map = cell.plan(engine, batch, parameters.subset(cell.descriptions()));
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, Stopping.relative(1e-4));
                LinearHead head = new LinearHead(engine, "head", parameters, batch);
                Adam adam = Adam.plan(engine, parameters, Adam.Options.decaying(1e-4));
                Block x = engine.allocate(Type.F32, batch, 2);
                Block z = engine.allocate(Type.F32, batch, n);
                Block dz = engine.allocate(Type.F32, batch, n);
                Block y = engine.allocate(Type.F32, batch, 2);
                Block dy = engine.allocate(Type.F32, batch, 2)) {
            CellGradients sum = new CellGradients(gradients.subset(cell.descriptions()), null);
            CrossEntropy loss = new CrossEntropy(engine, batch);
            Clipping clipping = new Clipping(engine, gradients, 1);
            Schedule schedule = Schedule.cosine(0.02, 0, 300).warmUp(20);
            Checkpoint checkpoint = Checkpoint.of(parameters).with(adam).withBuffers(map.buffers());
            int[] labels = new int[batch];
            int step = 0;
            if (Files.exists(file)) {                                  // resumes
                step = checkpoint.load(file).get("step").intValue();
                map.restore();
            }
            for (; step < steps; step++) {
                points(new SplittableRandom(step), x, labels);         // the data of this step
                z.fill(0);
                layer.forward(x, z);                                   // z = f(z, x)
                head.apply(z, y);                                      // the logits
                loss.apply(y, labels, dy);                             // the mean cross entropy, and its gradient
                gradients.clear();
                head.vjp(dy, dz);
                head.gradients(dy, z, gradients);
                layer.backward(dz, sum);                               // through the equilibrium
                if (Double.isFinite(clipping.apply(gradients))) {
                    adam.step(parameters, gradients, schedule.rate(step));
                    map.update();
                }
            }
            checkpoint.save(file, Map.of("step", (long) step));
            points(new SplittableRandom(-1), x, labels);               // data that no step had
            z.fill(0);
            layer.infer(x, z);
            head.apply(z, y);
            return Predictions.correct(y, labels) / (double) batch;
        }
    }
    // end

    @Test
    void aClassifierResumesWithTheSameBits() throws IOException {
        Path whole = folder.resolve("whole.safetensors");
        Path file = folder.resolve("parts.safetensors");
        double accuracy = train(whole, 320);
        assertThat(accuracy).isGreaterThan(0.9);
        train(file, 7);
        assertThat(Files.readAllBytes(file)).isNotEqualTo(Files.readAllBytes(whole));
        // guide
        train(file, 200);
        train(file, 320);                                             // the bits of a single train(file, 320)
        // end
        assertThat(Files.readAllBytes(file)).isEqualTo(Files.readAllBytes(whole));
    }
}
