package dev.zstar.solvers.training.heads;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.guard.Arguments;

/** The mean of squared differences over all elements: {@code L = 1/N Σ (y - t)²} and {@code ∂L/∂y = 2 (y - t) / N}. */
public final class MeanSquaredError {
    private final Engine engine;
    private final double[] squares;

    /**
     * A loss.
     *
     * @param rows the most rows of a call
     */
    public MeanSquaredError(Engine engine, int rows) {
        this.engine = Arguments.present("mean squared error", "the engine", engine);
        Arguments.atLeast("mean squared error", "the number of rows", rows, 1);
        squares = new double[rows];
    }

    /**
     * The loss and its gradient.
     *
     * @param y {@code rows × outputs}
     * @param target of the shape of y
     * @param gradient ∂L/∂y, of the shape of y; may be y
     * @return L; 0 if there are no elements
     */
    public double apply(Block y, Block target, Block gradient) {
        int count = Arguments.present("mean squared error", "y", y).rows();
        Arguments.present("mean squared error", "the target", target)
                .requireShape("mean squared error", "the target", y.type(), count, y.cols());
        Arguments.present("mean squared error", "the gradient", gradient)
                .requireShape("mean squared error", "the gradient", y.type(), count, y.cols());
        Arguments.disjoint("mean squared error", "the gradient", gradient, "the target", target);
        Arguments.sameOrDisjoint("mean squared error", "the gradient", gradient, "y", y);
        if (count > squares.length) {
            throw new IllegalArgumentException(
                    "mean squared error: the number of rows is " + count + ", expected at most " + squares.length);
        }
        if (count == 0 || y.cols() == 0) {
            return 0;
        }
        engine.copy(y, gradient);
        engine.axpy(-1, target, gradient);
        engine.dot(gradient, gradient, squares);
        double sum = 0;
        for (int p = 0; p < count; p++) {
            sum += squares[p];
        }
        double elements = (double) count * y.cols();
        engine.scale(2 / elements, gradient);
        return sum / elements;
    }
}
