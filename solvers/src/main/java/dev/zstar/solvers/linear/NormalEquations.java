package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Conjugate gradients on the normal equations {@code Aᵀ A u = Aᵀ b}, {@code A = I - T}, in the form that never makes {@code Aᵀ A} (CGLS:
 * Hestenes and Stiefel 1952; Björck 1996, algorithm 7.4.1), whose iterates are those of LSQR. For what no Krylov space of A resolves, as
 * rotations; it squares the condition number, and needs Tᵀ as well: an operator like {@link DifferentiableMap#adjoint}. Of a singular
 * system it finds the least-squares solution, and says that it broke down.
 */
public final class NormalEquations extends ShortRecurrence {
    private static final int P = 0;
    private static final int Q = 1;
    private static final int S = 2;
    /** An A that makes vectors this much longer, or shorter, is scaled. */
    private static final double LARGE = 0x1p20;

    /** By row of the batch: ‖s‖, and how long A makes vectors, from what was seen. */
    private final double[] γ;
    private final double[] size;
    /** By row of the batch: a power of two, since of a large A the image of {@code Aᵀ r} might overflow. */
    private final double[] σ;
    /** By position. */
    private final double[] lengthS;
    private final double[] lengthP;
    private final double[] norm;

    private NormalEquations(Workspace plan, Stopping stopping) {
        super(plan, "CGLS", stopping, 3);
        int batch = plan.batch();
        γ = new double[batch];
        size = new double[batch];
        σ = new double[batch];
        lengthS = new double[batch];
        lengthP = new double[batch];
        norm = new double[batch];
    }

    /** Allocates 9 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static NormalEquations plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new NormalEquations(plan, stopping));
    }

    @Override
    int cost() {
        return 2;
    }

    /** {@code s = Aᵀ r / σ}. */
    private void gradient(LinearOperator t, Block s) {
        t.applyTransposed(residual(), s, inner);
        outcome.evaluated(inner);
        for (int i = 0; i < inner.count(); i++) {
            c[i] = 1 / σ[inner.index(i)];
            minus[i] = -c[i];
        }
        engine.axpby(c, residual(), minus, s);
        engine.norm(s, lengthS);
    }

    @Override
    void begin(LinearOperator t) {
        for (int i = 0; i < inner.count(); i++) {
            σ[inner.index(i)] = 1;
        }
        gradient(t, vector(S));
        for (int i = 0; i < inner.count(); i++) {
            int b = inner.index(i);
            size[b] = lengthS[i] / latest(i);
            if (!(lengthS[i] > 0) || !(lengthS[i] < Double.POSITIVE_INFINITY)) {
                breakDown(i, lengthS[i], residual(), vector(S));
                c[i] = 0;
            } else {
                σ[b] = size[b] > LARGE || size[b] < 1 / LARGE ? Math.scalb(1.0, Math.getExponent(size[b])) : 1;
                c[i] = 1 / σ[b];
            }
            γ[b] = lengthS[i] * c[i];
            minus[i] = 0;
        }
        engine.axpby(c, vector(S), minus, vector(P));
    }

    @Override
    void step(LinearOperator t) {
        descend(t);
        if (inner.count() > 0) {
            turn(t);
        }
    }

    /** {@code α = σ γ² / ‖A p‖²; x += α p; r -= α A p}; rows that are done go no further. */
    private void descend(LinearOperator t) {
        int active = inner.count();
        Block p = vector(P);
        Block q = vector(Q);
        product(t, p, q);
        engine.norm(q, norm);
        engine.norm(p, lengthP);
        for (int i = 0; i < active; i++) {
            int b = inner.index(i);
            size[b] = Math.max(size[b], norm[i] / lengthP[i]);
            boolean broken = vanishes(norm[i], lengthP[i], size[b]);
            c[i] = broken ? 0 : γ[b] / norm[i] * (σ[b] * γ[b] / norm[i]);
            minus[i] = -c[i];
            if (broken) {
                breakDown(i, norm[i], p, q);
            }
        }
        engine.axpby(minus, q, ones, residual());
        engine.norm(residual(), norm);
        for (int i = 0; i < active; i++) {
            if (!isDone(i)) {
                foresee(i, norm[i]);
            }
        }
        engine.axpby(c, p, ones, solution());
        for (int i = 0; i < active; i++) {
            if (!isDone(i)) {
                look(i, norm[i]);
            }
        }
        pack();
    }

    /** {@code p = s + (γ⁺ / γ)² p}. */
    private void turn(LinearOperator t) {
        gradient(t, vector(S));
        for (int i = 0; i < inner.count(); i++) {
            int b = inner.index(i);
            if (vanishes(lengthS[i], latest(i), size[b] / σ[b])) {
                // r is orthogonal to all that A reaches.
                breakDown(i, lengthS[i], residual(), vector(S));
            }
            double ratio = lengthS[i] / γ[b];
            c[i] = isDone(i) ? 0 : ratio * ratio;
            γ[b] = lengthS[i];
        }
        engine.axpby(ones, vector(S), c, vector(P));
    }
}
