package dev.zstar.solvers.stability;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * Weight normalisation (Salimans and Kingma 2016, equation 2): row i of W is {@code g_i v_i / ‖v_i‖₂}, so that the length of a row is a parameter of its own. Rows of
 * length at most g keep {@code ‖W‖₂ ≤ √rows g}; for a bound that does not grow with the rows see {@link SpectralNormalisation}.
 *
 * <p>Holds three numbers for each row, on the heap, and no block: there is nothing to close.
 */
public final class WeightNormalisation {
    private final Engine engine;
    private final Type type;
    private final int rows;
    private final int cols;
    private final double[] lengths;
    /** g_i / ‖v_i‖, or what v_i is multiplied by. */
    private final double[] factors;
    private final double[] constants;

    /** For matrices of {@code rows × cols}. */
    public WeightNormalisation(Engine engine, Type type, int rows, int cols) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException("weight normalisation: V of " + rows + "×" + cols + ", expected at least 1×1");
        }
        this.engine = engine;
        this.type = type;
        this.rows = rows;
        this.cols = cols;
        lengths = new double[rows];
        factors = new double[rows];
        constants = new double[rows];
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
        w.requireShape("apply", "W", type, rows, cols);
        measure("apply", v, g);
        Arrays.fill(constants, 0);
        engine.axpby(factors, v, constants, w);
    }

    /**
     * From ∂L/∂W to those of g and V (Salimans and Kingma, equation 3): {@code ∂g_i = ⟨∂w_i, v_i⟩ / ‖v_i‖} and
     * {@code ∂v_i = g_i / ‖v_i‖ (∂w_i - ∂g_i v_i / ‖v_i‖)}. Looks at V and g alone, not at an earlier call.
     *
     * @param v {@code rows × cols}
     * @param g {@code 1 × rows}
     * @param dw ∂L/∂W, {@code rows × cols}
     * @param dv written; may be {@code dw}, not {@code v}
     * @param dg written
     */
    public void vjp(Block v, Block g, Block dw, Block dv, Block dg) {
        dw.requireShape("vjp", "the gradient of W", type, rows, cols);
        dv.requireShape("vjp", "the gradient of V", type, rows, cols);
        dg.requireShape("vjp", "the gradient of g", type, 1, rows);
        measure("vjp", v, g);
        engine.dot(dw, v, constants);
        for (int i = 0; i < rows; i++) {
            constants[i] /= lengths[i];
            dg.set(0, i, constants[i]);
            // What v_i is multiplied by after ∂w_i was by g_i / ‖v_i‖.
            constants[i] = -factors[i] * constants[i] / lengths[i];
        }
        Arrays.fill(lengths, 0);
        engine.axpby(factors, dw, lengths, dv);
        Arrays.fill(lengths, 1);
        engine.axpby(constants, v, lengths, dv);
    }

    private void measure(String operation, Block v, Block g) {
        v.requireShape(operation, "V", type, rows, cols);
        g.requireShape(operation, "g", type, 1, rows);
        engine.norm(v, lengths);
        for (int i = 0; i < rows; i++) {
            factors[i] = g.get(0, i) / lengths[i];
            if (!(lengths[i] < Double.POSITIVE_INFINITY) || !Double.isFinite(factors[i])) {
                throw new IllegalArgumentException(operation + ": row " + (i + 1) + " of V has the length " + lengths[i] + " and g = " + g.get(0, i)
                        + ", expected a finite length above 0 and a finite g");
            }
        }
    }
}
