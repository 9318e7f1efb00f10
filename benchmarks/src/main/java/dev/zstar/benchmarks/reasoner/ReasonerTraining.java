package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.Checkpoint;
import dev.zstar.solvers.training.heads.CrossEntropy;
import dev.zstar.solvers.training.heads.Predictions;
import dev.zstar.solvers.training.optimisers.Adam;
import dev.zstar.solvers.training.optimisers.Average;
import dev.zstar.solvers.training.optimisers.Clipping;
import dev.zstar.solvers.training.optimisers.Decay;
import dev.zstar.solvers.training.optimisers.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Trains a {@link Reasoner} with deep supervision (Wang et al. 2025): a puzzle stays in its row of the batch for several segments. Each
 * segment takes a few steps from the state where the last one ended, has a loss of its own, and changes the parameters. No gradient goes
 * from one segment into the one before. So the memory is that of one segment, and the model learns to go on from its own states.
 *
 * <p>In each step of training a few rows get a new puzzle. Which puzzle is in which row follows from the number of the step. With the
 * states in the checkpoint, training that goes on from a file has the same bits as training that was not interrupted.
 */
public final class ReasonerTraining implements AutoCloseable {
    /**
     * How a model is trained.
     *
     * @param size the size of the model
     * @param batch puzzles in a step
     * @param segments for how many steps of training a puzzle stays
     * @param mode how a segment is differentiated; {@link GradientMode.Unrolled} sets its number of steps
     * @param rate the learning rate after warm-up
     * @param steps steps of training until the cosine schedule ends
     * @param seed seed of the first parameters and of the puzzles
     */
    public record Options(Reasoner.Size size, int batch, int segments, GradientMode mode, double rate, int steps, long seed) {
        /**
         * Segments of 2 steps, 12 of them for a puzzle. For 4×4 puzzles, 400 steps of training with segments of 2 steps solved all of 198
         * test puzzles, with 4 steps 99.0%, with {@link GradientMode.Phantom} 97.5%, and with {@link GradientMode.JacobianFree} 36%.
         */
        public static Options of(Reasoner.Size size, int steps, long seed) {
            return new Options(size, 64, 12, new GradientMode.Unrolled(2), 2e-3, steps, seed);
        }

        private Schedule schedule() {
            int warm = Math.max(1, Math.min(200, steps / 10));
            return Schedule.cosine(rate, rate / 100, Math.max(1, steps - warm)).warmUp(warm);
        }
    }

    /** Puzzles of other seeds than those of training. */
    private static final long TEST = 0x7e57;

    private final Options options;
    private final Engine engine;
    private final Allocation owned = new Allocation();
    private final Puzzles puzzles;
    private final Schedule schedule;
    private final Parameters parameters;
    private final Parameters gradients;
    private final CellGradients sum;
    private final Reasoner model;
    private final EquilibriumLayer<CellGradients> layer;
    private final CrossEntropy loss;
    private final Clipping clipping;
    private final Adam adam;
    private final Average average;
    private final Checkpoint checkpoint;
    private final Block x;
    private final Block z;
    private final Block dz;
    private final Block y;
    private final Block dy;
    private final int[] labels;
    private int step;
    private double squares;

    /** Training from its first step on. */
    public ReasonerTraining(Engine engine, Options options) {
        this.options = options;
        this.engine = engine;
        Reasoner.Size size = options.size();
        int batch = options.batch();
        int tokens = batch * size.board().squares();
        puzzles = new Puzzles(size.board(), options.seed());
        schedule = options.schedule();
        parameters = owned.add(Parameters.initial(Type.F32, size.descriptions(), options.seed()));
        gradients = owned.add(parameters.zerosLike());
        sum = new CellGradients(gradients.subset(size.cell().descriptions()), null);
        model = owned.add(new Reasoner(engine, size, batch, parameters));
        Stopping stopping = Stopping.relative(1e-2).within(16);
        layer = owned.add(EquilibriumLayer.plan(model.map(), LayerMethods.of(
                workspace -> Picard.plan(workspace, Picard.Options.PLAIN, stopping), options.mode())));
        loss = new CrossEntropy(engine, tokens);
        clipping = new Clipping(engine, parameters, 1);
        adam = owned.add(Adam.plan(engine, parameters, Adam.Options.DEFAULT.withBetas(0.9, 0.95).with(Decay.of(0.1))));
        average = owned.add(new Average(engine, parameters, 0.995));
        x = owned.add(model.inputs(batch));
        z = owned.add(model.states(batch));
        dz = owned.add(model.states(batch));
        y = owned.add(engine.allocate(Type.F32, tokens, size.board().side()));
        dy = owned.add(engine.allocate(Type.F32, tokens, size.board().side()));
        labels = new int[tokens];
        Parameter carried = Parameter.matrix("states", batch, size.n(), Initialiser.constant(0));
        checkpoint = Checkpoint.of(parameters).with(adam).with(average).withBuffers(Parameters.of(Type.F32, List.of(carried), List.of(z)));
        for (int row = 0; row < batch; row++) {
            load(row);
        }
    }

