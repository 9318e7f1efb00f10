package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import java.util.Random;

/** A map drawn at random, another for each row of the batch, with faults that strike at a random evaluation. What solvers have to live with. */
final class RandomMap implements FixedPointMap {
    /** What a row's map is like; {@code A} is random, from a contraction to a map that triples lengths. */
    private enum Kind {
        LINEAR,
        TANH,
        CONSTANT,
        IDENTITY,
        /** {@code ⌊A z + c⌋}: no derivative anywhere that matters. */
        STEPS,
        /** {@code z² + 1}: has no fixed point and runs to infinity. */
        EXPLODING,
        NOISE
    }

    /** What goes wrong in a row. */
    private enum Fault {
        NONE,
        NAN,
        INFINITY,
        EXCEPTION
    }

    /** What a map may throw. */
    static final class Thrown extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final int n;
    private final Kind[] kinds;
    private final Fault[] faults;
    private final int[] strikes;
    private final double[][] a;
    private final double[] sizes;
    private final Random noise;
    private int calls;

    RandomMap(Random random, int n, int batch) {
        this.n = n;
        kinds = new Kind[batch];
        faults = new Fault[batch];
        strikes = new int[batch];
        a = new double[batch][n * n + n];
        sizes = new double[batch];
        noise = new Random(random.nextLong());
        for (int b = 0; b < batch; b++) {
            kinds[b] = Kind.values()[random.nextInt(Kind.values().length)];
            faults[b] = random.nextInt(8) == 0 ? Fault.values()[random.nextInt(Fault.values().length)] : Fault.NONE;
            strikes[b] = 1 + random.nextInt(12);
            // One row in ten is as large or as small as f32 allows.
            sizes[b] = random.nextInt(10) == 0 ? Math.pow(10, 60 * random.nextDouble() - 30) : 1;
            double factor = 3 * random.nextDouble() / Math.sqrt(n);
            for (int i = 0; i < a[b].length; i++) {
                a[b][i] = factor * random.nextGaussian();
            }
        }
    }

    /** How often it was called. */
    int calls() {
        return calls;
    }

    /** Whether row {@code b} gives the same value at the same point every time, and nearly the same at the next representable one. */
    boolean isContinuous(int b) {
        return kinds[b] != Kind.NOISE && kinds[b] != Kind.STEPS && faults[b] == Fault.NONE;
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        calls++;
        for (int p = 0; p < z.rows(); p++) {
            int b = rows.index(p);
            boolean strikes = calls == this.strikes[b];
            if (strikes && faults[b] == Fault.EXCEPTION) {
                throw new Thrown();
            }
            for (int i = 0; i < n; i++) {
                double value = strikes && faults[b] == Fault.NAN ? Double.NaN
                        : strikes && faults[b] == Fault.INFINITY ? Double.NEGATIVE_INFINITY
                        : value(b, z, p, i);
                out.set(p, i, value);
            }
        }
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
