package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;

/**
 * The solve of an adjoint equation backwards in time, and the integral {@code ∂L/∂θ = ∫ aᵀ ∂f/∂θ dt} along it. The integral takes the
 * weights of each accepted step, {@code Σ h b_j a_jᵀ ∂f/∂θ(z_j)}. This is what the method would compute if the integral were part of the
 * state.
 *
 * <p>The equation is linear in a, so a is scaled by a power of two to a root mean square from 1 to 2. Otherwise the absolute tolerance
 * would accept any error of a small gradient.
 */
final class AdjointSolve<G> implements StepListener {
    /** The state of the backward solve, seen as z and a. */
    interface Equation extends OdeFunction {
        /** z at the times of these rows, by position; valid until the next call. */
        Block z(double[] t, Block state, Rows rows);

        /** a of these rows, by position; valid until the next call. */
        Block a(Block state, Rows rows);
    }

    private final Engine engine;
    private final DifferentiableOde<G> f;
    private final Equation equation;
    private final DormandPrince solver;
    private final double[] norms;
    private final int[] exponents;
    private final double[] weights;
    private final double[] zeros;
    private final double[] times;
    private final Block v;
    private final Rows rows;
    private OdePass pass;
    private G sum;

    AdjointSolve(Engine engine, OwnedMemory memory, Type type, int batch, int n, DifferentiableOde<G> f, Equation equation,
            DormandPrince solver) {
        this.engine = engine;
        this.f = f;
        this.equation = equation;
        this.solver = solver;
        norms = new double[batch];
        exponents = new int[batch];
        weights = new double[batch];
        zeros = new double[batch];
        times = new double[batch];
        rows = new Rows(batch);
        v = memory.block(type, batch, n);
    }

    /** Scales a, and returns the rows where it is not zero. The others are done: their gradient is zero. */
    Rows scale(Block a, Rows used, OdeGradientOutcome outcome) {
        engine.norm(a, norms);
        rows.reset(0);
        for (int p = 0; p < used.count(); p++) {
            int b = used.index(p);
            if (norms[b] == 0) {
                outcome.backward(b, OdeStatus.REACHED_END);
            } else {
                double size = norms[b] / Math.sqrt(a.cols());
                exponents[b] = Math.max(-1000, Math.min(1000, Math.getExponent(size)));
                shift(a, b, -exponents[b]);
                rows.append(b);
            }
        }
        return rows;
    }

    private static void shift(Block a, int b, int exponent) {
        for (int i = 0; i < a.cols(); i++) {
            a.set(b, i, Math.scalb(a.get(b, i), exponent));
        }
    }

    /** Scales row b of a back. */
    void unscale(Block a, int b) {
        shift(a, b, exponents[b]);
    }

    /** Solves backwards from {@code state} at t₁, in place, for the rows that {@link #scale} returned. */
    OdeOutcome solve(OdePass pass, Block state, G sum, OdeGradientOutcome outcome) {
        this.pass = pass;
        this.sum = sum;
        try {
            OdeOutcome solved = solver.solve(equation, state, rows, pass.t1(), pass.t0(), this);
            for (int p = 0; p < rows.count(); p++) {
                outcome.backward(rows.index(p), solved.status(rows.index(p)));
            }
            return solved;
        } finally {
            this.pass = null;
            this.sum = null;
        }
    }

    @Override
    public void begin(Stages stages, StepSizes steps, Rows active) {}

    @Override
    public void accepted(Stages stages, StepSizes steps, Rows active) {
        int count = active.count();
        for (int j = 1; j <= Tableau.STAGES; j++) {
            if (Tableau.B[j] == 0) {
                continue;
            }
            Block state = stages.state(j, active, steps);
            Block z = equation.z(steps.times(j, active, times), state, active);
            for (int p = 0; p < count; p++) {
                int b = active.index(p);
                // The solve runs backwards, so h is the length of the step with the other sign.
                weights[p] = Math.scalb(-steps.h(b) * Tableau.B[j], exponents[b]);
            }
            engine.axpby(weights, equation.a(state, active), zeros, v.head(count));
            f.linearise(times, z, active);
            f.gradients(v.head(count), z, pass.x(active), active, sum);
        }
    }
}