    /** Puts the puzzle of the current step in a row of the batch. */
    private void load(int row) {
        long generation = ((long) step + row) / options.segments();
        Puzzle puzzle = puzzles.get(generation * options.batch() + row);
        model.encode(puzzle, x, row);
        int count = options.size().board().squares();
        for (int square = 0; square < count; square++) {
            labels[row * count + square] = puzzle.digit(square) - 1;
        }
    }

    /**
     * One step of training. A step whose gradient is not finite changes no parameter.
     *
     * @return the mean cross entropy of a square before the step
     */
    public double step() {
        for (int row = 0; row < options.batch(); row++) {
            if (step > 0 && (step + row) % options.segments() == 0) {
                load(row);
                z.part(row, options.batch()).fill(0);
            }
        }
        layer.step(step);
        Outcome solved = layer.forward(x, z);
        Block states = model.tokens(z);
        model.head().apply(states, y);
        squares = (double) Predictions.correct(y, labels) / labels.length;
        double mean = loss.apply(y, labels, dy);
        for (int row = 0; row < options.batch(); row++) {
            if (!solved.status(row).isSuccess()) {
                // An implicit mode found no equilibrium, and the layer skips the row. The head then does not learn from it either.
                dy.part(row, options.batch()).fill(0);
            }
        }
        gradients.clear();
        model.head().vjp(dy, model.tokens(dz));
        model.head().gradients(dy, states, gradients);
        layer.backward(dz, sum);
        if (Double.isFinite(clipping.apply(gradients))) {
            adam.step(parameters, gradients, schedule.rate(step));
            average.update(parameters);
            model.update();
        }
        step++;
        return mean;
    }

    /** The steps of training so far. */
    public int steps() {
        return step;
    }

    /** Whether the schedule of the learning rate has ended. */
    public boolean isDone() {
        return step >= options.steps();
    }

    /** The fraction of the squares that were right in the last step, at states of every age. */
    public double squares() {
        return squares;
    }

    /** The number of all parameters. */
    public long count() {
        return parameters.count();
    }

    /** A copy of a parameter, row by row. */
    double[] parameter(String name) {
        return parameters.get(name).toDoubles();
    }

    /** Writes everything that training needs to go on. */
    public void save(Path file) throws IOException {
        checkpoint.save(file, Map.of("step", (long) step, "seed", options.seed(), "side", (long) options.size().board().side(),
                "segments", (long) options.segments(), "steps", (long) options.steps()));
    }

    /**
     * Goes on from a file.
     *
     * @throws IllegalArgumentException if it is from a model of another size, or from training with other options
     */
    public void resume(Path file) throws IOException {
        Map<String, Long> numbers = checkpoint.load(file);
        require(file, "seed", numbers, options.seed());
        require(file, "segments", numbers, options.segments());
        require(file, "steps", numbers, options.steps());
        step = Math.toIntExact(numbers.getOrDefault("step", 0L));
        for (int row = 0; row < options.batch(); row++) {
            load(row);
        }
        model.map().restore();
    }

    private static void require(Path file, String name, Map<String, Long> numbers, long expected) {
        Long found = numbers.get(name);
        if (found == null || found != expected) {
            throw new IllegalArgumentException(file + ": the number " + name + " is " + found + ", expected " + expected);
        }
    }

    private Puzzles test() {
        return new Puzzles(options.size().board(), options.seed() ^ TEST << 32);
    }

    /**
     * How many of the first test puzzles occurred in training so far. Makes all of those puzzles again, which takes seconds for 4×4 and
     * longer for other sizes, where hardly any occurs twice.
     */
    public int seen(int count) {
        Set<String> trained = new HashSet<>();
        for (int row = 0; step > 0 && row < options.batch(); row++) {
            long last = (step - 1L + row) / options.segments();
            for (long generation = row / options.segments(); generation <= last; generation++) {
                trained.add(puzzles.get(generation * options.batch() + row).toString());
            }
        }
        Puzzles test = test();
        return (int) IntStream.range(0, count).filter(i -> trained.contains(test.get(i).toString())).count();
    }

    /**
     * The averaged model, which is independent of this training.
     *
     * @param batch the most puzzles in flight
     * @param count puzzles to measure with, from another seed than those of training
     */
    public Inference inference(int batch, int count) {
        return new Inference(engine, options.size(), batch, step == 0 ? parameters : average.values(), test(), count);
    }

    @Override
    public void close() {
        owned.close();
    }
}
