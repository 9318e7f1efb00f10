package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Workspace;

/** A cycle of {@link NormalEquations}, in the symbols of Björck 1996, algorithm 7.4.1; {@code q = A p}. */
final class NormalEquationsCycle extends ShortRecurrence {
    private static final int P = 0;
    private static final int Q = 1;
    private static final int S = 2;
    /** A is scaled if it makes vectors this much longer or shorter. */
    private static final double LARGE = 0x1p20;

    /** By row of the batch: ‖s‖, and the largest factor by which A was seen to lengthen a vector. */
    private final double[] γ;
    private final double[] size;
    /** By row of the batch: a power of two. Without it, the image of {@code Aᵀ r} might overflow for a large A. */
    private final double[] σ;
    /** By position. */
    private final double[] lengthS;
    private final double[] lengthP;
    private final double[] norm;

    /** Allocates 5 blocks. */
    NormalEquationsCycle(Workspace workspace) {
        super(workspace, 3);
        int batch = workspace.batch();
        γ = new double[batch];
        size = new double[batch];
        σ = new double[batch];
        lengthS = new double[batch];
        lengthP = new double[batch];
        norm = new double[batch];
    }

    @Override
    int cost() {
        return 2;
    }

    /** {@code s = Aᵀ r / σ}. */
    private void gradient(Block s) {
        transposedProduct(residual(), s);
        for (int i = 0; i < going.count(); i++) {
            c[i] = 1 / σ[going.index(i)];
            minus[i] = -c[i];
        }
        engine.axpby(c, residual(), minus, s);
        engine.norm(s, lengthS);
    }

    @Override
    void start() {
        for (int i = 0; i < going.count(); i++) {
            σ[going.index(i)] = 1;
        }
        gradient(vector(S));
        for (int i = 0; i < going.count(); i++) {
            int b = going.index(i);
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
    void advance() {
        descend();
        if (going.count() > 0) {
            turn();
        }
    }

    /** {@code α = σ γ² / ‖A p‖²; x += α p; r -= α A p}; rows that are done go no further. */
    private void descend() {
        int active = going.count();
        Block p = vector(P);
        Block q = vector(Q);
        product(p, q);
        engine.norm(q, norm);
        engine.norm(p, lengthP);
        for (int i = 0; i < active; i++) {
            int b = going.index(i);
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
    private void turn() {
        gradient(vector(S));
        for (int i = 0; i < going.count(); i++) {
            int b = going.index(i);
            if (vanishes(lengthS[i], latest(i), size[b] / σ[b])) {
                // r is orthogonal to the range of A.
                breakDown(i, lengthS[i], residual(), vector(S));
            }
            double ratio = lengthS[i] / γ[b];
            c[i] = isDone(i) ? 0 : ratio * ratio;
            γ[b] = lengthS[i];
        }
        engine.axpby(ones, vector(S), c, vector(P));
    }
}
