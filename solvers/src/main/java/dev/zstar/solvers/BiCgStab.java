package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/**
 * BiCGStab for {@code (I - T) u = b} (van der Vorst 1992; Saad 2003, algorithm 7.7): memory that does not grow with the steps, two products in each. Where
 * GMRES would have to be restarted often it may take fewer; its residual goes up and down, and where a divisor vanishes it starts again from the true residual, with
 * that as the new shadow.
 */
public final class BiCgStab extends ShortRecurrence {
    private static final int SHADOW = 0;
    private static final int P = 1;
    private static final int V = 2;
    private static final int T = 3;

    /** By row of the batch. */
    private final double[] ρ;
    private final double[] shadow;
    /** By position. */
    private final double[] α;
    private final double[] ω;
    private final double[] dot;
    private final double[] square;
    private final double[] norm;

    private BiCgStab(Plan plan, Stopping stopping) {
        super(plan, "BiCGStab", stopping, 4);
        int batch = plan.batch;
        ρ = new double[batch];
        shadow = new double[batch];
        α = new double[batch];
        ω = new double[batch];
        dot = new double[batch];
        square = new double[batch];
        norm = new double[batch];
    }

    /** Allocates 10 blocks, for batches of up to {@code batch} rows of {@code n} elements. */
    public static BiCgStab plan(Engine engine, Type type, int n, int batch, Stopping stopping) {
        return new BiCgStab(new Plan(engine, type, n, batch), stopping);
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
        int active = inner.count();
        Block p = vector(P);
        Block v = vector(V);
        Block s = residual();
        product(t, p, v);
        engine.dot(vector(SHADOW), v, dot);
        engine.norm(v, norm);
        for (int i = 0; i < active; i++) {
            int b = inner.index(i);
            boolean broken = vanishes(dot[i], shadow[b], norm[i]);
            α[i] = broken ? 0 : ρ[b] / dot[i];
            minus[i] = -α[i];
            if (broken) {
                leave(i, Status.BREAKDOWN);
            }
        }
        engine.axpby(minus, v, ones, s);
        engine.axpby(α, p, ones, solution());
        product(t, s, vector(T));
        engine.dot(vector(T), s, dot);
        engine.dot(vector(T), vector(T), square);
        engine.norm(s, norm);
        for (int i = 0; i < active; i++) {
            boolean broken = isDone(i) || vanishes(dot[i], norm[i], Math.sqrt(square[i]));
            ω[i] = broken ? 0 : dot[i] / square[i];
            minus[i] = -ω[i];
            if (broken) {
                leave(i, Status.BREAKDOWN);
            }
        }
        engine.axpby(ω, s, ones, solution());
        engine.axpby(minus, vector(T), ones, s);
        engine.dot(vector(SHADOW), s, dot);
        engine.norm(s, norm);
        engine.axpby(minus, v, ones, p);
        for (int i = 0; i < active; i++) {
            int b = inner.index(i);
            if (!isDone(i)) {
                look(i, norm[i]);
                if (!isDone(i) && vanishes(dot[i], shadow[b], norm[i])) {
                    leave(i, Status.BREAKDOWN);
                }
            }
            c[i] = isDone(i) ? 0 : dot[i] / ρ[b] * (α[i] / ω[i]);
            ρ[b] = dot[i];
        }
        engine.axpby(ones, s, c, p);
    }
}
