package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * Conjugate gradients for {@code (I - T) u = b} with a symmetric T whose eigenvalues are below 1 (Hestenes and Stiefel 1952; Saad 2003,
 * algorithm 6.18): the least work of all, where the Jacobian is that of a gradient. A direction of no or negative curvature, as T with an
 * eigenvalue above 1 has, is a breakdown.
 */
public final class ConjugateGradient extends ShortRecurrence {
    private static final int P = 0;
    private static final int Q = 1;

    /** By row of the batch: ‖r‖². */
    private final double[] ρ;
    /** By position. */
    private final double[] dot;
    private final double[] lengthP;
    private final double[] lengthQ;

    private ConjugateGradient(Workspace plan, Stopping stopping) {
        super(plan, "conjugate gradients", stopping, 2);
        int batch = plan.batch();
        ρ = new double[batch];
        dot = new double[batch];
        lengthP = new double[batch];
        lengthQ = new double[batch];
    }

    /** Allocates 8 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static ConjugateGradient plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new ConjugateGradient(plan, stopping));
    }

    @Override
    int cost() {
        return 1;
    }

    @Override
    void begin(LinearOperator t) {
        engine.copy(residual(), vector(P));
        engine.dot(residual(), residual(), dot);
        for (int i = 0; i < inner.count(); i++) {
            ρ[inner.index(i)] = dot[i];
        }
    }

    @Override
    void step(LinearOperator t) {
        int active = inner.count();
        Block p = vector(P);
        Block q = vector(Q);
        product(t, p, q);
        engine.dot(p, q, dot);
        engine.norm(p, lengthP);
        engine.norm(q, lengthQ);
        for (int i = 0; i < active; i++) {
            boolean broken = !(dot[i] > 0) || vanishes(dot[i], lengthP[i], lengthQ[i]);
            c[i] = broken ? 0 : ρ[inner.index(i)] / dot[i];
            minus[i] = -c[i];
            if (broken) {
                breakDown(i, dot[i], p, q);
            }
        }
        engine.axpby(minus, q, ones, residual());
        engine.dot(residual(), residual(), dot);
        for (int i = 0; i < active; i++) {
            if (!isDone(i)) {
                foresee(i, Math.sqrt(dot[i]));
            }
        }
        engine.axpby(c, p, ones, solution());
        for (int i = 0; i < active; i++) {
            int b = inner.index(i);
            if (!isDone(i)) {
                look(i, Math.sqrt(dot[i]));
            }
            c[i] = isDone(i) ? 0 : dot[i] / ρ[b];
            ρ[b] = dot[i];
        }
        engine.axpby(ones, residual(), c, p);
    }
}
