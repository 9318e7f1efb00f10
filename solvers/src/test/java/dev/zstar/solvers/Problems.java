package dev.zstar.solvers;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Problems that several tests solve. */
public final class Problems {
    private Problems() {}

    public static List<EngineProvider> engines() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty()).toList();
    }

    public static Block random(Type type, int rows, int cols, double size, long seed) {
        Block block = Block.allocate(type, rows, cols);
        Random random = new Random(seed);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, size * random.nextGaussian());
            }
        }
        return block;
    }

    /** A symmetric matrix with eigenvalues spread evenly over [-radius, radius]: a random reflection of a diagonal one. */
    public static Block symmetric(Type type, int n, double radius, long seed) {
        Random random = new Random(seed);
        double[] v = random.doubles(n, -1, 1).toArray();
        double square = 0;
        for (double x : v) {
            square += x * x;
        }
        double[] d = new double[n];
        for (int i = 0; i < n; i++) {
            d[i] = n == 1 ? radius : radius * (2.0 * i / (n - 1) - 1);
        }
        Block w = Block.allocate(type, n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int k = 0; k < n; k++) {
                    double hi = (i == k ? 1 : 0) - 2 * v[i] * v[k] / square;
                    double hj = (j == k ? 1 : 0) - 2 * v[j] * v[k] / square;
                    sum += hi * d[k] * hj;
                }
                w.set(i, j, sum);
            }
        }
        return w;
    }

    /** A cell with a symmetric W of the given spectral radius, random U and b, and random inputs injected. */
    public static DenseCell cell(Engine engine, Activation activation, Type type, int n, int batch, double radius, long seed) {
        try (Block w = symmetric(type, n, radius, seed);
                Block u = random(type, n, 3, 1, seed + 1);
                Block bias = random(type, 1, n, 0.1, seed + 2);
                Block x = random(type, batch, 3, 1, seed + 3)) {
            DenseCell cell = new DenseCell(engine, activation, w, u, bias, batch);
            cell.inject(x);
            return cell;
        }
    }

    /** A matrix in arrays, as the entry points take it. */
    public static float[][] random(int rows, int cols, double size, long seed) {
        Random random = new Random(seed);
        float[][] matrix = new float[rows][cols];
        for (float[] row : matrix) {
            for (int j = 0; j < cols; j++) {
                row[j] = (float) (size * random.nextGaussian());
            }
        }
        return matrix;
    }

    /** These rows of a batch, in this order. */
    public static Rows rows(int batch, int... selection) {
        Rows rows = new Rows(batch);
        rows.reset(selection.length);
        for (int p = 0; p < selection.length; p++) {
            rows.place(p, selection[p]);
        }
        return rows;
    }

    /** The rows of a block in the order of a selection. */
    public static Block pick(Block block, int... selection) {
        Block picked = Block.allocate(block.type(), selection.length, block.cols());
        for (int p = 0; p < selection.length; p++) {
            picked.copyRow(block, selection[p], p);
        }
        return picked;
    }

    /** What a map does to one row of its batch, as a map of a single row. */
    public static FixedPointMap alone(FixedPointMap f, int batch, int row) {
        return as(f, (in, out, rows) -> f.apply(in, out, rows(batch, row)));
    }

    /** f without its replicas, so that all rows are solved together. */
    public static FixedPointMap together(FixedPointMap f) {
        return as(f, f);
    }

    /** g with the number of operations of f, so that solvers treat them alike. */
    public static FixedPointMap as(FixedPointMap f, FixedPointMap g) {
        return new FixedPointMap() {
            @Override
            public void apply(Block z, Block out, Rows rows) {
                g.apply(z, out, rows);
            }

            @Override
            public double rowOperations() {
                return f.rowOperations();
            }
        };
    }

    /** {@code ‖f(z) - z‖ / ‖f(z)‖} of a row in f64, from z and f(z). */
    public static double residual(Block z, Block fz, int row) {
        double step = 0;
        double value = 0;
        for (int i = 0; i < z.cols(); i++) {
            step += Math.pow(fz.get(row, i) - z.get(row, i), 2);
            value += Math.pow(fz.get(row, i), 2);
        }
        return Math.sqrt(step / value);
    }

    /** {@code ‖actual - expected‖ / ‖expected‖}. */
    public static double relative(double[] actual, double[] expected) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            size += expected[i] * expected[i];
        }
        return Math.sqrt(error / size);
    }

    /** The solution of a dense system, by elimination with row exchanges. */
    public static double[] solve(double[][] matrix, double[] right) {
        int n = right.length;
        // The right-hand side is column n.
        double[][] a = new double[n][];
        for (int i = 0; i < n; i++) {
            a[i] = Arrays.copyOf(matrix[i], n + 1);
            a[i][n] = right[i];
        }
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k + 1; i < n; i++) {
                pivot = Math.abs(a[i][k]) > Math.abs(a[pivot][k]) ? i : pivot;
            }
            double[] row = a[k];
            a[k] = a[pivot];
            a[pivot] = row;
            for (int i = k + 1; i < n; i++) {
                double factor = a[i][k] / a[k][k];
                for (int j = k; j <= n; j++) {
                    a[i][j] -= factor * a[k][j];
                }
            }
        }
        double[] x = new double[n];
        for (int i = n - 1; i >= 0; i--) {
            x[i] = a[i][n];
            for (int j = i + 1; j < n; j++) {
                x[i] -= a[i][j] * x[j];
            }
            x[i] /= a[i][i];
        }
        return x;
    }

    /**
     * Bytes of heap that ten runs allocate once they are warm. The JIT takes its time, and more of it on a busy machine. So the runs repeat
     * until they allocate nothing, at most 4000 times or for ten seconds, whichever is longer. Short bodies made their 40,000 runs in
     * 40 ms, before anything was compiled.
     */
    public static long allocated(Runnable run) {
        var counter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long bytes = Long.MAX_VALUE;
        long patience = System.nanoTime() + 10_000_000_000L;
        for (int attempt = 0; bytes > 0 && (attempt < 4000 || System.nanoTime() < patience); attempt++) {
            long before = counter.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10; i++) {
                run.run();
            }
            bytes = counter.getCurrentThreadAllocatedBytes() - before;
        }
        return bytes;
    }
}
