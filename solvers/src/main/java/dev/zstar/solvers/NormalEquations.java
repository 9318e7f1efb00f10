package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/**
 * Conjugate gradients on the normal equations {@code Aᵀ A u = Aᵀ b}, {@code A = I - T}, in the form that never makes {@code Aᵀ A} (CGLS: Hestenes and Stiefel 1952;
 * Björck 1996, algorithm 7.4.1), whose iterates are those of LSQR. For what no Krylov space of A resolves, as rotations; it squares the condition number, and needs
 * Tᵀ as well: an operator like {@link DifferentiableMap#adjoint}. Of a singular system it finds the least-squares solution, and says that it broke down.
 */
public final class NormalEquations extends ShortRecurrence {
    private static final int P = 0;
    private static final int Q = 1;
    private static final int S = 2;

    /** By row of the batch: ‖Aᵀ r‖², and how long A makes vectors, from what was seen. */
    private final double[] γ;
    private final double[] size;
    /** By position. */
    private final double[] dot;
    private final double[] square;

    private NormalEquations(Plan plan, Stopping stopping) {
        super(plan, "CGLS", stopping, 3);
        int batch = plan.batch;
        γ = new double[batch];
        size = new double[batch];
        dot = new double[batch];
        square = new double[batch];
    }

    /** Allocates 9 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static NormalEquations plan(Engine engine, Type type, int n, int batch, Stopping stopping) {
        return new NormalEquations(new Plan(engine, type, n, batch), stopping);
    }

    @Override
    int cost() {
        return 2;
    }

    /** {@code s = Aᵀ r}. */
    private void gradient(LinearOperator t, Block s) {
        t.applyTransposed(residual(), s, inner);
        outcome.evaluated(inner);
        engine.axpby(1, residual(), -1, s);
        engine.dot(s, s, dot);
    }

    @Override
    void begin(LinearOperator t) {
        gradient(t, vector(S));
        engine.copy(vector(S), vector(P));
        for (int i = 0; i < inner.count(); i++) {
            int b = inner.index(i);
            γ[b] = dot[i];
            size[b] = Math.sqrt(dot[i]) / latest(i);
            if (!(dot[i] > 0) || !(dot[i] < Double.POSITIVE_INFINITY)) {
                breakDown(i, dot[i]);
            }
        }
    }

    @Override
    void step(LinearOperator t) {
        descend(t);
        if (inner.count() > 0) {
            turn(t);
        }
    }

    /** {@code α = γ / ‖A p‖²; x += α p; r -= α A p}; rows that are done go no further. */
    private void descend(LinearOperator t) {
        int active = inner.count();
        Block p = vector(P);
        Block q = vector(Q);
        product(t, p, q);
        engine.dot(q, q, square);
        engine.dot(p, p, dot);
        for (int i = 0; i < active; i++) {
            int b = inner.index(i);
            double lengthQ = Math.sqrt(square[i]);
            double lengthP = Math.sqrt(dot[i]);
            size[b] = Math.max(size[b], lengthQ / lengthP);
            boolean broken = vanishes(lengthQ, lengthP, size[b]);
            c[i] = broken ? 0 : γ[b] / square[i];
            minus[i] = -c[i];
            if (broken) {
                breakDown(i, square[i]);
            }
        }
        engine.axpby(minus, q, ones, residual());
        engine.dot(residual(), residual(), square);
        for (int i = 0; i < active; i++) {
            if (!isDone(i)) {
                foresee(i, Math.sqrt(square[i]));
            }
        }
        engine.axpby(c, p, ones, solution());
        for (int i = 0; i < active; i++) {
            if (!isDone(i)) {
                look(i, Math.sqrt(square[i]));
            }
        }
        pack();
    }

    /** {@code p = Aᵀ r + γ⁺ / γ p}. */
    private void turn(LinearOperator t) {
        gradient(t, vector(S));
        for (int i = 0; i < inner.count(); i++) {
            int b = inner.index(i);
            if (vanishes(Math.sqrt(dot[i]), latest(i), size[b])) {
                // r is orthogonal to all that A reaches.
                breakDown(i, dot[i]);
            }
            c[i] = isDone(i) ? 0 : dot[i] / γ[b];
            γ[b] = dot[i];
        }
        engine.axpby(ones, vector(S), c, vector(P));
    }
}
