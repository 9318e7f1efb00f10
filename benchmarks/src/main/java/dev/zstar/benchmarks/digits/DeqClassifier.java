package dev.zstar.benchmarks.digits;

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
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.training.heads.CrossEntropy;
import dev.zstar.solvers.training.heads.LinearHead;
import dev.zstar.solvers.training.heads.Predictions;
import dev.zstar.solvers.training.optimisers.Adam;
import dev.zstar.solvers.training.optimisers.Clipping;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A deep equilibrium model with one dense cell, {@code z* = tanh(W z* + U x + b)}, and a linear head. It is trained through an
 * {@link EquilibriumLayer} in any gradient mode, with Adam.
 *
 * <p>After any number of steps the parameters have the same bits for any number of threads.
 */
public final class DeqClassifier implements AutoCloseable {
    private static final Stopping STOPPING = Stopping.relative(1e-4);

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

        private Cell cell() {
            return Cell.of(Type.F32, Shape.vector(n), Shape.vector(Digits.PIXELS), (net, z, x) -> {
                Weight w = contraction < Double.POSITIVE_INFINITY ? net.spectralNorm("w", n, n, contraction) : net.weight("w", n, n);
                Weight u = net.weight("u", n, Digits.PIXELS, Initialiser.normal(1 / Math.sqrt(Digits.PIXELS)));
                return net.product(w, z).plus(net.bias("b", net.product(u, x))).tanh();
            });
        }
    }

    private final Options options;
    private final int batch;
    private final Allocation owned = new Allocation();
    private final Parameters parameters;
    private final Parameters gradients;
    private final CellMap map;
    private final EquilibriumLayer<CellGradients> layer;
    private final CellGradients sum;
    private final LinearHead head;
    private final CrossEntropy loss;
    private final Clipping norm;
    private final Adam adam;
    private final Block x;
    private final Block z;
    private final Block dz;
    private final Block y;
    private final Block dy;
    private final int[] labels;
    private long evaluations;
    private long solves;
    private long skipped;
    private long damped;
    /** Steps of training so far, for a schedule of gradient modes. */
    private int steps;
    private String lastFailure = "";

    /** A model with random parameters. */
    public DeqClassifier(Engine engine, Options options) {
        this.options = options;
        batch = options.batch();
        int n = options.n();
        Cell cell = options.cell();
        var descriptions = Parameter.join(cell.descriptions(), LinearHead.descriptions("head", Digits.CLASSES, n));
        parameters = owned.add(Parameters.initial(Type.F32, descriptions, options.seed()));
        gradients = owned.add(parameters.zerosLike());
        map = owned.add(cell.plan(engine, batch, parameters.subset(cell.descriptions())));
        sum = new CellGradients(gradients.subset(cell.descriptions()), null);
        boolean inverse = options.mode().modes().contains(new GradientMode.BroydenInverse());
        LayerMethods methods = LayerMethods.of(workspace -> inverse
                ? Broyden.plan(workspace, Broyden.Options.DEFAULT, STOPPING)
                : Anderson.plan(workspace, Anderson.Options.DEFAULT, STOPPING), options.mode());
        layer = owned.add(EquilibriumLayer.plan(engine, Type.F32, batch, n, map, methods, options.damping()));
        head = owned.add(new LinearHead(engine, "head", parameters, batch));
        loss = new CrossEntropy(engine, batch);
        norm = new Clipping(engine, parameters, Double.POSITIVE_INFINITY);
        adam = owned.add(Adam.plan(engine, parameters));
        x = owned.add(engine.allocate(Type.F32, batch, Digits.PIXELS));
        z = owned.add(engine.allocate(Type.F32, batch, n));
        dz = owned.add(engine.allocate(Type.F32, batch, n));
        y = owned.add(engine.allocate(Type.F32, batch, Digits.CLASSES));
        dy = owned.add(engine.allocate(Type.F32, batch, Digits.CLASSES));
        labels = new int[batch];
    }

    private void load(Digits data, int[] images, int from, int count) {
        for (int p = 0; p < count; p++) {
            float[] pixels = data.pixels().get(images[from + p]);
            MemorySegment.copy(pixels, 0, x.segment(), ValueLayout.JAVA_FLOAT, p * x.strideBytes(), Digits.PIXELS);
            labels[p] = data.labels().get(images[from + p]);
        }
        z.fill(0);
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
        Block errors = dy.head(count);
        Outcome solved = layer.forward(x.head(count), states);
        count(solved);
        head.apply(states, y.head(count));
        double mean = loss.apply(y.head(count), labels, errors);
        head.vjp(errors, dz.head(count));
        for (int p = 0; p < count; p++) {
            if (!solved.status(p).isSuccess()) {
                // The state is no equilibrium. The head does not learn from it, whatever the layer makes of the gradient.
                errors.part(p, count).fill(0);
            }
        }
        gradients.clear();
        head.gradients(errors, states, gradients);
        GradientOutcome outcome = layer.backward(dz.head(count), sum);
        skipped += outcome.count(GradientOutcome.Use.SKIPPED);
        damped += outcome.count(GradientOutcome.Use.DAMPED);
        if (!outcome.succeeded()) {
            lastFailure = outcome.toString();
        }
        if (outcome.count(GradientOutcome.Use.SKIPPED) == count || outcome.count(GradientOutcome.Use.INCOMPLETE) > 0) {
            return mean;
        }
        adam.step(parameters, gradients, options.rate());
        map.update();
        return mean;
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
            head.apply(z.head(count), y.head(count));
            right += Predictions.correct(y.head(count), labels);
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
        return Double.isFinite(norm.norm(parameters));
    }

    /** The cell with its current parameters, for batches of up to {@code batch} images. */
    public CellMap map() {
        return map;
    }

    /** A copy of the parameter of the weights W, row by row. */
    public double[] weights() {
        return parameters.get("w").toDoubles();
    }

    @Override
    public void close() {
        owned.close();
    }
}
