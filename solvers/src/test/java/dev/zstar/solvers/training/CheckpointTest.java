package dev.zstar.solvers.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.tensors.TensorFile;
import dev.zstar.solvers.training.heads.CrossEntropy;
import dev.zstar.solvers.training.heads.LinearHead;
import dev.zstar.solvers.training.optimisers.Adam;
import dev.zstar.solvers.training.optimisers.Average;
import dev.zstar.solvers.training.optimisers.Optimiser;
import dev.zstar.solvers.training.optimisers.Schedule;
import dev.zstar.solvers.training.optimisers.Sgd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training goes on from a file with the same bits, and a file that does not fit is named and changes nothing. */
class CheckpointTest {
    private static final int BATCH = 6;
    private static final int N = 9;
    private static final int CLASSES = 3;
    private static final Schedule SCHEDULE = Schedule.cosine(0.05, 0, 20).warmUp(3);

    @TempDir
    private Path folder;

    /** All objects of a training. */
    private static final class Training implements AutoCloseable {
        /** The limit is below the norm of V, so that the spectral norm acts in every step. */
        private final Cell cell = Cell.of(Type.F32, Shape.vector(N), Shape.vector(4),
                (net, z, x) -> net.product(net.spectralNorm("w", N, N, 0.6), z).plus(net.linear("u", x, N)).tanh());

        private final Engine engine = Engines.best(1);
        private final List<Parameter> descriptions = Parameter.join(cell.descriptions(), LinearHead.descriptions("head", CLASSES, N));
        private final Parameters values = Parameters.initial(Type.F32, descriptions, 1);
        private final Parameters gradients = values.zerosLike();
        private final CellGradients sum = new CellGradients(gradients.subset(cell.descriptions()), null);
        private final CellMap map = cell.plan(engine, BATCH, values.subset(cell.descriptions()));
        private final EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, Stopping.relative(1e-5));
        private final LinearHead head = new LinearHead(engine, "head", values, BATCH);
        private final CrossEntropy loss = new CrossEntropy(engine, BATCH);
        private final Adam adam = Adam.plan(engine, values, Adam.Options.decaying(0.1));
        private final Average average = new Average(engine, values, 0.9);
        private final Checkpoint checkpoint = Checkpoint.of(values).with(adam).with(average).withBuffers(map.buffers());

        void train(int from, int to) {
            try (Block z = engine.allocate(Type.F32, BATCH, N);
                    Block dz = engine.allocate(Type.F32, BATCH, N);
                    Block y = engine.allocate(Type.F32, BATCH, CLASSES);
                    Block dy = engine.allocate(Type.F32, BATCH, CLASSES)) {
                for (int step = from; step < to; step++) {
                    try (Block x = Problems.random(Type.F32, BATCH, 4, 1, step)) {
                        z.fill(0);
                        gradients.clear();
                        layer.forward(x, z);
                        head.apply(z, y);
                        loss.apply(y, new int[] {0, 1, 2, step % 3, -1, 1}, dy);
                        head.vjp(dy, dz);
                        head.gradients(dy, z, gradients);
                        layer.backward(dz, sum);
                        adam.step(values, gradients, SCHEDULE.rate(adam.steps()));
                        average.update(values);
                        map.update();
                    }
                }
            }
        }

        List<float[]> numbers() {
            return Stream.of(values, average.values(), map.buffers(), adam.state().get("mean"), adam.state().get("square"))
                    .flatMap(part -> part.blocks().stream()).map(Block::toFloats).toList();
        }

