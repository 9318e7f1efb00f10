package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * A random map for each problem, with faults at a random evaluation. Solvers have to cope with all of these. Row b of the batch is problem
 * b until {@link #assign} changes it.
 */
final class RandomMap implements DifferentiableMap {
    /** What the map of a problem is like. {@code A} is random, from a contraction to a map that triples norms. */
    private enum MapKind {
        LINEAR,
        TANH,
        CONSTANT,
        IDENTITY,
        /** {@code ⌊A z + c⌋}: the derivative is 0 wherever it exists. */
        STEPS,
        /** {@code z² + 1}: it has no fixed point, and diverges to infinity. */
        EXPLODING,
        NOISE,
        /** {@code max(0, A z - |c|)}: 0 is an equilibrium, and f is 0 in a region around it. */
        RELU,
        /** {@code max(0, |c| - |A| z)}: units that inhibit each other. */
        INHIBITORY,
        /** {@code tanh(A z)}: 0 is an equilibrium, where f vanishes. */
        ODD,
        /** {@code z²}. */
        SQUARE,
        /** A is strictly upper triangular: plain steps converge after n, though the eigenvectors do not span the space. */
        NILPOTENT,
        /** A is one Jordan block. */
        DEFECTIVE,
        /** I - A has a row of zeros: there is no fixed point, or a line of them. */
        SINGULAR;

        static final List<MapKind> HARMLESS = List.of(LINEAR, TANH, CONSTANT, IDENTITY);
        static final List<MapKind> ALL = List.of(values());
    }

    /** What goes wrong in a problem. */
    private enum Fault {
        NONE,
        NAN,
        INFINITY,
        EXCEPTION
    }

    /** What the cheap map of a problem is like. */
    private enum Cheap {
        /** f, rounded to eight bits. */
        ROUNDED,
        USELESS,
        /** Like {@code ROUNDED}, but NaN in one evaluation of three. */
        NAN,
        EXCEPTION
    }

    /** What a map, an observer or a stream handler throws. */
    static final class Thrown extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final int n;
    private final MapKind[] kinds;
    private final Fault[] faults;
    private final Cheap[] cheaps;
    private final int[] strikes;
    private final double[][] a;
    private final double[] sizes;
    private final double[][] points;
    private final Random noise;
    final int[] problem;
    /** Evaluations of each problem since it was assigned, products included. */
    private final int[] spent;
    private final EvaluationLog[] logs;
    private final AtomicInteger calls = new AtomicInteger();
    private int cheapCalls;

    /** Draws the maps of this many problems, with or without faults. */
    RandomMap(Random random, Type type, int n, int problems, boolean faulty) {
        this.n = n;
        kinds = new MapKind[problems];
        faults = new Fault[problems];
        cheaps = new Cheap[problems];
        strikes = new int[problems];
        a = new double[problems][n * n + n];
        sizes = new double[problems];
        points = new double[problems][n];
        problem = new int[problems];
        spent = new int[problems];
        logs = new EvaluationLog[problems];
        noise = new Random(random.nextLong());
        for (int b = 0; b < problems; b++) {
            problem[b] = b;
            List<MapKind> choice = faulty ? MapKind.ALL : MapKind.HARMLESS;
            kinds[b] = choice.get(random.nextInt(choice.size()));
            faults[b] = faulty && random.nextInt(8) == 0 ? Fault.values()[random.nextInt(Fault.values().length)] : Fault.NONE;
            cheaps[b] = !faulty || random.nextInt(3) > 0 ? Cheap.ROUNDED
                    : random.nextInt(20) == 0 ? Cheap.EXCEPTION : random.nextBoolean() ? Cheap.USELESS : Cheap.NAN;
            strikes[b] = 1 + random.nextInt(12);
            sizes[b] = faulty && random.nextInt(10) == 0 ? size(random, type) : 1;
            logs[b] = new EvaluationLog();
            double factor = 3 * random.nextDouble() / Math.sqrt(n);
            for (int i = 0; i < a[b].length; i++) {
                a[b][i] = factor * random.nextGaussian();
            }
            shape(b, random);
        }
    }

    /** A size of numbers from the smallest denormal to the largest of the type. */
    private static double size(Random random, Type type) {
        double least = type == Type.F32 ? -44 : -322;
        double most = type == Type.F32 ? 38 : 307;
        return Math.pow(10, least + (most - least) * random.nextDouble());
    }

    /** Changes the random matrix into one of the kind of problem b. */
    private void shape(int b, Random random) {
        double[] matrix = a[b];
        switch (kinds[b]) {
            case NILPOTENT -> {
                for (int i = 0; i < n; i++) {
                    Arrays.fill(matrix, i * n, i * n + i + 1, 0);
                }
            }
            case DEFECTIVE -> {
                double eigenvalue = 1.5 * random.nextDouble();
                Arrays.fill(matrix, 0, n * n, 0);
                for (int i = 0; i < n; i++) {
                    matrix[i * n + i] = eigenvalue;
                    if (i < n - 1) {
                        matrix[i * n + i + 1] = 1;
                    }
                }
            }
            case SINGULAR -> {
                int row = random.nextInt(n);
                for (int j = 0; j < n; j++) {
                    matrix[row * n + j] = j == row ? 1 : 0;
                }
                matrix[n * n + row] *= random.nextInt(2);
            }
            default -> { }
        }
    }

    /** How large the numbers of a problem are: 1 for nine problems of ten. */
    double size(int index) {
        return sizes[index];
    }

    /** Describes a problem in a message. */
    String describe(int index) {
        return kinds[index] + (sizes[index] == 1 ? "" : " of size " + sizes[index]) + (faults[index] == Fault.NONE ? "" : " with a fault");
    }

    /** What was evaluated of a problem since it was assigned. */
    EvaluationLog log(int index) {
        return logs[index];
    }

    /** The calls for values, linearisations and products. */
    int calls() {
        return calls.get();
    }

    /** The calls of the cheap map. */
    int cheapCalls() {
        return cheapCalls;
    }

    /** Makes row {@code b} of the batch problem {@code index}, with nothing evaluated so far. */
    void assign(int b, int index) {
        problem[b] = index;
        spent[index] = 0;
        logs[index] = new EvaluationLog();
    }

    /** Whether a problem gives the same value at the same point every time, apart from faults. */
    boolean isDeterministic(int index) {
        return kinds[index] != MapKind.NOISE;
    }

    /** Whether the values of a problem, or of its cheap map if it is used, differ from one solve to the next. */
    boolean isNoisy(int index, boolean cheap) {
        return kinds[index] == MapKind.NOISE || cheap && cheaps[index] == Cheap.NAN;
    }

    /** Whether one solve may reach the exception of a problem and the next one not, because the values differ. */
    boolean mayThrow(int index) {
        return faults[index] == Fault.EXCEPTION && !isDeterministic(index);
    }

    /** Element i of f at row {@code at} of {@code z}, in the type of {@code z}. This is not counted, and has no faults. */
    double valueAt(int index, Block z, int at, int i) {
        double value = value(index, z, at, i);
        return z.type() == Type.F32 ? (float) value : value;
    }

    /** Counts an evaluation of problem {@code index}; true if its fault happens now. */
    private boolean strikes(int index) {
        boolean strikes = ++spent[index] == this.strikes[index];
        if (strikes && faults[index] == Fault.EXCEPTION) {
            throw new Thrown();
        }
        return strikes && faults[index] != Fault.NONE;
    }

    private double faulty(int index) {
        return faults[index] == Fault.NAN ? Double.NaN : Double.NEGATIVE_INFINITY;
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        calls.incrementAndGet();
        for (int p = 0; p < z.rows(); p++) {
            int index = problem[rows.index(p)];
            boolean strikes = strikes(index);
            for (int i = 0; i < n; i++) {
                out.set(p, i, strikes ? faulty(index) : value(index, z, p, i));
            }
            logs[index].add(z, out, p);
        }
    }

    @Override
    public void linearise(Block z, Rows rows) {
        calls.incrementAndGet();
        for (int p = 0; p < z.rows(); p++) {
            int index = problem[rows.index(p)];
            strikes(index);
            for (int i = 0; i < n; i++) {
                points[index][i] = switch (kinds[index]) {
                    case TANH -> 1 - Math.pow(Math.tanh((linear(index, z, p, i) + a[index][n * n + i] * sizes[index]) / sizes[index]), 2);
                    case EXPLODING, SQUARE -> 2 * z.get(p, i);
                    case ODD -> 1 - Math.pow(Math.tanh(linear(index, z, p, i) / sizes[index]), 2);
                    case RELU, INHIBITORY -> value(index, z, p, i) > 0 ? 1 : 0;
                    default -> Double.NaN;
                };
            }
        }
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        calls.incrementAndGet();
        for (int p = 0; p < v.rows(); p++) {
            int index = problem[rows.index(p)];
            boolean strikes = strikes(index);
            for (int i = 0; i < n; i++) {
                out.set(p, i, strikes ? faulty(index) : switch (kinds[index]) {
                    case LINEAR, NILPOTENT, DEFECTIVE, SINGULAR -> linear(index, v, p, i);
                    case TANH, ODD, RELU -> points[index][i] * linear(index, v, p, i);
                    case INHIBITORY -> -points[index][i] * absolute(index, v, p, i);
                    case EXPLODING, SQUARE -> points[index][i] * v.get(p, i);
                    case IDENTITY -> v.get(p, i);
                    case CONSTANT, STEPS, NOISE -> 0;
                });
            }
            logs[index].addProduct(v, out, p);
        }
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        throw new UnsupportedOperationException("no forward solve takes a vjp");
    }

    /** The cheap map, which may or may not be close to this one. */
    FixedPointMap cheap() {
        return (z, out, rows) -> {
            cheapCalls++;
            for (int p = 0; p < z.rows(); p++) {
                int index = problem[rows.index(p)];
                if (cheaps[index] == Cheap.EXCEPTION) {
                    throw new Thrown();
                }
                boolean broken = cheaps[index] == Cheap.NAN && noise.nextInt(3) == 0;
                for (int i = 0; i < n; i++) {
                    // The sixteen leading bits of f32 hold eight bits of the significand.
                    out.set(p, i, broken ? Double.NaN
                            : cheaps[index] == Cheap.USELESS ? -5 * z.get(p, i)
                            : Float.intBitsToFloat(Float.floatToRawIntBits((float) value(index, z, p, i)) & 0xFFFF0000));
                }
            }
        };
    }

    private double value(int b, Block z, int p, int i) {
        double c = a[b][n * n + i] * sizes[b];
        double zi = z.get(p, i);
        return switch (kinds[b]) {
            case LINEAR, NILPOTENT, DEFECTIVE, SINGULAR -> linear(b, z, p, i) + c;
            case TANH -> sizes[b] * Math.tanh((linear(b, z, p, i) + c) / sizes[b]);
            case CONSTANT -> c;
            case IDENTITY -> zi;
            case STEPS -> Math.floor(linear(b, z, p, i) + c);
            case EXPLODING -> zi * zi + 1;
            case NOISE -> c + noise.nextGaussian();
            case RELU -> Math.max(0, linear(b, z, p, i) - Math.abs(c));
            case INHIBITORY -> Math.max(0, Math.abs(c) - absolute(b, z, p, i));
            case ODD -> sizes[b] * Math.tanh(linear(b, z, p, i) / sizes[b]);
            case SQUARE -> zi * zi;
        };
    }

    /** {@code |A| z}. */
    private double absolute(int b, Block z, int p, int i) {
        return IntStream.range(0, n).mapToDouble(j -> Math.abs(a[b][i * n + j]) * z.get(p, j)).reduce(0, Double::sum);
    }

    private double linear(int b, Block z, int p, int i) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += a[b][i * n + j] * z.get(p, j);
        }
        return sum;
    }
}
