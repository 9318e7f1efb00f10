package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Norm;
import dev.zstar.kernels.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a solver saw of one problem: the points at which it evaluated the map, in their order, and {@code ‖f(z) - z‖} there. */
final class EvaluationLog {
    private final List<double[]> points = new ArrayList<>();
    private final List<Double> lengths = new ArrayList<>();
    private boolean nonfinite;

    /** The map gave row p of {@code out} for row p of {@code z}. */
    void add(Block z, Block out, int p) {
        double[] point = row(z, p);
        double[] value = row(out, p);
        points.add(point);
        lengths.add(Norm.ofDifference(value, point));
        nonfinite |= isFinite(point) && !isFinite(value);
    }

    /** The map gave row p of {@code out} as a derivative along row p of {@code v}. */
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

    /** Whether f was evaluated at this very point, bit for bit. */
    boolean contains(double... point) {
        return points.stream().anyMatch(visited -> Arrays.equals(visited, point));
    }

    /** The i-th point; from the end for negative i. */
    double[] point(int i) {
        return points.get(i < 0 ? points.size() + i : i);
    }

    /** {@code ‖f(z) - z‖} at the i-th point; from the end for negative i. */
    double length(int i) {
        return lengths.get(i < 0 ? lengths.size() + i : i);
    }

    /** The shortest of the first {@code count}, those that are no numbers left out. */
    double shortest(int count) {
        return lengths.stream().limit(count).mapToDouble(x -> x).filter(x -> !Double.isNaN(x)).min().orElse(Double.POSITIVE_INFINITY);
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
