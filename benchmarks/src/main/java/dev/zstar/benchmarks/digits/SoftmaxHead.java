package dev.zstar.benchmarks.digits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/** The last layer of a classifier: logits {@code A z + a}, their softmax, the mean cross entropy, and the gradients of it. */
final class SoftmaxHead implements AutoCloseable {
    private final Engine engine;
    private final Block a;
    private final Block bias;
    private final Block da;
    private final Block dbias;
    private final Adam adamWeights;
    private final Adam adamBias;
    /** In a step of training, from {@link #loss} on: the gradient of the loss with respect to the logits. */
    private final Block logits;
    private final Block ones;

    /** A layer that owns its {@code weights}, {@code classes × n}; the biases are 0. */
    SoftmaxHead(Engine engine, Block weights, int batch, double rate) {
        this.engine = engine;
        a = weights;
        bias = engine.allocate(Type.F32, 1, Digits.CLASSES);
        da = engine.allocate(Type.F32, Digits.CLASSES, weights.cols());
        dbias = engine.allocate(Type.F32, 1, Digits.CLASSES);
        adamWeights = new Adam(a, rate);
        adamBias = new Adam(bias, rate);
        logits = engine.allocate(Type.F32, batch, Digits.CLASSES);
        ones = engine.allocate(Type.F32, batch, 1);
        ones.fill(1);
    }

    /** Computes the logits of these states. */
    void classify(Block states) {
        Block out = logits.head(states.rows());
        engine.gemm(1, states, false, a, true, 0, out);
        engine.gemm(1, ones.head(states.rows()), false, bias, false, 1, out);
    }

    /** The most likely class of row p. */
    int best(int p) {
        int best = 0;
        for (int c = 1; c < Digits.CLASSES; c++) {
            best = logits.get(p, c) > logits.get(p, best) ? c : best;
        }
        return best;
    }

    /**
     * Replaces the logits of row p by the gradient of the mean cross entropy with respect to them.
     *
     * @param count the rows of the mean
     * @return what row p contributes to the mean
     */
    double loss(int p, int label, int count) {
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

    /** Writes the gradient of the loss with respect to the states. */
    void backward(Block gradient) {
        engine.gemm(1, logits.head(gradient.rows()), false, a, false, 0, gradient);
    }

    /** Leaves row p out of the next step. */
    void skip(int p) {
        for (int c = 0; c < Digits.CLASSES; c++) {
            logits.set(p, c, 0);
        }
    }

    /** One step of Adam with the gradients that these states give. */
    void step(Block states) {
        Block errors = logits.head(states.rows());
        engine.gemm(1, errors, true, states, false, 0, da);
        engine.gemm(1, ones.head(states.rows()), true, errors, false, 0, dbias);
        adamWeights.step(a, da);
        adamBias.step(bias, dbias);
    }

    Block weights() {
        return a;
    }

    Block bias() {
        return bias;
    }

    @Override
    public void close() {
        adamWeights.close();
        adamBias.close();
        for (Block block : new Block[] {a, bias, da, dbias, logits, ones}) {
            block.close();
        }
    }
}
