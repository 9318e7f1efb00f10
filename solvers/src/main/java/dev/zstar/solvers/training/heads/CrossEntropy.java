package dev.zstar.solvers.training.heads;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.guard.Arguments;

/**
 * The mean cross entropy of the softmax of each row, with one label for each row:
 *
 * <pre>
 *   L = 1/N Σ_p (log Σ_c exp(y_pc) - y_p,label(p))          ∂L/∂y_p = (softmax(y_p) - e_label(p)) / N
 * </pre>
 *
 * <p>N is the number of rows that have a label. The label {@link #IGNORED} leaves its row out: it adds nothing to the loss, and its
 * gradient is 0, whatever is in it. Without any label, the loss is 0. Logits may have any finite size.
 */
public final class CrossEntropy {
    /** The label of a row that does not count. */
    public static final int IGNORED = -1;

    private final Engine engine;
    private final int[] largest;

    /**
     * A loss.
     *
     * @param rows the most rows of a call
     */
    public CrossEntropy(Engine engine, int rows) {
        this.engine = Arguments.present("cross entropy", "the engine", engine);
        Arguments.atLeast("cross entropy", "the number of rows", rows, 1);
        largest = new int[rows];
    }

    /**
     * The loss and its gradient.
     *
     * @param logits y, {@code rows × classes}
     * @param labels one for each row, the class or {@link #IGNORED}; may be longer
     * @param gradient ∂L/∂y, of the shape of the logits; must not overlap them
     * @return L; NaN if a row that has a label holds NaN or {@code +∞}
     */
    public double apply(Block logits, int[] labels, Block gradient) {
        int count = require(logits, labels, gradient);
        engine.layers().softmax(logits, gradient);
        // Softmax is positive, so that the largest magnitude is the largest element.
        engine.iamax(gradient, largest);
        int labelled = labelled(labels, logits.rows());
        double sum = 0;
        for (int p = 0; p < count; p++) {
            int label = labels[p];
            if (label == IGNORED) {
                clear(gradient, p);
                continue;
            }
            int most = largest[p];
            // log Σ exp(y_c) = y_most - log softmax_most, and softmax_most is at least 1/classes: nothing underflows.
            sum += logits.get(p, most) - logits.get(p, label) - Math.log(gradient.get(p, most));
            gradient.set(p, label, gradient.get(p, label) - 1);
        }
        if (labelled > 0) {
            engine.scale(1.0 / labelled, gradient);
        }
        return labelled == 0 ? 0 : sum / labelled;
    }

    private int require(Block logits, int[] labels, Block gradient) {
        int count = Arguments.present("cross entropy", "the block of logits", logits).rows();
        Arguments.present("cross entropy", "the array of labels", labels);
        Arguments.present("cross entropy", "the gradient", gradient)
                .requireShape("cross entropy", "the gradient", logits.type(), count, logits.cols());
        Arguments.disjoint("cross entropy", "the gradient", gradient, "the block of logits", logits);
        if (count > largest.length) {
            throw new IllegalArgumentException(
                    "cross entropy: the number of rows is " + count + ", expected at most " + largest.length);
        }
        if (labels.length < count) {
            throw new IllegalArgumentException("cross entropy: the number of labels is " + labels.length + ", expected at least " + count
                    + ", one for each row");
        }
        for (int p = 0; p < count; p++) {
            if (labels[p] < IGNORED || labels[p] >= logits.cols()) {
                throw new IllegalArgumentException("cross entropy: the label of row " + p + " is " + labels[p] + ", expected -1 to "
                        + (logits.cols() - 1));
            }
        }
        return count;
    }

    private static int labelled(int[] labels, int count) {
        int labelled = 0;
        for (int p = 0; p < count; p++) {
            labelled += labels[p] == IGNORED ? 0 : 1;
        }
        return labelled;
    }

    private static void clear(Block gradient, int row) {
        for (int c = 0; c < gradient.cols(); c++) {
            gradient.set(row, c, 0);
        }
    }
}
