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
import dev.zstar.solvers.training.SpectralNormalisation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/**
 * A deep equilibrium model with one dense cell: {@code z* = tanh(W z* + U x + b)}, classes by softmax of {@code A z* + a}. Trained
 * by an {@link EquilibriumLayer} in any gradient mode, with Adam.
 *
 * <p>Bits of the parameters after any number of steps are the same for any number of threads.
 */
public final class DeqClassifier implements AutoCloseable {
    private static final double TOLERANCE = 1e-4;

    /**
     * How a model is made and trained.
     *
     * @param n elements of the state
     * @param batch images of a step
     * @param seed of the parameters
     * @param mode how the equilibrium is differentiated
     * @param contraction ‖W‖₂ stays at or below this; infinite for no bound, so that the cell may stop to contract
     * @param rate of learning
     * @param damping of the gradients of images whose solve failed; 0 skips them
     */
    public record Options(int n, int batch, long seed, GradientMode mode, double contraction, double rate, double damping) {
        /** A state of n elements, exact gradients, ‖W‖₂ ≤ 0.9, a rate of 0.002; images that fail are skipped. */
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
    /** Null if W is not bounded. */
    private final SpectralNormalisation norm;
    /** The parameters, {@code W = V min(1, c / σ)}, and their gradients. */
    private final Block v;
    private final Block w;
    private final Block u;
    private final Block b;
    private final Block a;
    private final Block abias;
    private final Block dw;
    private final Block du;
    private final Block db;
    private final Block da;
    private final Block dabias;
    private final Adam[] adam;
    private final DenseCell cell;
    private final FixedPointSolver forward;
    private final EquilibriumLayer<DenseCell.Gradients> layer;
    private final DenseCell.Gradients sum;
    private final Block x;
    private final Block z;
    private final Block g;
    private final Block logits;
    private final Block ones;
    private long evaluations;
    private long solves;
    private long skipped;
    private long damped;
    private String trouble = "";

    /** A model with random parameters. */
    public DeqClassifier(Engine engine, Options options) {
        this.engine = engine;
        n = options.n();
        batch = options.batch();
        Random random = new Random(options.seed());
        v = gaussian(random, n, n, 0.5 / Math.sqrt(n));
        u = gaussian(random, n, Digits.PIXELS, 1 / Math.sqrt(Digits.PIXELS));
        b = block(1, n);
        a = gaussian(random, Digits.CLASSES, n, 1 / Math.sqrt(n));
        abias = block(1, Digits.CLASSES);
        w = block(n, n);
        norm = options.contraction() < Double.POSITIVE_INFINITY
                ? new SpectralNormalisation(engine, Type.F32, n, n, options.contraction(), options.seed())
                : null;
        publish(50);
        dw = block(n, n);
        du = block(n, Digits.PIXELS);
        db = block(1, n);
        da = block(Digits.CLASSES, n);
        dabias = block(1, Digits.CLASSES);
        sum = new DenseCell.Gradients(dw, du, db, null);
        adam = new Adam[] {new Adam(v, options.rate()), new Adam(u, options.rate()), new Adam(b, options.rate()), new Adam(a, options.rate()),
            new Adam(abias, options.rate())};
        cell = new DenseCell(engine, Activation.TANH, w, u, b, batch);
        Stopping stopping = Stopping.relative(TOLERANCE);
        forward = options.mode() instanceof GradientMode.BroydenInverse
                ? Broyden.plan(engine, Type.F32, batch, n, Broyden.Options.DEFAULT, stopping)
                : FixedPointSolver.plan(engine, Type.F32, batch, n, stopping);
        layer = EquilibriumLayer.plan(engine, Type.F32, batch, n, cell, forward, options.mode(), options.damping());
        x = block(batch, Digits.PIXELS);
        z = block(batch, n);
        g = block(batch, n);
        logits = block(batch, Digits.CLASSES);
        ones = block(batch, 1);
        ones.fill(1);
    }

    /** W from V. */
    private void publish(int iterations) {
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
            MemorySegment.copy(data.pixels().get(images[from + p]), 0, x.segment(), ValueLayout.JAVA_FLOAT, p * x.strideBytes(), Digits.PIXELS);
        }
        engine.scale(0, z);
    }

    private void count(Outcome outcome) {
        evaluations += outcome.evaluations();
        solves++;
    }

    /** Logits of the first {@code count} states. */
    private void classify(int count) {
        engine.gemm(1, z.head(count), false, a, true, 0, logits.head(count));
        engine.gemm(1, ones.head(count), false, abias, false, 1, logits.head(count));
    }

