package dev.zstar.benchmarks.digits;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Anderson;
import dev.zstar.solvers.DenseCell;
import dev.zstar.solvers.Gmres;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import java.util.Arrays;
import java.util.Random;

/**
 * A deep equilibrium model with one dense cell: {@code z* = tanh(W z* + U x + b)}, classes by softmax of {@code A z* + a}. Trained
 * by implicit differentiation: Anderson forward, GMRES backward, nothing of the forward iterations kept.
 *
 * <p>Bits of the parameters after any number of steps are the same for any number of threads.
 */
public final class DeqClassifier implements AutoCloseable {
    /** ‖W‖₂ stays at or below this. */
    private static final double CONTRACTION = 0.9;
    private static final double RATE = 2e-3;
    private static final double TOLERANCE = 1e-4;

    private final Engine engine;
    private final int n;
    private final int batch;
    private final double[] v;
    private final double[] u;
    private final double[] b;
    private final double[] a;
    private final Adam[] adam;
    private final SpectralNorm norm;
    private double factor;
    private final Block wBlock;
    private final Block uBlock;
    private final Block bBlock;
    private final DenseCell cell;
    private final LinearOperator adjoint;
    private final Anderson forward;
    private final Gmres backward;
    private final Block x;
    private final Block z;
    private final Block g;
    private final Block s;
    private final Block dw;
    private final Block du;
    private final Block db;
    private long evaluations;
    private long solves;

    /**
     * A model with random parameters.
     *
     * @param n elements of the state
     * @param batch images of a step
     */
    public DeqClassifier(Engine engine, int n, int batch, long seed) {
        this.engine = engine;
        this.n = n;
        this.batch = batch;
        Random random = new Random(seed);
        v = gaussian(random, n * n, 0.5 / Math.sqrt(n));
        u = gaussian(random, n * Digits.PIXELS, 1 / Math.sqrt(Digits.PIXELS));
        b = new double[n];
        a = gaussian(random, Digits.CLASSES * (n + 1), 1 / Math.sqrt(n));
        adam = new Adam[] {new Adam(v.length, RATE), new Adam(u.length, RATE), new Adam(b.length, RATE), new Adam(a.length, RATE)};
        norm = new SpectralNorm(n, CONTRACTION, random);
        wBlock = Block.allocate(Type.F32, n, n);
        uBlock = Block.allocate(Type.F32, n, Digits.PIXELS);
        bBlock = Block.allocate(Type.F32, 1, n);
        publish(50);
        cell = new DenseCell(engine, Activation.TANH, wBlock, uBlock, bBlock, batch);
        adjoint = cell::vjp;
        forward = Anderson.plan(engine, Type.F32, n, batch, Anderson.Options.DEFAULT, Stopping.relative(TOLERANCE));
        backward = Gmres.plan(engine, Type.F32, n, batch, 20, Stopping.relative(1e-3));
        x = engine.allocate(Type.F32, batch, Digits.PIXELS);
        z = engine.allocate(Type.F32, batch, n);
        g = engine.allocate(Type.F32, batch, n);
        s = engine.allocate(Type.F32, batch, n);
        dw = engine.allocate(Type.F32, n, n);
        du = engine.allocate(Type.F32, n, Digits.PIXELS);
        db = engine.allocate(Type.F32, 1, n);
    }

