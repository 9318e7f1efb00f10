package dev.zstar.benchmarks.language;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
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

/**
 * A DEQ-Transformer (Bai, Kolter and Koltun 2019): the hidden states z of a sequence are the equilibrium of one transformer block, into
 * which the embedded symbols x are injected,
 *
 * <pre>
 *   h  = norm₁(z + x + attention(z + x))        causal, with rotary positions
 *   z* = norm₂(h + W₂ (silu(W₁ h) ⊙ W₃ h))       at z = z*
 * </pre>
 *
 * <p>and a linear head on each z*_t gives the logits of symbol t + 1. One row of a batch is one sequence.
 *
 * <p>After any number of steps the parameters have the same bits for any number of threads, and whether training was interrupted or not.
 */
public final class DeqTransformer implements AutoCloseable {
    /**
     * How a model is made and trained.
     *
     * @param width elements of a hidden state, a multiple of 16 and of the heads
     * @param heads heads of the attention
     * @param hidden hidden elements of the gated unit
     * @param batch sequences in a step
     * @param seed seed of the first parameters
     * @param mode how the equilibrium is differentiated
     * @param stopping when a forward solve ends
     * @param schedule the learning rate of each step
     */
    public record Options(
            int width, int heads, int hidden, int batch, long seed, GradientMode mode, Stopping stopping, Schedule schedule) {
        /**
         * A model of 64 elements with 4 heads, 16 sequences a step and exact gradients, for this many steps. The rate rises to 0.003 and
         * then falls to a tenth of it.
         */
        public static Options steps(int steps) {
            int rise = Math.max(1, steps / 20);
            Schedule schedule = Schedule.cosine(3e-3, 3e-4, Math.max(1, steps - rise)).warmUp(rise);
            return new Options(64, 4, 128, 16, 1, GradientMode.DEFAULT, Stopping.relative(1e-3).within(40), schedule);
        }

        /** These options with another gradient mode. */
        public Options with(GradientMode mode) {
            return new Options(width, heads, hidden, batch, seed, mode, stopping, schedule);
        }

        private Cell cell(int length) {
            return Cell.of(Type.F32, Shape.tokens(length, width), (net, z, x) -> {
                Value in = z.plus(x);
                Heads causal = Heads.heads(heads).noBias().causal().rotary(10_000, Rotary.Pairing.HALVES);
                Value h = net.rmsNorm("norm1", in.plus(net.attention("attention", in, causal)));
                return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, hidden)));
            });
        }
    }

    /**
     * What a step of training did.
     *
     * @param loss the mean cross entropy before the step, in nats, of the sequences that have an equilibrium
     * @param forward evaluations of the forward solve
     * @param backward products with Jᵀ of the backward solve
     * @param residual the largest relative residual of an equilibrium
     * @param skipped sequences without a gradient, because a solve failed
     * @param norm the norm of the gradient before it was clipped
     */
    public record Step(double loss, int forward, int backward, double residual, int skipped, double norm) {}

    /**
     * A test.
     *
     * @param loss the mean cross entropy, in nats
     * @param evaluations mean evaluations of a sequence
     * @param residual the largest relative residual
     * @param failed sequences that did not reach the tolerance; their last states count in the loss as they are
     */
    public record Test(double loss, double evaluations, double residual, int failed) {
        /** The loss in bits per symbol. */
        public double bits() {
            return loss / Math.log(2);
        }
    }

    private static final double CLIP = 1;

    private final Options options;
    private final int length;
    private final int batch;
    private final Allocation owned = new Allocation();
    private final Parameters parameters;
    private final Parameters gradients;
    private final CellMap map;
    private final EquilibriumLayer<CellGradients> layer;
    private final CellGradients sum;
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

    /** A model with random parameters, for the symbols and the length of these sequences. */
    public DeqTransformer(Engine engine, Options options, Sequences data) {
        this.options = options;
        length = data.length();
        batch = options.batch();
        int width = options.width();
        int n = length * width;
        Cell cell = options.cell(length);
        var descriptions = Parameter.join(Embedding.descriptions("symbols", data.symbols(), width), cell.descriptions(),
                LinearHead.descriptions("head", data.symbols(), width));
        parameters = owned.add(Parameters.initial(Type.F32, descriptions, options.seed()));
        gradients = owned.add(parameters.zerosLike());
        map = owned.add(cell.plan(engine, batch, parameters.subset(cell.descriptions())));
        FixedPointSolver forward = owned.add(FixedPointSolver.plan(map, options.stopping()));
        layer = owned.add(EquilibriumLayer.plan(map, forward, options.mode()));
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
     * One step of training on the sequences of this step. Those whose solve fails are left out.
     *
     * @param data has the symbols and the length that the model was made for
     */
    public Step train(Sequences data) {
        long step = adam.steps();
        data.training(step, batch, inputs, targets);
        embedding.apply(inputs, tokens(x));
        z.fill(0);
        layer.step((int) Math.min(step, Integer.MAX_VALUE));
        Outcome solved = layer.forward(x, z);
        for (int b = 0; b < batch; b++) {
            if (!solved.status(b).isSuccess()) {
                // Its state is no equilibrium: the head does not learn from it either.
                Arrays.fill(targets, b * length, (b + 1) * length, CrossEntropy.IGNORED);
            }
        }
        int evaluations = solved.evaluations();
        double residual = solved.worstResidual();
        head.apply(tokens(z), y);
        double mean = loss.apply(y, targets, dy);
        head.vjp(dy, tokens(dz));
        gradients.clear();
        dx.fill(0);
        head.gradients(dy, tokens(z), gradients);
        GradientOutcome outcome = layer.backward(dz, sum);
        embedding.gradients(inputs, tokens(dx), gradients);
        double norm = clipping.apply(gradients);
        if (!Double.isFinite(norm)) {
            gradients.clear();
        }
        // Also after a step without gradients: the number of steps selects the next sequences.
        adam.step(parameters, gradients, options.schedule().rate(step));
        map.update();
        return new Step(mean, evaluations, outcome.evaluations(), residual, batch - outcome.count(GradientOutcome.Use.ADDED), norm);
    }

    /** Steps of training so far. */
    public long steps() {
        return adam.steps();
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
     * The same after {@code steps} plain steps {@code z ← f(z, x)} from 0. Then no state depends on any later symbol, not even by a bit. An
     * accelerated solve mixes its iterates with one set of weights for a whole sequence, so that later symbols change earlier states within
     * the tolerance.
     */
    public Test testPlain(Sequences data, int count, int steps) {
        try (FixedPointSolver plain = Picard.plan(map.engine(), Type.F32, batch, map.n(), 1, Stopping.fixed(steps))) {
            return test(data, count, () -> {
                map.inject(x);
                return plain.solve(map, z);
            });
        }
    }

    private Test test(Sequences data, int count, java.util.function.Supplier<Outcome> solve) {
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
        return new Test(nats / rounds, (double) evaluations / (rounds * batch), residual, failed);
    }

    /** Writes everything that training needs to go on. */
    public void save(Path file) throws IOException {
        checkpoint.save(file, Map.of());
    }

    /** Goes on from a file that a model with the same options wrote. */
    public void resume(Path file) throws IOException {
        checkpoint.load(file);
        map.restore();
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