        @Override
        public void close() {
            for (AutoCloseable each : List.of(average, adam, head, layer, map, gradients, values, engine)) {
                try {
                    each.close();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    @Test
    void aResumedTrainingHasTheBitsOfOneThatWasNotInterrupted() throws IOException {
        Path path = folder.resolve("training.safetensors");
        List<float[]> whole;
        try (Training training = new Training()) {
            training.train(0, 20);
            whole = training.numbers();
        }
        try (Training training = new Training()) {
            training.train(0, 10);
            training.checkpoint.save(path, Map.of("epoch", 3L, "seed", -7L));
        }
        try (Training training = new Training()) {
            // What it was before does not matter.
            training.train(50, 53);
            assertThat(training.checkpoint.load(path)).isEqualTo(Map.of("epoch", 3L, "seed", -7L));
            assertThat(training.adam.steps()).isEqualTo(10);
            training.map.restore();
            training.train(10, 20);
            List<float[]> resumed = training.numbers();
            for (int i = 0; i < whole.size(); i++) {
                assertThat(resumed.get(i)).as("block %d", i).isEqualTo(whole.get(i));
            }
        }
    }

    @Test
    void theFileHasPlainNamesAndParametersAloneCanBeReadFromIt() throws IOException {
        Path path = folder.resolve("training.safetensors");
        try (Training training = new Training()) {
            training.train(0, 2);
            training.checkpoint.save(path, Map.of());
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.names()).contains("w", "u.weight", "u.bias", "head.weight", "head.bias", "optimiser.mean.w",
                        "optimiser.square.head.bias", "average.u.weight", "buffer.w.v").hasSize(4 * 5 + 1);
                assertThat(file.metadata()).containsEntry("format", "pt").containsEntry("optimiser.steps", "2");
                assertThat(file.get("head.weight").shape()).containsExactly(CLASSES, N);
                assertThat(file.get("head.bias").shape()).containsExactly(CLASSES);
            }
            try (Parameters alone = training.values.zerosLike()) {
                Checkpoint.of(alone).load(path);
                assertThat(alone.get("u.weight").toFloats()).isEqualTo(training.values.get("u.weight").toFloats());
            }
        }
    }

    private static void assertMisfit(Path path, Parameters model, Optimiser optimiser, String message) {
        try (Parameters before = model.copy()) {
            Checkpoint checkpoint = optimiser == null ? Checkpoint.of(model) : Checkpoint.of(model).with(optimiser);
            assertThatThrownBy(() -> checkpoint.load(path)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
            for (String name : model.names()) {
                assertThat(model.get(name).toFloats()).isEqualTo(before.get(name).toFloats());
            }
        }
    }

    private static Parameters model(int rows, String... names) {
        Stream<Parameter> descriptions = Stream.of(names).map(name -> Parameter.matrix(name, rows, 2, Initialiser.normal(1)));
        return Parameters.initial(Type.F32, descriptions.toList(), 1);
    }

    @Test
    void aFileThatDoesNotFitIsNamedAndChangesNothing() throws IOException {
        Path path = folder.resolve("model.safetensors");
        try (Engine engine = Engines.best(1);
                Parameters saved = model(3, "a", "b");
                Parameters more = model(3, "a", "b", "c");
                Parameters fewer = model(3, "a");
                Parameters other = model(4, "a", "b");
                Sgd momentum = Sgd.plan(engine, saved, Sgd.Options.momentum(0.9));
                Sgd plain = Sgd.plan(engine, saved, Sgd.Options.PLAIN);
                Adam adam = Adam.plan(engine, saved)) {
            Checkpoint.of(saved).with(momentum).save(path, Map.of());
            assertMisfit(path, more, null, "load: " + path + " has no tensor 'c', expected a checkpoint of this model");
            assertMisfit(path, fewer, null, "load: " + path
                    + " has a tensor 'b', which has no place in this checkpoint, expected a checkpoint of this model");
            assertMisfit(path, other, null, "load: tensor 'a' of " + path + " has the shape [3, 2], expected [4, 2]");
            assertMisfit(path, saved, adam, "load: " + path
                    + " has no tensor 'optimiser.mean.a', expected a checkpoint of this model");
            assertMisfit(path, saved, plain, "load: " + path
                    + " has a tensor 'optimiser.momentum.a', which has no place in this checkpoint, expected a checkpoint of this model");
            Checkpoint.of(saved).save(path, Map.of());
            assertMisfit(path, saved, plain, "load: the number 'optimiser.steps' of " + path
                    + " is missing, expected a whole number of at least 0");
        }
    }

    /** The spectral norm takes no step of its power iteration for an evaluation. */
    @Test
    void anEvaluationWithTheAverageChangesNoBitOfTheTraining() {
        List<float[]> whole;
        try (Training training = new Training()) {
            training.train(0, 20);
            whole = training.numbers();
        }
        try (Training training = new Training()) {
            training.train(0, 10);
            for (int swap = 0; swap < 2; swap++) {
                training.average.swap(training.values);
                training.map.restore();
            }
            training.train(10, 20);
            assertThat(training.numbers()).usingRecursiveComparison().isEqualTo(whole);
        }
    }

    @Test
    void numbersOfAnotherTypeAreRefused() throws IOException {
        Path path = folder.resolve("model.safetensors");
        try (Parameters model = model(3, "a", "b"); Parameters wide = Parameters.initial(Type.F64, model.descriptions(), 2)) {
            Checkpoint.of(wide).save(path, Map.of());
            assertMisfit(path, model, null, "load: tensor 'a' of " + path + " holds F64, expected F32 as this checkpoint has");
            Checkpoint.of(model).save(path, Map.of());
            String text = Files.readString(path, StandardCharsets.ISO_8859_1);
            int last = text.lastIndexOf("\"F32\"");
            Files.writeString(path, text.substring(0, last) + "\"I32\"" + text.substring(last + 5), StandardCharsets.ISO_8859_1);
            assertMisfit(path, model, null, "load: tensor 'b' of " + path + " holds I32, expected F32 as this checkpoint has");
            Checkpoint.of(model).save(path, Map.of());
            Checkpoint.of(wide).load(path);
            assertThat(wide.get("b").toFloats()).isEqualTo(model.get("b").toFloats());
            wide.blocks().getLast().close();
            wide.blocks().getFirst().fill(7);
            assertThatThrownBy(() -> Checkpoint.of(wide).load(path))
                    .hasMessage("load: the block of b, a block of 3×2 f64, was used after it was closed");
            assertThat(wide.blocks().getFirst().toDoubles()).containsOnly(7);
        }
    }

    @Test
    void wrongUseIsNamedAndLeavesTheOldFile() throws IOException {
        Path path = folder.resolve("model.safetensors");
        try (Engine engine = Engines.best(1);
                Parameters model = model(3, "a");
                Parameters reserved = model(3, "average.a");
                Average average = new Average(engine, model, 0.5)) {
            Checkpoint checkpoint = Checkpoint.of(model).with(average);
            average.update(model);
            checkpoint.save(path, Map.of());
            byte[] before = Files.readAllBytes(path);
            average.swap(model);
            assertThatThrownBy(() -> checkpoint.save(path, Map.of())).hasMessage(
                    "save: the average is swapped with the parameters, expected a second swap before");
            assertThatThrownBy(() -> checkpoint.save(path, Map.of("a.b", 1L))).hasMessage(
                    "save: a number is named a.b, expected a name without a dot, and other than 'format'");
            assertThat(Files.readAllBytes(path)).isEqualTo(before);
            assertThatThrownBy(() -> Checkpoint.of(reserved)).hasMessage("checkpoint: a parameter is named average.a, expected a name that "
                    + "does not start with 'optimiser.', 'average.' or 'buffer.'");
            assertThatThrownBy(() -> Checkpoint.of(null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("checkpoint: the parameters is null");
        }
    }
}
