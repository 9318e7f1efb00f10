package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;

/** A cycle of {@link BiCgStab}, in the symbols of Saad 2003, algorithm 7.7. */
final class BiCgStabCycle extends ShortRecurrence {
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

    /** Allocates 6 blocks. */
    BiCgStabCycle(Workspace workspace) {
        super(workspace, 4);
        int batch = workspace.batch();
        ρ = new double[batch];
        α = new double[batch];
        shadow = new double[batch];
        ω = new double[batch];
        dot = new double[batch];
        norm = new double[batch];
    }

    @Override
    int cost() {
        return 2;
    }

    @Override
    void start() {
        engine.copy(residual(), vector(SHADOW));
        engine.copy(residual(), vector(P));
        engine.dot(residual(), residual(), dot);
        for (int p = 0; p < going.count(); p++) {
            ρ[going.index(p)] = dot[p];
            shadow[going.index(p)] = Math.sqrt(dot[p]);
        }
    }

    @Override
    void advance() {
        halfStep();
        if (going.count() > 0) {
            stabilise();
        }
    }

    /** {@code α = ρ / ⟨r̂, A p⟩; x += α p; s = r - α A p}. */
    private void halfStep() {
        product(vector(P), vector(V));
        engine.dot(vector(SHADOW), vector(V), dot);
        engine.norm(vector(V), norm);
        for (int i = 0; i < going.count(); i++) {
            int b = going.index(i);
            α[b] = ρ[b] / dot[i];
            if (vanishes(dot[i], shadow[b], norm[i])) {
                breakDown(i, dot[i], vector(P), vector(V));
            }
        }
        pack();
        int active = going.count();
        for (int i = 0; i < active; i++) {
            c[i] = α[going.index(i)];
            minus[i] = -c[i];
        }
        engine.axpby(minus, vector(V), ones, residual());
        engine.norm(residual(), norm);
        for (int i = 0; i < active; i++) {
            foresee(i, norm[i]);
        }
        engine.axpby(c, vector(P), ones, solution());
        for (int i = 0; i < active; i++) {
            if (within(going.index(i), norm[i])) {
                leave(i, null);
            }
        }
        pack();
    }

    /** {@code ω = ⟨A s, s⟩ / ⟨A s, A s⟩; x += ω s; r = s - ω A s}, which makes no residual larger; and the next direction. */
    private void stabilise() {
        int active = going.count();
        Block s = residual();
        product(s, vector(T));
        engine.dot(vector(T), s, dot);
        engine.norm(vector(T), norm);
        for (int i = 0; i < active; i++) {
            boolean broken = vanishes(dot[i], latest(i), norm[i]);
            // The square may overflow if T lengthens vectors.
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
            int b = going.index(i);
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