    /** The most likely class of row p. */
    private int best(int p) {
        int best = 0;
        for (int c = 1; c < Digits.CLASSES; c++) {
            best = logits.get(p, c) > logits.get(p, best) ? c : best;
        }
        return best;
    }

    /** Logits of row p become the gradient of the mean cross entropy by them; returns the row's share of it. */
    private double loss(int p, int label, int count) {
        double most = logits.get(p, best(p));
        double total = 0;
        for (int c = 0; c < Digits.CLASSES; c++) {
            total += Math.exp(logits.get(p, c) - most);
        }
        double loss = (Math.log(total) - (logits.get(p, label) - most)) / count;
        for (int c = 0; c < Digits.CLASSES; c++) {
            double probability = Math.exp(logits.get(p, c) - most) / total;
            logits.set(p, c, (probability - (c == label ? 1 : 0)) / count);
        }
        return loss;
    }

    /**
     * One step of training. Images whose solve fails are skipped or damped, as the options say; a step without any other is not taken.
     *
     * @param images which to train on; {@code count} of them from {@code from}
     * @return the mean cross entropy before the step
     */
    public double train(Digits data, int[] images, int from, int count) {
        load(data, images, from, count);
        Block states = z.head(count);
        Outcome solved = layer.forward(x.head(count), states);
        count(solved);
        classify(count);
        double loss = 0;
        for (int p = 0; p < count; p++) {
            loss += loss(p, data.labels().get(images[from + p]), count);
        }
        Block errors = logits.head(count);
        engine.gemm(1, errors, false, a, false, 0, g.head(count));
        for (int p = 0; p < count; p++) {
            if (!solved.status(p).isSuccess()) {
                // Its state is no equilibrium: the classifier does not learn from it, whatever the layer makes of its gradient.
                for (int c = 0; c < Digits.CLASSES; c++) {
                    logits.set(p, c, 0);
                }
            }
        }
        for (Block gradient : new Block[] {dw, du, db}) {
            engine.scale(0, gradient);
        }
        GradientOutcome outcome = layer.backward(g.head(count), sum);
        skipped += outcome.count(GradientOutcome.Fate.SKIPPED);
        damped += outcome.count(GradientOutcome.Fate.DAMPED);
        if (!outcome.succeeded()) {
            trouble = outcome.toString();
        }
        if (outcome.count(GradientOutcome.Fate.SKIPPED) == count) {
            return loss;
        }
        engine.gemm(1, errors, true, states, false, 0, da);
        engine.gemm(1, ones.head(count), true, errors, false, 0, dabias);
        if (norm != null) {
            norm.vjp(w, dw, dw);
        }
        adam[0].step(v, dw);
        adam[1].step(u, du);
        adam[2].step(b, db);
        adam[3].step(a, da);
        adam[4].step(abias, dabias);
        publish(1);
        cell.update(w, u, b);
        return loss;
    }

    /** The share of images {@code from … to - 1} that are classified right, by states that the forward solver finds. */
    public double accuracy(Digits data, int from, int to) {
        int[] images = new int[to];
        Arrays.setAll(images, i -> i);
        int right = 0;
        for (int at = from; at < to; at += batch) {
            int count = Math.min(batch, to - at);
            load(data, images, at, count);
            count(layer.infer(x.head(count), z.head(count)));
            classify(count);
            for (int p = 0; p < count; p++) {
                right += best(p) == data.labels().get(at + p) ? 1 : 0;
            }
        }
        return (double) right / (to - from);
    }

    /** Evaluations of the cell per forward solve, on average so far. */
    public double meanEvaluations() {
        return (double) evaluations / solves;
    }

    /** Images of training steps whose gradients were skipped so far. */
    public long skipped() {
        return skipped;
    }

    /** Images of training steps whose gradients were damped so far. */
    public long damped() {
        return damped;
    }

    /** What the last step said in which some image failed; empty if none did. */
    public String trouble() {
        return trouble;
    }

    /** Whether every parameter is finite. */
    public boolean isFinite() {
        double[] norms = new double[Math.max(n, Digits.CLASSES)];
        for (Block parameter : new Block[] {v, u, b, a, abias}) {
            engine.norm(parameter, norms);
            for (int i = 0; i < parameter.rows(); i++) {
                if (!(norms[i] < Double.POSITIVE_INFINITY)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The cell, with its parameters as they are now, for batches of up to {@code batch} images. */
    public DenseCell cell() {
        return cell;
    }

    /** A copy of the recurrent weights W, row by row. */
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
        for (Adam each : adam) {
            each.close();
        }
        for (Block block : new Block[] {v, w, u, b, a, abias, dw, du, db, da, dabias, x, z, g, logits, ones}) {
            block.close();
        }
    }
}
