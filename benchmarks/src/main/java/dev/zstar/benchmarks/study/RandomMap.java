package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import java.util.List;
import java.util.Random;

/**
 * A map drawn at random, another for each problem, with faults that strike at a random evaluation. What solvers have to live with. A row of the batch is
 * the problem of its own number until {@link #assign} says otherwise.
 */
final class RandomMap implements DifferentiableMap {
    /** What a problem's map is like; {@code A} is random, from a contraction to a map that triples lengths. */
    private enum Kind {
        LINEAR,
        TANH,
        CONSTANT,
        IDENTITY,
        /** {@code ⌊A z + c⌋}: no derivative anywhere that matters. */
        STEPS,
        /** {@code z² + 1}: has no fixed point and runs to infinity. */
        EXPLODING,
        NOISE;

        static final List<Kind> ALL = List.of(values());
        static final List<Kind> HARMLESS = List.of(LINEAR, TANH, CONSTANT, IDENTITY);
    }

    /** What goes wrong in a problem. */
    private enum Fault {
        NONE,
        NAN,
        INFINITY,
        EXCEPTION
    }

    /** What the cheap map of a problem is. */
    private enum Cheap {
        /** f, rounded to eight bits. */
        ROUNDED,
        USELESS,
        /** As ROUNDED, and NaN in one evaluation of three. */
        NAN,
        EXCEPTION
    }

    /** What a map, an observer or a feed may throw. */
    static final class Thrown extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final int n;
    private final Kind[] kinds;
    private final Fault[] faults;
    private final Cheap[] cheaps;
    private final int[] strikes;
    private final double[][] a;
    private final double[] sizes;
    private final double[][] points;
    private final Random noise;
    private final int[] problem;
    /** Evaluations of each problem since it was assigned, products included. */
    private final int[] spent;
    private int calls;
    private int cheapCalls;

    /** {@code problems} of them, with or without faults. */
    RandomMap(Random random, int n, int problems, boolean faulty) {
        this.n = n;
        kinds = new Kind[problems];
        faults = new Fault[problems];
        cheaps = new Cheap[problems];
        strikes = new int[problems];
        a = new double[problems][n * n + n];
        sizes = new double[problems];
        points = new double[problems][n];
        problem = new int[problems];
        spent = new int[problems];
        noise = new Random(random.nextLong());
        for (int b = 0; b < problems; b++) {
            problem[b] = b;
            List<Kind> choice = faulty ? Kind.ALL : Kind.HARMLESS;
            kinds[b] = choice.get(random.nextInt(choice.size()));
            faults[b] = faulty && random.nextInt(8) == 0 ? Fault.values()[random.nextInt(Fault.values().length)] : Fault.NONE;
            cheaps[b] = !faulty || random.nextInt(3) > 0 ? Cheap.ROUNDED
                    : random.nextInt(20) == 0 ? Cheap.EXCEPTION : random.nextBoolean() ? Cheap.USELESS : Cheap.NAN;
            strikes[b] = 1 + random.nextInt(12);
            // One problem in ten is as large or as small as f32 allows.
            sizes[b] = faulty && random.nextInt(10) == 0 ? Math.pow(10, 60 * random.nextDouble() - 30) : 1;
            double factor = 3 * random.nextDouble() / Math.sqrt(n);
            for (int i = 0; i < a[b].length; i++) {
                a[b][i] = factor * random.nextGaussian();
            }
        }
    }

    /** How often it was called, for values, points and products. */
    int calls() {
        return calls;
    }

    /** How often the cheap map was called. */
    int cheapCalls() {
        return cheapCalls;
    }

    /** Row {@code b} of the batch becomes problem {@code index}, which has spent nothing. */
    void assign(int b, int index) {
        problem[b] = index;
        spent[index] = 0;
    }

    /** Whether a problem gives the same value at the same point every time, and nearly the same at the next representable one. */
    boolean isContinuous(int index) {
        return kinds[index] != Kind.NOISE && kinds[index] != Kind.STEPS && faults[index] == Fault.NONE;
    }

    /** Whether a problem's values, or its cheap map's if that is used, differ from one solve to the next. */
    boolean isNoisy(int index, boolean cheap) {
        return kinds[index] == Kind.NOISE || cheap && cheaps[index] == Cheap.NAN;
    }

    /** Element i of f of a problem at row {@code at} of {@code z}, in the type of {@code z}; counts as no call, and no fault strikes. */
    double look(int index, Block z, int at, int i) {
        double value = value(index, z, at, i);
        return z.type() == Type.F32 ? (float) value : value;
    }

    /** Counts an evaluation of problem {@code index}; true if its fault strikes. */
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
        calls++;
        for (int p = 0; p < z.rows(); p++) {
            int index = problem[rows.index(p)];
            boolean strikes = strikes(index);
            for (int i = 0; i < n; i++) {
                out.set(p, i, strikes ? faulty(index) : value(index, z, p, i));
            }
        }
    }

    @Override
    public void linearise(Block z, Rows rows) {
        calls++;
        for (int p = 0; p < z.rows(); p++) {
            int index = problem[rows.index(p)];
            strikes(index);
            for (int i = 0; i < n; i++) {
                points[index][i] = switch (kinds[index]) {
                    case TANH -> 1 - Math.pow(Math.tanh((linear(index, z, p, i) + a[index][n * n + i] * sizes[index]) / sizes[index]), 2);
                    case EXPLODING -> 2 * z.get(p, i);
                    default -> Double.NaN;
                };
            }
        }
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        calls++;
        for (int p = 0; p < v.rows(); p++) {
            int index = problem[rows.index(p)];
            boolean strikes = strikes(index);
            for (int i = 0; i < n; i++) {
                out.set(p, i, strikes ? faulty(index) : switch (kinds[index]) {
                    case LINEAR -> linear(index, v, p, i);
                    case TANH -> points[index][i] * linear(index, v, p, i);
                    case EXPLODING -> points[index][i] * v.get(p, i);
                    case IDENTITY -> v.get(p, i);
                    case CONSTANT, STEPS, NOISE -> 0;
                });
            }
        }
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        throw new UnsupportedOperationException("no forward solve asks for this");
    }

    /** A map that is nearly this one, or is not. */
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
                    // Rounding is to the sixteen leading bits of f32, of which eight are the significand's.
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
            case LINEAR -> linear(b, z, p, i) + c;
            case TANH -> sizes[b] * Math.tanh((linear(b, z, p, i) + c) / sizes[b]);
            case CONSTANT -> c;
            case IDENTITY -> zi;
            case STEPS -> Math.floor(linear(b, z, p, i) + c);
            case EXPLODING -> zi * zi + 1;
            case NOISE -> c + noise.nextGaussian();
        };
    }

    private double linear(int b, Block z, int p, int i) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += a[b][i * n + j] * z.get(p, j);
        }
        return sum;
    }
}
