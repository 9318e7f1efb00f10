package dev.zstar.benchmarks.language;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.Checkpoint;
import dev.zstar.solvers.training.heads.CrossEntropy;
import dev.zstar.solvers.training.heads.Embedding;
import dev.zstar.solvers.training.heads.LinearHead;
import dev.zstar.solvers.training.optimisers.Adam;
import dev.zstar.solvers.training.optimisers.Clipping;
import dev.zstar.solvers.training.optimisers.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A DEQ-Transformer (Bai, Kolter and Koltun 2019): the hidden states z of a sequence are the equilibrium of one transformer block, into
 * which the embedded symbols x are injected,
 *
 * <pre>
 *   u = z/2 + x
 *   h = norm₁(u + attention(u))                    causal, with rotary positions
 *   f(z, x) = norm₂(h + W₂ (silu(W₁ h) ⊙ W₃ h))
 * </pre>
 *
 * <p>and a linear head on each z*_t gives the logits of symbol t + 1. One row of a batch is one sequence.
 *
 * <p>After any number of steps the parameters have the same bits for any number of threads, and whether training was interrupted or not.
 */
public final class DeqTransformer implements AutoCloseable {
    /**
     * What a step of training did.
     *
     * @param loss the mean cross entropy before the step, in nats, of the sequences that have an equilibrium
     * @param forward evaluations of the forward solve
     * @param backward products with Jᵀ of the backward solve
     * @param residual the largest relative residual of an equilibrium
     * @param skipped sequences without a gradient, because a solve failed
     */
    public record Step(double loss, int forward, int backward, double residual, int skipped) {}

    /**
     * A test.
     *
     * @param sequences how many were tested
     * @param loss the mean cross entropy, in nats
     * @param evaluations mean evaluations of a sequence
     * @param residual the largest relative residual
     * @param failed sequences that did not reach the tolerance; their last states count in the loss as they are
     */
    public record Test(int sequences, double loss, double evaluations, double residual, int failed) {
        /** The loss in bits per symbol. */
        public double bits() {
            return loss / Math.log(2);
        }
    }

    /** Plain steps of a solve in which nothing depends on later symbols. */
    public static final int PLAIN = 40;
    /** The largest norm of a gradient. */
    private static final double CLIP = 1;

    private final TransformerOptions options;
    private final Schedule schedule;
    private final int length;
    private final int batch;
    private final Allocation owned = new Allocation();
    private final Parameters parameters;
    private final Parameters gradients;
    private final CellMap map;
    private final EquilibriumLayer<CellGradients> layer;
    private final CellGradients sum;
    private final FixedPointSolver plain;
    private final Embedding embedding;
    private final LinearHead head;
    private final CrossEntropy loss;
    private final Clipping clipping;
    private final Adam adam;
    private final Checkpoint checkpoint;
    private final Block x;
    private final Block dx;
    private final Block z;
    private final Block dz;
    private final Block y;
    private final Block dy;
    private final int[] inputs;
    private final int[] targets;
    private int step;

    /** A model with random parameters, for the symbols and the length of these sequences. */
    public DeqTransformer(Engine engine, TransformerOptions options, Sequences data) {
        this.options = options;
        schedule = options.schedule();
        length = data.length();
        batch = options.batch();
        int width = options.width();
        int n = length * width;
        if (width % 16 != 0 || n % 1024 == 0) {
            // Blocks have padding between such rows, so that their tokens are not evenly apart: Block.folded.
            throw new IllegalArgumentException("DEQ-Transformer: sequences of " + length + " symbols with " + width
                    + " elements each, expected "
                    + (width % 16 != 0 ? "elements in multiples of 16" : "a product that is no multiple of 1024"));
        }
        Cell cell = options.cell(length);
        var descriptions = Parameter.join(Embedding.descriptions("symbols", data.symbols(), width), cell.descriptions(),
                LinearHead.descriptions("head", data.symbols(), width));
        parameters = owned.add(Parameters.initial(Type.F32, descriptions, options.seed()));
        gradients = owned.add(parameters.zerosLike());
        map = owned.add(cell.plan(engine, batch, parameters.subset(cell.descriptions())));
        LayerMethods methods = LayerMethods.of(
                workspace -> Anderson.plan(workspace, Anderson.Options.DEFAULT, options.stopping()), options.mode());
        plain = owned.add(Picard.plan(engine, Type.F32, batch, n, 1, Stopping.fixed(PLAIN)));
        layer = owned.add(EquilibriumLayer.plan(map, methods));
        embedding = new Embedding(engine, "symbols", parameters);
        head = owned.add(new LinearHead(engine, "head", parameters, batch * length));
        loss = new CrossEntropy(engine, batch * length);
        clipping = new Clipping(engine, parameters, CLIP);
        adam = owned.add(Adam.plan(engine, parameters, Adam.Options.decaying(0.01).withBetas(0.9, 0.99)));
        checkpoint = Checkpoint.of(parameters).with(adam).withBuffers(map.buffers());
        x = owned.add(engine.allocate(Type.F32, batch, n));
        dx = owned.add(engine.allocate(Type.F32, batch, n));
        z = owned.add(engine.allocate(Type.F32, batch, n));
        dz = owned.add(engine.allocate(Type.F32, batch, n));
        y = owned.add(engine.allocate(Type.F32, batch * length, data.symbols()));
        dy = owned.add(engine.allocate(Type.F32, batch * length, data.symbols()));
        sum = new CellGradients(gradients.subset(cell.descriptions()), dx);
        inputs = new int[batch * length];
        targets = new int[batch * length];
    }

