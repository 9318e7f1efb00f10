package dev.zstar.benchmarks.digits;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.parameters.SpectralNormalisation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/**
 * A deep equilibrium model with one dense cell, {@code z* = tanh(W z* + U x + b)}. Its classes are the softmax of {@code A z* + a}. It is
 * trained through an {@link EquilibriumLayer} in any gradient mode, with Adam.
 *
 * <p>After any number of steps the parameters have the same bits for any number of threads.
 */
public final class DeqClassifier implements AutoCloseable {
    private static final double TOLERANCE = 1e-4;

    /**
     * How a model is made and trained.
     *
     * @param n elements of the state
     * @param batch images in a step
     * @param seed seed of the initial parameters
     * @param mode how the equilibrium is differentiated
     * @param contraction upper bound of ‖W‖₂; infinite for none, so that the cell may stop contracting
     * @param rate learning rate
     * @param damping factor of the gradients of images whose solve failed; 0 skips them
     */
    public record Options(int n, int batch, long seed, GradientMode mode, double contraction, double rate, double damping) {
        /** A state of n elements, exact gradients, ‖W‖₂ ≤ 0.9 and a rate of 0.002. Images that fail are skipped. */
        public Options(int n, int batch, long seed) {
            this(n, batch, seed, GradientMode.DEFAULT, 0.9, 2e-3, 0);
        }

        /** These options with another gradient mode. */
        public Options withMode(GradientMode mode) {
            return new Options(n, batch, seed, mode, contraction, rate, damping);
        }
    }

    private final Engine engine;
    private final int n;
    private final int batch;
    /** Null if ‖W‖₂ has no bound. */
    private final SpectralNormalisation norm;
    /** The parameters of the cell, {@code W = V min(1, c / σ)}, and their gradients. */
    private final Block v;
    private final Block w;
    private final Block u;
    private final Block b;
    private final Block dw;
    private final Block du;
    private final Block db;
    private final Adam[] adam;
    private final SoftmaxHead head;
    private final DenseCell cell;
    private final FixedPointSolver forward;
    private final EquilibriumLayer<DenseCell.Gradients> layer;
    private final DenseCell.Gradients sum;
    private final Block x;
    private final Block z;
    private final Block g;
    private long evaluations;
    private long solves;
    private long skipped;
    private long damped;
    /** Steps of training so far, for a schedule of gradient modes. */
    private int steps;
    private String lastFailure = "";

    /** A model with random parameters. */
    public DeqClassifier(Engine engine, Options options) {
        this.engine = engine;
        n = options.n();
        batch = options.batch();
        Random random = new Random(options.seed());
        v = gaussian(random, n, n, 0.5 / Math.sqrt(n));
        u = gaussian(random, n, Digits.PIXELS, 1 / Math.sqrt(Digits.PIXELS));
        b = block(1, n);
        head = new SoftmaxHead(engine, gaussian(random, Digits.CLASSES, n, 1 / Math.sqrt(n)), batch, options.rate());
        w = block(n, n);
        norm = options.contraction() < Double.POSITIVE_INFINITY
                ? new SpectralNormalisation(engine, Type.F32, n, n, options.contraction(), options.seed())
                : null;
        updateWeights(50);
        dw = block(n, n);
        du = block(n, Digits.PIXELS);
        db = block(1, n);
        sum = new DenseCell.Gradients(dw, du, db, null);
        adam = new Adam[] {new Adam(v, options.rate()), new Adam(u, options.rate()), new Adam(b, options.rate())};
        cell = new DenseCell(engine, Activation.TANH, w, u, b, batch);
        Stopping stopping = Stopping.relative(TOLERANCE);
        forward = options.mode().modes().contains(new GradientMode.BroydenInverse())
                ? Broyden.plan(engine, Type.F32, batch, n, Broyden.Options.DEFAULT, stopping)
                : FixedPointSolver.plan(engine, Type.F32, batch, n, stopping);
        layer = EquilibriumLayer.plan(engine, Type.F32, batch, n, cell, forward, options.mode(), options.damping());
        x = block(batch, Digits.PIXELS);
        z = block(batch, n);
        g = block(batch, n);
    }

    /** Computes W from V. */
    private void updateWeights(int iterations) {
        if (norm == null) {
            engine.copy(v, w);
        } else {
            norm.apply(v, w, iterations);
        }
    }

    private Block block(int rows, int cols) {
        return engine.allocate(Type.F32, rows, cols);
    }

