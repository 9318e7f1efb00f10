package dev.zstar.solvers.training.heads;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;

/** The classes that logits choose. */
public final class Predictions {
    private Predictions() {}

    /** The class of row p: the first column with the largest logit. A NaN is never the largest. If all are NaN, it is class 0. */
    public static int of(Block logits, int p) {
        Arguments.row("prediction", p, Arguments.present("prediction", "the block of logits", logits).rows());
        if (logits.cols() == 0) {
            throw new IllegalArgumentException("prediction: the number of classes is 0, expected at least 1");
        }
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < logits.cols(); c++) {
            double logit = logits.get(p, c);
            if (logit > most) {
                most = logit;
                best = c;
            }
        }
        return best;
    }

    /**
     * How many rows choose their label. Rows with the label {@link CrossEntropy#IGNORED} do not count.
     *
     * @param logits {@code rows × classes}
     * @param labels one for each row; may be longer
     */
    public static int correct(Block logits, int[] labels) {
        int count = Arguments.present("correct", "the block of logits", logits).rows();
        if (Arguments.present("correct", "the array of labels", labels).length < count) {
            throw new IllegalArgumentException(
                    "correct: the number of labels is " + labels.length + ", expected at least " + count + ", one for each row");
        }
        int correct = 0;
        for (int p = 0; p < count; p++) {
            correct += labels[p] != CrossEntropy.IGNORED && of(logits, p) == labels[p] ? 1 : 0;
        }
        return correct;
    }
}