    private Block tokens(Block states) {
        return states.folded(length);
    }

    /**
     * One step of training, on the sequences that belong to its number. Those whose solve fails are left out. A step whose gradient is not
     * finite changes no parameter.
     *
     * @param data has the symbols and the length that the model was made for
     */
    public Step train(Sequences data) {
        data.training(options.seed() + step, batch, inputs, targets);
        embedding.apply(inputs, tokens(x));
        z.fill(0);
        layer.step(step);
        Outcome solved = layer.forward(x, z);
        int evaluations = solved.evaluations();
        double residual = solved.worstResidual();
        for (int b = 0; b < batch; b++) {
            if (!solved.status(b).isSuccess()) {
                // Its state is no equilibrium, and the layer skips the row. The head then does not learn from it either.
                Arrays.fill(targets, b * length, (b + 1) * length, CrossEntropy.IGNORED);
            }
        }
        head.apply(tokens(z), y);
        double mean = loss.apply(y, targets, dy);
        head.vjp(dy, tokens(dz));
        gradients.clear();
        dx.fill(0);
        head.gradients(dy, tokens(z), gradients);
        GradientOutcome outcome = layer.backward(dz, sum);
        embedding.gradients(inputs, tokens(dx), gradients);
        double norm = clipping.apply(gradients);
        if (Double.isFinite(norm)) {
            adam.step(parameters, gradients, schedule.rate(step));
            map.update();
        }
        step++;
        return new Step(mean, evaluations, outcome.evaluations(), residual, batch - outcome.count(GradientOutcome.Use.ADDED));
    }

    /** Steps of training so far. */
    public int steps() {
        return step;
    }

    /**
     * The loss on the first of the sequences for tests, by the solver of training.
     *
     * @param count how many; rounded down to whole batches
     */
    public Test test(Sequences data, int count) {
        return test(data, count, () -> layer.infer(x, z));
    }

    /**
     * The same after {@value #PLAIN} plain steps {@code z ← f(z, x)} from 0. Then no state depends on any later symbol, not even by a bit.
     * An accelerated solve mixes its iterates with one set of weights for a whole sequence, so that later symbols change earlier states
     * within the tolerance.
     */
    public Test testPlain(Sequences data, int count) {
        return test(data, count, () -> {
            map.inject(x);
            return plain.solve(map, z);
        });
    }

    private Test test(Sequences data, int count, Supplier<Outcome> solve) {
        double nats = 0;
        long evaluations = 0;
        double residual = 0;
        int failed = 0;
        int rounds = count / batch;
        for (int i = 0; i < rounds; i++) {
            data.test(i * batch, batch, inputs, targets);
            embedding.apply(inputs, tokens(x));
            z.fill(0);
            Outcome solved = solve.get();
            evaluations += solved.rowEvaluations();
            residual = Math.max(residual, solved.worstResidual());
            for (int b = 0; b < batch; b++) {
                failed += solved.status(b).isSuccess() ? 0 : 1;
            }
            head.apply(tokens(z), y);
            nats += loss.apply(y, targets, dy);
        }
        return new Test(rounds * batch, nats / rounds, (double) evaluations / (rounds * batch), residual, failed);
    }

    /** Writes everything that training needs to go on. */
    public void save(Path file) throws IOException {
        checkpoint.save(file, numbers());
    }

    private Map<String, Long> numbers() {
        return Map.of("step", (long) step, "steps", (long) options.steps(), "seed", options.seed(), "batch", (long) batch, "length",
                (long) length, "heads", (long) options.heads());
    }

    /**
     * Goes on from a file.
     *
     * @throws IllegalArgumentException if it is of a model of another size, or was trained with other options
     */
    public void resume(Path file) throws IOException {
        Map<String, Long> found = checkpoint.load(file);
        numbers().forEach((name, expected) -> {
            if (!name.equals("step") && !expected.equals(found.get(name))) {
                throw new IllegalArgumentException(file + ": the number " + name + " is " + found.get(name) + ", expected " + expected);
            }
        });
        step = Math.toIntExact(found.getOrDefault("step", 0L));
        map.restore();
    }

    /**
     * The logits of one sequence, after {@value #PLAIN} plain steps.
     *
     * @param symbols at least {@code length} of them; the first are the sequence
     * @return the logits of the symbol after each, {@code length × symbols}; the next call overwrites it
     */
    public Block logits(int[] symbols) {
        Block state = z.head(1);
        embedding.apply(symbols, tokens(x.head(1)));
        state.fill(0);
        map.inject(x.head(1));
        plain.solve(map, state);
        head.apply(tokens(state), y.head(length));
        return y.head(length);
    }

    /** The parameters; a view. */
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public void close() {
        owned.close();
    }
}
