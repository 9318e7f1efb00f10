package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.training.heads.CrossEntropy;
import dev.zstar.solvers.training.heads.LinearHead;
import dev.zstar.solvers.training.heads.Predictions;
import dev.zstar.solvers.training.optimisers.Adam;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A model of any {@link Family} that tells classes of samples apart: its body, a linear head, and the mean cross entropy. If samples are
 * sequences, the features of a row are those of its places, one after the other, and the head reads each. Trained with Adam. Models of two
 * families differ in their bodies alone, so that accuracy, memory and time of the bodies can be compared.
 *
 * <p>After any number of steps the parameters have the same bits for any number of threads. Not thread-safe.
 */
public final class Classifier implements AutoCloseable {
    private static final String HEAD = "head";

    private final Allocation owned = new Allocation();
    private final Type type;
    private final int batch;
    private final int places;
    private final Parameters parameters;
    private final Parameters gradients;
    private final Parameters bodyGradients;
    private final Body body;
    private final LinearHead head;
    private final CrossEntropy loss;
    private final Adam adam;
    private final Block x;
    private final Block features;
    private final Block features2;
    private final Block y;
    private final Block dy;
    private final int[] labels;
    private final int[] used;
    private long forward;
    private long backward;
    private long passes;
    private long failures;

    /**
     * A model with random parameters.
     *
     * @param data has the classes and the places of the samples
     * @param batch the most rows of a step
     * @param seed seed of the first parameters
     */
    public Classifier(Engine engine, Family family, Samples data, int batch, long seed) {
        type = family.type();
        this.batch = batch;
        places = data.places();
        int classes = data.classes();
        try {
            var descriptions = Parameter.join(family.descriptions(), LinearHead.descriptions(HEAD, classes, family.features() / places));
            parameters = owned.add(Parameters.initial(type, descriptions, seed));
            gradients = owned.add(parameters.zerosLike());
            bodyGradients = gradients.subset(family.descriptions());
            body = owned.add(family.plan(engine, batch, parameters.subset(family.descriptions())));
            head = owned.add(new LinearHead(engine, HEAD, parameters, batch * places));
            loss = new CrossEntropy(engine, batch * places);
            adam = owned.add(Adam.plan(engine, parameters));
            x = owned.add(engine.allocate(type, batch, family.inputs()));
            features = owned.add(engine.allocate(type, batch, family.features()));
            features2 = owned.add(engine.allocate(type, batch, family.features()));
            y = owned.add(engine.allocate(type, batch * places, classes));
            dy = owned.add(engine.allocate(type, batch * places, classes));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
        labels = new int[batch * places];
        used = new int[batch * places];
    }

    /** Copies the samples {@code images[from … from + count - 1]} and their labels. */
    private void load(Samples data, int[] images, int from, int count) {
        for (int p = 0; p < count; p++) {
            float[] pixels = data.inputs().get(images[from + p]);
            for (int i = 0; i < pixels.length; i++) {
                x.set(p, i, pixels[i]);
            }
            System.arraycopy(data.labels().get(images[from + p]), 0, labels, p * places, places);
        }
    }

    /** A row for each place. */
    private Block places(Block features) {
        return places == 1 ? features : features.folded(places);
    }

    /** The forward pass of training, and the gradient of the logits in {@code dy}. Rows that failed have no part in the loss. */
    private double forward(int count) {
        forward += body.forward(x.head(count), features.head(count));
        passes++;
        System.arraycopy(labels, 0, used, 0, count * places);
        for (int p = 0; p < count; p++) {
            if (!body.succeeded(p)) {
                Arrays.fill(used, p * places, (p + 1) * places, CrossEntropy.IGNORED);
                failures++;
            }
        }
        head.apply(places(features.head(count)), y.head(count * places));
        return loss.apply(y.head(count * places), used, dy.head(count * places));
    }

    /**
     * The mean cross entropy of some samples, by the forward pass of training.
     *
     * @param images indices of samples, of which {@code count} are used, starting at {@code from}
     */
    public double loss(Samples data, int[] images, int from, int count) {
        load(data, images, from, count);
        return forward(count);
    }

    /** The same, and its gradients in {@link #gradients()}. */
    public double differentiate(Samples data, int[] images, int from, int count) {
        load(data, images, from, count);
        double mean = forward(count);
        gradients.clear();
        // A layer refuses a backward pass whose z has changed, so the head reads a copy.
        features2.head(count).copyFrom(features.head(count));
        for (int p = 0; p < count; p++) {
            if (!body.succeeded(p)) {
                // Its features may be anything.
                features2.part(p, batch).fill(0);
            }
        }
        head.gradients(dy.head(count * places), places(features2.head(count)), gradients);
        head.vjp(dy.head(count * places), places(features2.head(count)));
        backward += body.backward(features2.head(count), bodyGradients);
        return mean;
    }

    /** A step of Adam on some images. Returns the mean cross entropy before the step. */
    public double train(Samples data, int[] images, int from, int count, double rate) {
        double mean = differentiate(data, images, from, count);
        adam.step(parameters, gradients, rate);
        update();
        return mean;
    }

    /** Steps through the images for training, batch by batch, from the first on. Returns the mean loss of the last batches of a round. */
    public double train(Samples data, int steps, double rate) {
        int[] images = IntStream.range(0, data.training()).toArray();
        int round = data.training() / batch;
        double sum = 0;
        for (int step = 0; step < steps; step++) {
            double mean = train(data, images, step % round * batch, batch, rate);
            sum += step >= steps - round ? mean : 0;
        }
        return sum / Math.min(steps, round);
    }

    /**
     * The fraction of the labels of the samples {@code from … to - 1} that are predicted correctly. Labels that are ignored do not count. A
     * row that failed is wrong.
     */
    public double accuracy(Samples data, int from, int to) {
        int[] images = IntStream.range(0, to).toArray();
        int right = 0;
        int all = 0;
        for (int at = from; at < to; at += batch) {
            int count = Math.min(batch, to - at);
            load(data, images, at, count);
            body.infer(x.head(count), features.head(count));
            head.apply(places(features.head(count)), y.head(count * places));
            for (int p = 0; p < count * places; p++) {
                all += labels[p] == CrossEntropy.IGNORED ? 0 : 1;
                right += body.succeeded(p / places) && Predictions.of(y, p) == labels[p] ? 1 : 0;
            }
        }
        return (double) right / all;
    }

    /** Reads the parameters again, after their values were changed by other means than {@link #train}. */
    public void update() {
        body.update();
    }

    /** Takes the parameters of another model of this family, perhaps of another type. */
    public void copy(Classifier other) {
        for (String name : parameters.names()) {
            parameters.get(name).copyFrom(other.parameters.get(name).toDoubles());
        }
        body.update(other.body);
    }

    /** The parameters; a view. */
    public Parameters parameters() {
        return parameters;
    }

    /** The gradients of the last {@link #differentiate}; a view. */
    public Parameters gradients() {
        return gradients;
    }

    /** The mean number of evaluations of a forward pass of training so far. */
    public double meanForward() {
        return (double) forward / passes;
    }

    /** The number of products and repeated evaluations of all backward passes so far. */
    public long backward() {
        return backward;
    }

    /** The effective depth of the forward pass of the last {@link #differentiate}, as {@link Body#depth} says. */
    public double depth(int count) {
        return body.depth(features.head(count));
    }

    /** How many rows of training had no equilibrium so far. */
    public long failures() {
        return failures;
    }

    /** Bytes that the body holds, without parameters, gradients and the state of the optimiser, which every family has. */
    public long bodyBytes() {
        return body.bytes();
    }

    /** Bytes that the body needs for a forward pass alone, as in inference. */
    public long forwardBytes() {
        return body.forwardBytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
