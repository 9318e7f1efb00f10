package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Workspace;

/** A cycle of {@link ConjugateGradient}, in the symbols of Saad 2003, algorithm 6.18; {@code q = A p}. */
final class ConjugateGradientCycle extends ShortRecurrence {
    private static final int P = 0;
    private static final int Q = 1;

    /** By row of the batch: ‖r‖². */
    private final double[] ρ;
    /** By position. */
    private final double[] dot;
    private final double[] lengthP;
    private final double[] lengthQ;

    /** Allocates 4 blocks. */
    ConjugateGradientCycle(Workspace workspace) {
        super(workspace, 2);
        int batch = workspace.batch();
        ρ = new double[batch];
        dot = new double[batch];
        lengthP = new double[batch];
        lengthQ = new double[batch];
    }

    @Override
    int cost() {
        return 1;
    }

    @Override
    void start() {
        engine.copy(residual(), vector(P));
        engine.dot(residual(), residual(), dot);
        for (int i = 0; i < going.count(); i++) {
            ρ[going.index(i)] = dot[i];
        }
    }

    @Override
    void advance() {
        int active = going.count();
        Block p = vector(P);
        Block q = vector(Q);
        product(p, q);
        engine.dot(p, q, dot);
        engine.norm(p, lengthP);
        engine.norm(q, lengthQ);
        for (int i = 0; i < active; i++) {
            boolean broken = !(dot[i] > 0) || vanishes(dot[i], lengthP[i], lengthQ[i]);
            c[i] = broken ? 0 : ρ[going.index(i)] / dot[i];
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
            int b = going.index(i);
            if (!isDone(i)) {
                look(i, Math.sqrt(dot[i]));
            }
            c[i] = isDone(i) ? 0 : dot[i] / ρ[b];
            ρ[b] = dot[i];
        }
        engine.axpby(ones, residual(), c, p);
    }
}
