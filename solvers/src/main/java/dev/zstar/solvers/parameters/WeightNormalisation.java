package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.guard.Scaled;
import java.util.Arrays;

/**
 * Weight normalisation (Salimans and Kingma 2016, equation 2): row i of W is {@code g_i v_i / ‖v_i‖₂}, so that the row lengths are
 * parameters. If all {@code |g_i| ≤ g}, then {@code ‖W‖₂ ≤ g √rows}. {@link SpectralNormalisation} has a bound that does not grow with the
 * number of rows.
 *
 * <p>Not thread-safe. Holds five numbers per row on the heap, and no block, so there is nothing to close. If the length of a row or
 * {@code g / length} is not a normal number of the type, that row is computed element by element, which allocates.
 */
public final class WeightNormalisation {
    private final Engine engine;
    private final Type type;
    private final int rows;
    private final int cols;
    private final double[] lengths;
    /** The factors of v_i, such as g_i / ‖v_i‖. */
    private final double[] factors;
    private final double[] constants;
    private final double[] ones;
    /** Rows whose length or factor is out of the range of the type. They are computed in f64, element by element. */
    private final boolean[] extreme;

    /** For matrices of {@code rows × cols}. */
    public WeightNormalisation(Engine engine, Type type, int rows, int cols) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException("weight normalisation: V is " + rows + "×" + cols + ", expected at least 1×1");
        }
        this.engine = Arguments.present("weight normalisation", "the engine", engine);
        this.type = Arguments.present("weight normalisation", "the type", type);
        this.rows = rows;
        this.cols = cols;
        lengths = new double[rows];
        factors = new double[rows];
        constants = new double[rows];
        ones = new double[rows];
        extreme = new boolean[rows];
    }

    /**
     * {@code w_i = g_i v_i / ‖v_i‖}.
     *
     * @param v {@code rows × cols}
     * @param g {@code 1 × rows}
     * @param w {@code rows × cols}; may be {@code v}
     * @throws IllegalArgumentException if a row of V is zero or not finite, or a shape does not fit
     */
    public void apply(Block v, Block g, Block w) {
        Arguments.present("apply", "W", w).requireShape("apply", "W", type, rows, cols);
        Arguments.sameOrDisjoint("apply", "W", w, "V", v);
        Arguments.disjoint("apply", "W", w, "g", g);
        measure("apply", v, g);
        Arrays.fill(constants, 0);
        for (int i = 0; i < rows; i++) {
            if (extreme[i]) {
                Scaled row = Scaled.of(v, i);
                double gain = g.get(0, i) / row.norm();
                for (int j = 0; j < cols; j++) {
                    w.set(i, j, row.value(j) * gain);
                }
                keep(i);
            }
        }
        engine.axpby(factors, v, constants, w);
    }

    /** Row i of the result stays as it is. */
    private void keep(int i) {
        factors[i] = 0;
        constants[i] = 1;
    }

    /**
     * The gradients with respect to g and V (Salimans and Kingma, equation 3). They depend only on the arguments, not on an earlier call:
     * {@code ∂g_i = ⟨∂w_i, v_i⟩ / ‖v_i‖} and {@code ∂v_i = g_i / ‖v_i‖ (∂w_i - ∂g_i v_i / ‖v_i‖)}.
     *
     * @param v {@code rows × cols}
     * @param g {@code 1 × rows}
     * @param dw ∂L/∂W, {@code rows × cols}
     * @param dv written; may be {@code dw}, not {@code v}
     * @param dg written
     */
    public void vjp(Block v, Block g, Block dw, Block dv, Block dg) {
        Arguments.present("vjp", "the gradient of W", dw).requireShape("vjp", "the gradient of W", type, rows, cols);
        Arguments.present("vjp", "the gradient of V", dv).requireShape("vjp", "the gradient of V", type, rows, cols);
        Arguments.present("vjp", "the gradient of g", dg).requireShape("vjp", "the gradient of g", type, 1, rows);
        Arguments.sameOrDisjoint("vjp", "the gradient of V", dv, "the gradient of W", dw);
        Arguments.disjoint("vjp", "the gradient of V", dv, "V", v);
        Arguments.disjoint("vjp", "the gradient of V", dv, "g", g);
        Arguments.disjoint("vjp", "the gradient of V", dv, "the gradient of g", dg);
        Arguments.disjoint("vjp", "the gradient of g", dg, "V", v);
        Arguments.disjoint("vjp", "the gradient of g", dg, "g", g);
        Arguments.disjoint("vjp", "the gradient of g", dg, "the gradient of W", dw);
        measure("vjp", v, g);
        engine.dot(dw, v, constants);
        Arrays.fill(ones, 1);
        for (int i = 0; i < rows; i++) {
            double inner = Math.abs(constants[i]);
            double slope = constants[i] / lengths[i];
            // The factor of v_i; that of ∂w_i is g_i / ‖v_i‖.
            double share = -factors[i] * slope / lengths[i];
            if (extreme[i] || !(inner >= Scaled.SMALLEST_SUM && inner < Double.POSITIVE_INFINITY) || factors[i] != 0
                    && !Scaled.isNormal(type, share)) {
                extreme[i] = true;
                extremeVjp(i, v, g, dw, dv, dg);
            } else {
                dg.set(0, i, slope);
                constants[i] = share;
            }
        }
        for (int i = 0; i < rows; i++) {
            lengths[i] = extreme[i] ? 1 : 0;
        }
        engine.axpby(factors, dw, lengths, dv);
        engine.axpby(constants, v, ones, dv);
    }

    /** Row i of both gradients, with the powers of two kept apart. */
    private void extremeVjp(int i, Block v, Block g, Block dw, Block dv, Block dg) {
        Scaled row = Scaled.of(v, i);
        Scaled d = Scaled.of(dw, i);
        double length = row.norm();
        double slope = d.dot(row) / length;
        double gain = g.get(0, i) / length;
        for (int j = 0; j < cols; j++) {
            dv.set(i, j, Math.scalb((d.value(j) - slope * row.value(j) / length) * gain, d.exponent() - row.exponent()));
        }
        dg.set(0, i, Math.scalb(slope, d.exponent()));
        factors[i] = 0;
        constants[i] = 0;
    }

    private void measure(String operation, Block v, Block g) {
        Arguments.present(operation, "V", v).requireShape(operation, "V", type, rows, cols);
        Arguments.present(operation, "g", g).requireShape(operation, "g", type, 1, rows);
        engine.norm(v, lengths);
        for (int i = 0; i < rows; i++) {
            factors[i] = g.get(0, i) / lengths[i];
            extreme[i] = !Scaled.isNormal(type, lengths[i]) || !Scaled.isNormal(type, factors[i]) && factors[i] != 0;
            if (extreme[i] && (lengths[i] == 0 || !Double.isFinite(g.get(0, i)) || !Finite.row(v, i))) {
                throw new IllegalArgumentException(operation + ": row " + i + " of V has the length " + lengths[i] + " and g = "
                        + g.get(0, i) + ", expected finite elements that are not all 0, and a finite g");
            }
        }
    }
}
