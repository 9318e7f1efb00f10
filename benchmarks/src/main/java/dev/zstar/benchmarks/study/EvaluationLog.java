package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Norm;
import dev.zstar.kernels.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The evaluations of one problem in order: the points, and {@code ‖f(z) - z‖} at each. */
final class EvaluationLog {
    private final List<double[]> points = new ArrayList<>();
    private final List<Double> residuals = new ArrayList<>();
    private boolean nonfinite;

    /** Adds an evaluation: row p of {@code out} is the value at row p of {@code z}. */
    void add(Block z, Block out, int p) {
        double[] point = row(z, p);
        double[] value = row(out, p);
        points.add(point);
        residuals.add(Norm.ofDifference(value, point));
        nonfinite |= isFinite(point) && !isFinite(value);
    }

    /** Adds a product: row p of {@code out} is the derivative along row p of {@code v}. */
    void addProduct(Block v, Block out, int p) {
        nonfinite |= isFinite(row(v, p)) && !isFinite(row(out, p));
    }

    int count() {
        return points.size();
    }

    /** Whether the map ever returned NaN or infinity for finite arguments. */
    boolean isNonfinite() {
        return nonfinite;
    }

    /** Whether f was evaluated at exactly this point, bit for bit. */
    boolean contains(double... point) {
        return points.stream().anyMatch(visited -> Arrays.equals(visited, point));
    }

    /** The i-th point; a negative i counts from the end. */
    double[] point(int i) {
        return points.get(i < 0 ? points.size() + i : i);
    }

    /** {@code ‖f(z) - z‖} at the i-th point; a negative i counts from the end. */
    double residual(int i) {
        return residuals.get(i < 0 ? residuals.size() + i : i);
    }

    /** The smallest of the first {@code count} residuals, without those that are NaN; infinite if there are none. */
    double smallestResidual(int count) {
        return residuals.stream().limit(count).mapToDouble(x -> x).filter(x -> !Double.isNaN(x)).min().orElse(Double.POSITIVE_INFINITY);
    }

    static double[] row(Block block, int p) {
        double[] values = new double[block.cols()];
        for (int i = 0; i < values.length; i++) {
            values[i] = block.get(p, i);
        }
        return values;
    }

    static boolean isFinite(double... values) {
        return Arrays.stream(values).allMatch(Double::isFinite);
    }
}
