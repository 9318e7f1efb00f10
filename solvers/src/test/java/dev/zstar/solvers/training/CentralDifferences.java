package dev.zstar.solvers.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Compares gradients with central differences, element by element. */
public final class CentralDifferences {
    private CentralDifferences() {}

    /** The sum of the products of all elements. */
    public static double inner(Block x, Block y) {
        double sum = 0;
        for (int i = 0; i < x.rows(); i++) {
            for (int j = 0; j < x.cols(); j++) {
                sum += x.get(i, j) * y.get(i, j);
            }
        }
        return sum;
    }

    /** The gradient of a function of some blocks equals central differences in every element. */
    public static void check(String what, DoubleSupplier function, List<Block> parameters, List<Block> gradients, double tolerance) {
        for (int k = 0; k < parameters.size(); k++) {
            Block parameter = parameters.get(k);
            for (int i = 0; i < parameter.rows(); i++) {
                for (int j = 0; j < parameter.cols(); j++) {
                    double old = parameter.get(i, j);
                    double h = 1e-5;
                    parameter.set(i, j, old + h);
                    double up = function.getAsDouble();
                    parameter.set(i, j, old - h);
                    double down = function.getAsDouble();
                    parameter.set(i, j, old);
                    assertThat(gradients.get(k).get(i, j)).as("%s, parameter %d at %d, %d", what, k, i, j)
                            .isCloseTo((up - down) / (2 * h), within(tolerance));
                }
            }
        }
    }
}
