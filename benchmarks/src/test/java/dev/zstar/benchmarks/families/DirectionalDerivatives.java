package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/** Compares gradients with central differences, along one random direction in each block. A wrong element shows in almost any direction. */
final class DirectionalDerivatives {
    private DirectionalDerivatives() {}

    /** The same for all parameters. */
    static void check(DoubleSupplier function, Parameters parameters, Parameters gradients, double h, double tolerance) {
        check(function, List.copyOf(parameters.names()), parameters.blocks(), gradients.blocks(), h, tolerance);
    }

    /**
     * The error of each derivative is at most {@code tolerance · ‖gradient‖}, over a direction of length 1.
     *
     * @param function reads the parameters again in each call
     * @param h the step along the direction
     */
    static void check(
            DoubleSupplier function, List<String> names, List<Block> parameters, List<Block> gradients, double h, double tolerance) {
        Random random = new Random(7);
        for (int k = 0; k < parameters.size(); k++) {
            Block block = parameters.get(k);
            double[] direction = random.doubles((long) block.rows() * block.cols(), -1, 1).toArray();
            double length = norm(direction);
            double[] gradient = gradients.get(k).toDoubles();
            double expected = 0;
            for (int i = 0; i < direction.length; i++) {
                direction[i] /= length;
                expected += direction[i] * gradient[i];
            }
            double[] old = block.toDoubles();
            double up = at(function, block, old, direction, h);
            double down = at(function, block, old, direction, -h);
            block.copyFrom(old);
            assertThat((up - down) / (2 * h) - expected).as("%s: derivative %s, gradient of length %s", names.get(k), expected,
                    norm(gradient)).isBetween(-tolerance * norm(gradient), tolerance * norm(gradient));
        }
        double _ = function.getAsDouble();
    }

    private static double at(DoubleSupplier function, Block block, double[] old, double[] direction, double h) {
        double[] moved = old.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += h * direction[i];
        }
        block.copyFrom(moved);
        return function.getAsDouble();
    }

    static double norm(double[] x) {
        double sum = 0;
        for (double element : x) {
            sum += element * element;
        }
        return Math.sqrt(sum);
    }
}
