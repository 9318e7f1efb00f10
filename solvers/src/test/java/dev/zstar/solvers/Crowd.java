package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import java.util.Arrays;

/**
 * Different problems, some with a defect: {@code f(z)_i = s_i + ρ tanh(0.5 z_{i-1} + 0.3 z_i - 0.2 z_{i+1})} with ρ from 0.3 to 0.95. Any
 * row of the batch can be made any problem, so each can be solved alone, in a batch, and in any slot of a stream.
 */
public final class Crowd implements DifferentiableMap {
    public static final double LEFT = 0.5;
    public static final double MIDDLE = 0.3;
    public static final double RIGHT = -0.2;

    /** What is wrong with a problem. */
    public enum Defect {
        NONE,
        /** The start holds a NaN. */
        NAN_START,
        /** The third evaluation is infinite, and only that. */
        INFINITE_THIRD,
        /** {@code f(z)_i = z_i² + 1} has no fixed point. */
        DIVERGING,
        /** {@code f(z)_i = z_i - z_i³ / 4} creeps towards 0. */
        SLOW
    }

    public final int n;
    public final Defect[] defects;
    /** The problem of each row of the batch. */
    public final int[] problem;
    /** Evaluations of each problem since it began. */
    private final int[] calls;
    private final double[][] points;

    public Crowd(int n, int problems) {
        this.n = n;
        defects = new Defect[problems];
        Arrays.fill(defects, Defect.NONE);
        problem = new int[problems];
        calls = new int[problems];
        points = new double[problems][n];
    }

    /** Row {@code b} of the batch becomes problem {@code index}, which has not begun. */
    public void assign(int b, int index) {
        problem[b] = index;
        calls[index] = 0;
    }

    /** Row {@code at} of {@code z} becomes the start of a problem. */
    public void start(int index, Block z, int at) {
        for (int i = 0; i < n; i++) {
            z.set(at, i, defects[index] == Defect.NAN_START && i == 2 ? Double.NaN : Math.sin(1.0 + 3 * index + 2 * i));
        }
    }

    private double contraction(int index) {
        return 0.3 + 0.65 * index / defects.length;
    }

    private static double element(Block z, int p, int i) {
        return i < 0 || i >= z.cols() ? 0 : z.get(p, i);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int index = problem[rows.index(p)];
            calls[index]++;
            for (int i = 0; i < n; i++) {
                out.set(p, i, value(index, z, p, i));
            }
        }
    }

    private double value(int index, Block z, int p, int i) {
        double zi = z.get(p, i);
        return switch (defects[index]) {
            case DIVERGING -> zi * zi + 1;
            case SLOW -> zi - zi * zi * zi / 4;
            case INFINITE_THIRD -> calls[index] == 3 ? Double.POSITIVE_INFINITY : cell(index, z, p, i);
            case NONE, NAN_START -> cell(index, z, p, i);
        };
    }

    private double cell(int index, Block z, int p, int i) {
        double sum = LEFT * element(z, p, i - 1) + MIDDLE * z.get(p, i) + RIGHT * element(z, p, i + 1);
        return Math.cos(index + i) + contraction(index) * Math.tanh(sum);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        for (double[] point : points) {
            Arrays.fill(point, Double.NaN);
        }
        for (int p = 0; p < rows.count(); p++) {
            int index = problem[rows.index(p)];
            for (int i = 0; i < n; i++) {
                points[index][i] = switch (defects[index]) {
                    case DIVERGING -> 2 * z.get(p, i);
                    case SLOW -> 1 - 0.75 * z.get(p, i) * z.get(p, i);
                    default -> {
                        double t = Math.tanh(LEFT * element(z, p, i - 1) + MIDDLE * z.get(p, i) + RIGHT * element(z, p, i + 1));
                        yield contraction(index) * (1 - t * t);
                    }
                };
            }
        }
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int index = problem[rows.index(p)];
            boolean local = defects[index] == Defect.DIVERGING || defects[index] == Defect.SLOW;
            for (int i = 0; i < n; i++) {
                double sum = local ? v.get(p, i) : LEFT * element(v, p, i - 1) + MIDDLE * v.get(p, i) + RIGHT * element(v, p, i + 1);
                out.set(p, i, points[index][i] * sum);
            }
        }
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        throw new UnsupportedOperationException("no forward solve asks for this");
    }

    /** The same map, rounded to eight bits or so; of no use in every seventh problem, and NaN in every eleventh. */
    public FixedPointMap cheap() {
        return (z, out, rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                int index = problem[rows.index(p)];
                boolean local = defects[index] == Defect.DIVERGING || defects[index] == Defect.SLOW;
                for (int i = 0; i < n; i++) {
                    double value = local ? value(index, z, p, i) : cell(index, z, p, i);
                    out.set(p, i, index % 11 == 10 ? Double.NaN
                            : index % 7 == 6 ? -5 * z.get(p, i)
                            : Math.rint(256 * value) / 256 + 1e-3 * z.get(p, i));
                }
            }
        };
    }
}
