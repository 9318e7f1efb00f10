package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import java.util.Optional;

/**
 * A fixed point to find. Its map is evaluated in f64 and rounded to the type of the state. Differences between solvers are thus their own,
 * in f32 too.
 *
 * <p>Whether the map contracts is measured: {@link #radius}. Not safe for use by two threads at once.
 */
public final class Problem {
    private final String name;
    private final String source;
    private final double[] start;
    private final Formula formula;
    private final double[] solution;
    private final double accuracy;

    /**
     * A problem.
     *
     * @param name the name in tables
     * @param source paper or book, and the number there
     * @param start n elements
     * @param solution n elements if the solution is known independently of the map, else null
     * @param accuracy how far the fixed point may be from {@code solution} in any element: 0 if they agree up to rounding, else the error
     *     of a discretisation or of printed digits
     */
    Problem(String name, String source, double[] start, Formula formula, double[] solution, double accuracy) {
        if (start.length == 0 || solution != null && solution.length != start.length) {
            throw new IllegalArgumentException("problem " + name + ": the start has " + start.length + " elements and the solution "
                    + (solution == null ? "is unknown" : "has " + solution.length) + "; expected at least 1, and the same number in both");
        }
        this.name = name;
        this.source = source;
        this.start = start.clone();
        this.formula = formula;
        this.solution = solution == null ? null : solution.clone();
        this.accuracy = accuracy;
    }

    static Problem unknown(String name, String source, double[] start, Formula formula) {
        return new Problem(name, source, start, formula, null, 0);
    }

    /** The name in tables. */
    public String name() {
        return name;
    }

    /** Paper or book, and the number there. */
    public String source() {
        return source;
    }

    /** A copy of the start. */
    public double[] start() {
        return start.clone();
    }

    /** A copy of the solution; empty if none is known. */
    public Optional<double[]> solution() {
        return Optional.ofNullable(solution).map(double[]::clone);
    }

    /** How far the fixed point may be from {@link #solution} in any element; 0 if they agree up to rounding. */
    public double accuracy() {
        return accuracy;
    }

    /** Elements of the state. */
    public int n() {
        return start.length;
    }

    /** A {@code 1 × n} block that holds the start; the caller closes it. */
    public Block start(Engine engine, Type type) {
        Block block = engine.allocate(type, 1, n());
        block.copyFrom(start);
        return block;
    }

    /** The map for states of either type. Every row of a batch is the same problem. */
    public FixedPointMap map() {
        double[] z = new double[n()];
        double[] out = new double[n()];
        return (Block in, Block values, Rows rows) -> {
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < z.length; i++) {
                    z[i] = in.get(p, i);
                }
                formula.apply(z, out);
                for (int i = 0; i < z.length; i++) {
                    values.set(p, i, out[i]);
                }
            }
        };
    }

    /** {@code ‖f(z) - z‖ / max(‖f(z)‖, u ‖z₀‖)} in f64, with the start z₀ and the unit roundoff u; 0 if z is a fixed point. */
    public double residual(double... z) {
        double[] g = new double[n()];
        formula.apply(z, g);
        double step = Norm.ofDifference(g, z);
        return step == 0 ? 0 : step / Math.max(Norm.of(g), Type.F64.unitRoundoff() * Norm.of(start));
    }

    /**
     * The spectral radius of {@code J = ∂f/∂z} at {@code z}, with J from central differences to about six digits. If it is below 1, plain
     * iteration converges from nearby at that rate.
     */
    public double radius(double... z) {
        int n = n();
        double[] x = z.clone();
        double[] above = new double[n];
        double[] below = new double[n];
        double[] jacobian = new double[n * n];
        for (int j = 0; j < n; j++) {
            // The cube root of the unit roundoff balances the rounding error of the difference and its truncation error.
            double h = 6e-6 * Math.max(Math.abs(z[j]), 1e-3);
            x[j] = z[j] + h;
            formula.apply(x, above);
            x[j] = z[j] - h;
            formula.apply(x, below);
            x[j] = z[j];
            for (int i = 0; i < n; i++) {
                jacobian[i * n + j] = (above[i] - below[i]) / (2 * h);
            }
        }
        return SpectralRadius.of(jacobian, n);
    }

    @Override
    public String toString() {
        return name;
    }
}
