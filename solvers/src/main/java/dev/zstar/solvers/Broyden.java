package dev.zstar.solvers;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * Broyden's good method (Broyden 1965) for {@code F(z) = z - f(z) = 0}, from {@code B₀ = I}, with full steps: a secant method, which needs
 * no window to be chosen and does not mind maps that do not contract, at the price of a vector of memory for every step.
 *
 * <p>Only the steps s are kept (Kelley 1995, section 7.3). With full steps {@code B_k⁻¹ = Π_j (I + s_{j+1} s_jᵀ / ‖s_j‖²)}, newest factor first, so that
 * {@code q = B_k⁻¹ r} is r and a sum of steps, and {@code s_{k+1} = q / (1 - s_kᵀ q / ‖s_k‖²)}. The factors depend on each other through
 * products of steps alone. Those are kept, in f64, and follow from each other; so an iteration reads the steps twice, in one sweep for
 * {@code Sᵀ r} and one for q, {@code (2k + 7) n} elements, where the usual form with two sets of vectors moves 4k n to 6k n.
 */
public final class Broyden extends FixedPointSolver {
    /**
     * How much is remembered.
     *
     * @param memory steps that are kept; when there is no room for another, the method starts again from where it is. To drop the oldest
     *     instead would break the product of factors, and is known to fail where a restart does not
     */
    public record Options(int memory) {
        /** 30 steps: deep equilibrium models at the usual tolerances take 10 to 30. */
        public static final Options DEFAULT = new Options(30);

        /** Checks the range. */
        public Options {
            if (memory < 2 || memory > 500) {
                throw new IllegalArgumentException("memory " + memory + "; expected 2 to 500");
            }
        }
    }

    /** An update that would stretch the step by more than the inverse of this says that B is nearly singular; the method starts again. */
    private static final double LEAST = 1e-3;

    private final int m;
    private final Basis s;
    /** For each row of the batch: its steps, ⟨s_i, s_j⟩, and Sᵀr. */
    private final int[] counts;
    private final double[] products;
    private final double[] sr;
    private final double[] coefficients;
    private final double[] square;
    /** By position: 1 / (1 - ρ). */
    private final double[] stretch;
    private final double[] zeros;
    private final double[] c;

    private Broyden(Plan plan, Options options, Stopping stopping) {
        super(plan, stopping);
        m = options.memory();
        s = plan.basis(m);
        counts = new int[plan.batch];
        products = new double[plan.batch * m * m];
        sr = new double[plan.batch * m];
        coefficients = new double[plan.batch * m];
        square = new double[plan.batch];
        stretch = new double[plan.batch];
        zeros = new double[plan.batch];
        c = new double[m];
    }

    /** Allocates {@code memory + 2} blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static Broyden plan(Engine engine, Type type, int n, int batch, Options options, Stopping stopping) {
        return new Broyden(new Plan(engine, type, n, batch), options, stopping);
    }

    @Override
    void begin(int b) {
        counts[b] = 0;
    }

    @Override
    void advance(FixedPointMap f, Block zk, Block gk) {
        plan.engine.axpby(-1, zk, 1, gk);
        int most = 0;
        for (int p = 0; p < rows.count(); p++) {
            most = Math.max(most, counts[rows.index(p)]);
        }
        plan.engine.multiDot(s, most, gk, rows, sr);
        for (int p = 0; p < rows.count(); p++) {
            stretch[p] = combination(rows.index(p));
        }
        plan.engine.multiAxpy(s, most, coefficients, gk, rows, square);
        plan.engine.axpby(stretch, gk, zeros, gk);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int k = counts[b]++;
            s.block().copyRow(gk, p, b * m + k);
            products[(b * m + k) * m + k] = square[b] * stretch[p] * stretch[p];
        }
        plan.engine.axpby(1, gk, 1, zk);
    }

    /**
     * The coefficients of the steps in q, and the products of the steps with the one to come. With {@code t_j = s_jᵀ q_j}, q_j the sum up to the
     * j-th factor, {@code c_j = t_j / ‖s_j‖²} belongs to s_{j+1}.
     *
     * @return {@code 1 / (1 - s_kᵀ q / ‖s_k‖²)}
     */
    private double combination(int b) {
        int at = b * m;
        int k = counts[b] - 1;
        Arrays.fill(coefficients, at, at + m, 0);
        if (k < 0) {
            return 1;
        }
        for (int j = 0; j < k; j++) {
            c[j] = sum(b, j, j) / products[(at + j) * m + j];
        }
        double least = 1 - sum(b, k, k) / products[(at + k) * m + k];
        if (k + 1 == m || !(Math.abs(least) >= LEAST)) {
            counts[b] = 0;
            return 1;
        }
        double stretch = 1 / least;
        for (int j = 0; j <= k; j++) {
            double product = stretch * sum(b, j, k);
            products[(at + j) * m + k + 1] = product;
            products[(at + k + 1) * m + j] = product;
        }
        System.arraycopy(c, 0, coefficients, at + 1, k);
        return stretch;
    }

    /** {@code s_jᵀ (r + Σ_{i < count} c_i s_{i+1})}. */
    private double sum(int b, int j, int count) {
        double sum = sr[b * m + j];
        for (int i = 0; i < count; i++) {
            sum += c[i] * products[(b * m + j) * m + i + 1];
        }
        return sum;
    }
}
