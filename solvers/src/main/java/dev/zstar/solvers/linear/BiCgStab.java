package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;

/**
 * BiCGStab for {@code (I - T) u = b} (van der Vorst 1992; Saad 2003, algorithm 7.7): memory that does not grow with the steps, two products
 * in each. Where GMRES would have to be restarted often it may take fewer; its residual goes up and down, and where a divisor vanishes it
 * starts again from the true residual, with that as the new shadow.
 */
public final class BiCgStab extends ShortRecurrence {
    private static final int SHADOW = 0;
    private static final int P = 1;
    private static final int V = 2;
    private static final int T = 3;

    /** By row of the batch. */
    private final double[] ρ;
    private final double[] α;
    private final double[] shadow;
    /** By position. */
    private final double[] ω;
    private final double[] dot;
    private final double[] norm;

    private BiCgStab(Workspace plan, Stopping stopping) {
        super(plan, "BiCGStab", stopping, 4);
        int batch = plan.batch();
        ρ = new double[batch];
        α = new double[batch];
        shadow = new double[batch];
        ω = new double[batch];
        dot = new double[batch];
        norm = new double[batch];
    }

    /** Allocates 10 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static BiCgStab plan(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return Workspace.build(engine, type, batch, n, plan -> new BiCgStab(plan, stopping));
    }

    @Override
    int cost() {
        return 2;
    }

    @Override
    void begin(LinearOperator t) {
        engine.copy(residual(), vector(SHADOW));
        engine.copy(residual(), vector(P));
        engine.dot(residual(), residual(), dot);
        for (int p = 0; p < inner.count(); p++) {
            ρ[inner.index(p)] = dot[p];
            shadow[inner.index(p)] = Math.sqrt(dot[p]);
        }
    }

    @Override
    void step(LinearOperator t) {
        halfStep(t);
        if (inner.count() > 0) {
            stabilise(t);
        }
    }

    /** {@code α = ρ / ⟨r̂, A p⟩; x += α p; s = r - α A p}. */
    private void halfStep(LinearOperator t) {
        product(t, vector(P), vector(V));
        engine.dot(vector(SHADOW), vector(V), dot);
        engine.norm(vector(V), norm);
        for (int i = 0; i < inner.count(); i++) {
            int b = inner.index(i);
            α[b] = ρ[b] / dot[i];
            if (vanishes(dot[i], shadow[b], norm[i])) {
                breakDown(i, dot[i], vector(P), vector(V));
            }
        }
        pack();
        int active = inner.count();
        for (int i = 0; i < active; i++) {
            c[i] = α[inner.index(i)];
            minus[i] = -c[i];
        }
        engine.axpby(minus, vector(V), ones, residual());
        engine.norm(residual(), norm);
        for (int i = 0; i < active; i++) {
            foresee(i, norm[i]);
        }
        engine.axpby(c, vector(P), ones, solution());
        for (int i = 0; i < active; i++) {
            if (within(inner.index(i), norm[i])) {
                leave(i, null);
            }
        }
        pack();
    }

    /** {@code ω = ⟨A s, s⟩ / ⟨A s, A s⟩; x += ω s; r = s - ω A s}, which makes no residual longer; and the next direction. */
    private void stabilise(LinearOperator t) {
        int active = inner.count();
        Block s = residual();
        product(t, s, vector(T));
        engine.dot(vector(T), s, dot);
        engine.norm(vector(T), norm);
        for (int i = 0; i < active; i++) {
            boolean broken = vanishes(dot[i], latest(i), norm[i]);
            // The square of what T makes long may overflow.
            ω[i] = broken ? 0 : dot[i] / norm[i] / norm[i];
            minus[i] = -ω[i];
            if (broken) {
                breakDown(i, dot[i], s, vector(T));
            }
        }
        engine.axpby(ω, s, ones, solution());
        engine.axpby(minus, vector(T), ones, s);
        engine.dot(vector(SHADOW), s, dot);
        engine.norm(s, norm);
        engine.axpby(minus, vector(V), ones, vector(P));
        for (int i = 0; i < active; i++) {
            int b = inner.index(i);
            if (!isDone(i)) {
                look(i, norm[i]);
                if (!isDone(i) && vanishes(dot[i], shadow[b], norm[i])) {
                    leave(i, Status.BREAKDOWN);
                }
            }
            c[i] = isDone(i) ? 0 : dot[i] / ρ[b] * (α[b] / ω[i]);
            ρ[b] = dot[i];
        }
        engine.axpby(ones, s, c, vector(P));
    }
}
