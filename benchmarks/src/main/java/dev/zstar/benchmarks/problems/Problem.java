package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import java.util.Optional;

/**
 * A fixed point to find. Its map is evaluated in f64 and rounded to the type of the state, so that in f32 too what solvers differ in is
 * theirs.
 *
 * <p>Whether it contracts is not written down but measured: {@link #radius}. Not for two threads at once.
 */
public final class Problem {
    private final String name;
    private final String source;
    private final double[] start;
    private final Formula formula;
    private final double[] solution;
    private final double accuracy;

    /**
     * Checks the shapes.
     *
     * @param name for a table
     * @param source paper or book, and the number there
     * @param start n elements
     * @param solution n elements, where they are known independently of the map; else null
     * @param accuracy how far the fixed point may be from {@code solution}, in any element: 0 where they are the same but for rounding,
     *     else the error of a discretisation or of printed digits
     */
    Problem(String name, String source, double[] start, Formula formula, double[] solution, double accuracy) {
        if (start.length == 0 || solution != null && solution.length != start.length) {
            throw new IllegalArgumentException("problem " + name + ": a start of " + start.length + " elements and a solution of "
                    + (solution == null ? "none" : solution.length) + "; expected as many, and at least 1");
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

    /** What a table calls it. */
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

    /** A copy of the solution; empty where none is known. */
    public Optional<double[]> solution() {
        return Optional.ofNullable(solution).map(double[]::clone);
    }

    /** How far the fixed point may be from {@link #solution}, in any element: 0 where they are the same but for rounding. */
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

    /** The map, for states of either type. All rows of a batch are the same problem, so it works for any of them. */
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

    /** {@code ‖f(z) - z‖ / max(‖f(z)‖, u ‖z₀‖)}, in f64, with the start z₀ and the unit roundoff u; 0 where z is a fixed point. */
    public double residual(double... z) {
        double[] g = new double[n()];
        formula.apply(z, g);
        double step = Norm.ofDifference(g, z);
        return step == 0 ? 0 : step / Math.max(Norm.of(g), Type.F64.unitRoundoff() * Norm.of(start));
    }

    /**
     * The spectral radius of {@code J = ∂f/∂z} at {@code z}, J from central differences (six digits or so): below 1 where plain iteration
     * converges from nearby, at that rate.
     */
    public double radius(double... z) {
        int n = n();
        double[] x = z.clone();
        double[] above = new double[n];
        double[] below = new double[n];
        double[] jacobian = new double[n * n];
        for (int j = 0; j < n; j++) {
            // The cube root of the rounding unit balances what the difference rounds off and what it leaves out.
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