    private Block gaussian(Random random, int rows, int cols, double size) {
        Block block = block(rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, size * random.nextGaussian());
            }
        }
        return block;
    }

    private void load(Digits data, int[] images, int from, int count) {
        for (int p = 0; p < count; p++) {
            float[] pixels = data.pixels().get(images[from + p]);
            MemorySegment.copy(pixels, 0, x.segment(), ValueLayout.JAVA_FLOAT, p * x.strideBytes(), Digits.PIXELS);
        }
        engine.scale(0, z);
    }

    private void count(Outcome outcome) {
        evaluations += outcome.evaluations();
        solves++;
    }

    /**
     * One step of training. Images whose solve fails are skipped or damped, as the options say. If all are skipped, or the gradient of one
     * is incomplete, the parameters stay as they are.
     *
     * @param images indices of images; the step uses {@code count} of them, starting at {@code from}
     * @return the mean cross entropy before the step
     */
    public double train(Digits data, int[] images, int from, int count) {
        load(data, images, from, count);
        Block states = z.head(count);
        layer.step(steps++);
        Outcome solved = layer.forward(x.head(count), states);
        count(solved);
        head.classify(states);
        double loss = 0;
        for (int p = 0; p < count; p++) {
            loss += head.loss(p, data.labels().get(images[from + p]), count);
        }
        head.backward(g.head(count));
        for (int p = 0; p < count; p++) {
            if (!solved.status(p).isSuccess()) {
                // The state is no equilibrium. The head does not learn from it, whatever the layer makes of the gradient.
                head.skip(p);
            }
        }
        for (Block gradient : new Block[] {dw, du, db}) {
            engine.scale(0, gradient);
        }
        GradientOutcome outcome = layer.backward(g.head(count), sum);
        skipped += outcome.count(GradientOutcome.Use.SKIPPED);
        damped += outcome.count(GradientOutcome.Use.DAMPED);
        if (!outcome.succeeded()) {
            lastFailure = outcome.toString();
        }
        if (outcome.count(GradientOutcome.Use.SKIPPED) == count || outcome.count(GradientOutcome.Use.INCOMPLETE) > 0) {
            return loss;
        }
        head.step(states);
        if (norm != null) {
            norm.vjp(w, dw, dw);
        }
        adam[0].step(v, dw);
        adam[1].step(u, du);
        adam[2].step(b, db);
        updateWeights(1);
        cell.update(w, u, b);
        return loss;
    }

    /** The fraction of the images {@code from … to - 1} that are classified correctly. */
    public double accuracy(Digits data, int from, int to) {
        int[] images = new int[to];
        Arrays.setAll(images, i -> i);
        int right = 0;
        for (int at = from; at < to; at += batch) {
            int count = Math.min(batch, to - at);
            load(data, images, at, count);
            count(layer.infer(x.head(count), z.head(count)));
            head.classify(z.head(count));
            for (int p = 0; p < count; p++) {
                right += head.best(p) == data.labels().get(at + p) ? 1 : 0;
            }
        }
        return (double) right / (to - from);
    }

    /** The mean number of evaluations of a forward solve so far. */
    public double meanEvaluations() {
        return (double) evaluations / solves;
    }

    /** How many gradients of images have been skipped in training. */
    public long skipped() {
        return skipped;
    }

    /** How many gradients of images have been damped in training. */
    public long damped() {
        return damped;
    }

    /** The outcome of the last step in which an image failed, in words; empty if there was none. */
    public String lastFailure() {
        return lastFailure;
    }

    /** Whether every parameter is finite. */
    public boolean isFinite() {
        double[] norms = new double[Math.max(n, Digits.CLASSES)];
        for (Block parameter : new Block[] {v, u, b, head.weights(), head.bias()}) {
            engine.norm(parameter, norms);
            for (int i = 0; i < parameter.rows(); i++) {
                if (!(norms[i] < Double.POSITIVE_INFINITY)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The cell with its current parameters, for batches of up to {@code batch} images. */
    public DenseCell cell() {
        return cell;
    }

    /** A copy of the weights W, row by row. */
    public double[] weights() {
        return w.toDoubles();
    }

    /** Elements of the state. */
    public int n() {
        return n;
    }

    /** The engine that computes. */
    public Engine engine() {
        return engine;
    }

    @Override
    public void close() {
        layer.close();
        forward.close();
        cell.close();
        if (norm != null) {
            norm.close();
        }
        head.close();
        for (Adam each : adam) {
            each.close();
        }
        for (Block block : new Block[] {v, w, u, b, dw, du, db, x, z, g}) {
            block.close();
        }
    }
}