    private static double[] gaussian(Random random, int length, double size) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = size * random.nextGaussian();
        }
        return values;
    }

    /** Normalises V to W and hands the parameters to the blocks. */
    private void publish(int iterations) {
        factor = norm.factor(v, iterations);
        double[] w = new double[v.length];
        for (int i = 0; i < w.length; i++) {
            w[i] = factor * v[i];
        }
        wBlock.copyFrom(w);
        uBlock.copyFrom(u);
        bBlock.copyFrom(b);
    }

    /** Solves for some images; the states are in z. */
    private void solve(Digits data, int[] images, int from, int count) {
        for (int p = 0; p < count; p++) {
            float[] image = data.pixels().get(images[from + p]);
            for (int i = 0; i < Digits.PIXELS; i++) {
                x.set(p, i, image[i]);
            }
        }
        z.head(count).fill(0);
        cell.inject(x.head(count));
        Outcome outcome = forward.solve(cell, z.head(count));
        if (!outcome.succeeded()) {
            throw new IllegalStateException("the forward solve of a training step failed: " + outcome);
        }
        evaluations += outcome.evaluations();
        solves++;
    }

    /** Probabilities of row p's classes, into {@code p}; returns the most likely. */
    private int classify(int row, double[] probabilities) {
        int best = 0;
        for (int c = 0; c < Digits.CLASSES; c++) {
            double sum = a[c * (n + 1) + n];
            for (int i = 0; i < n; i++) {
                sum += a[c * (n + 1) + i] * z.get(row, i);
            }
            probabilities[c] = sum;
            best = sum > probabilities[best] ? c : best;
        }
        double most = probabilities[best];
        double total = 0;
        for (int c = 0; c < Digits.CLASSES; c++) {
            probabilities[c] = Math.exp(probabilities[c] - most);
            total += probabilities[c];
        }
        for (int c = 0; c < Digits.CLASSES; c++) {
            probabilities[c] /= total;
        }
        return best;
    }

    /**
     * One step of training.
     *
     * @param images which to train on; {@code count} of them from {@code from}
     * @return the mean cross entropy before the step
     */
    public double train(Digits data, int[] images, int from, int count) {
        solve(data, images, from, count);
        double[] da = new double[a.length];
        double[] p = new double[Digits.CLASSES];
        double loss = 0;
        for (int row = 0; row < count; row++) {
            classify(row, p);
            int label = data.labels().get(images[from + row]);
            loss -= Math.log(Math.max(p[label], 1e-30)) / count;
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int c = 0; c < Digits.CLASSES; c++) {
                    double error = (p[c] - (c == label ? 1 : 0)) / count;
                    da[c * (n + 1) + i] += error * z.get(row, i);
                    sum += error * a[c * (n + 1) + i];
                }
                g.set(row, i, sum);
            }
            for (int c = 0; c < Digits.CLASSES; c++) {
                da[c * (n + 1) + n] += (p[c] - (c == label ? 1 : 0)) / count;
            }
        }
        Block state = z.head(count);
        cell.linearise(state);
        Outcome outcome = backward.solve(adjoint, g.head(count), s.head(count));
        if (!outcome.succeeded()) {
            throw new IllegalStateException("the backward solve of a training step failed: " + outcome);
        }
        dw.fill(0);
        du.fill(0);
        db.fill(0);
        cell.gradients(s.head(count), state, x.head(count), new DenseCell.Gradients(dw, du, db, null));
        double[] dv = dw.toDoubles();
        norm.backward(dv, v, factor);
        adam[0].step(v, dv);
        adam[1].step(u, du.toDoubles());
        adam[2].step(b, db.toDoubles());
        adam[3].step(a, da);
        publish(1);
        cell.update(wBlock, uBlock, bBlock);
        return loss;
    }

    /** The share of images {@code from … to - 1} that are classified right. */
    public double accuracy(Digits data, int from, int to) {
        int[] images = new int[to];
        Arrays.setAll(images, i -> i);
        double[] p = new double[Digits.CLASSES];
        int right = 0;
        for (int at = from; at < to; at += batch) {
            int count = Math.min(batch, to - at);
            solve(data, images, at, count);
            for (int row = 0; row < count; row++) {
                right += classify(row, p) == data.labels().get(at + row) ? 1 : 0;
            }
        }
        return (double) right / (to - from);
    }

    /** Evaluations of the cell per forward solve, on average so far. */
    public double meanEvaluations() {
        return (double) evaluations / solves;
    }

    /** The cell, with its parameters as they are now, for batches of up to {@code batch} images. */
    public DenseCell cell() {
        return cell;
    }

    /** A copy of the recurrent weights W, row by row. */
    public double[] weights() {
        return wBlock.toDoubles();
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
        forward.close();
        backward.close();
        cell.close();
        for (Block block : new Block[] {wBlock, uBlock, bBlock, x, z, g, s, dw, du, db}) {
            block.close();
        }
    }
}
