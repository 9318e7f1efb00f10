package dev.zstar.solvers.ode;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.internal.InputGuard;
import java.util.Arrays;

/**
 * The state z of each row, the stages k₁ … k₇ of its step, and the state z' after it. They are stored by row of the batch, so nothing moves
 * when a row leaves. Every state between them is a sum of these vectors with coefficients of the row: one sweep over memory, accumulated in
 * f64.
 */
final class Stages {
    /** Slot of z; slot j holds k_j. */
    static final int Z = 0;
    /** Slot of z'. */
    static final int NEXT = Tableau.STAGES + 1;
    private static final int CAPACITY = NEXT + 1;

    private final Engine engine;
    private final double[] ones;
    private final Basis v;
    /** By row and slot. */
    private final double[] c;
    /** By position: a state, and a slope. */
    private final Block y;
    private final Block k;
    private final double[] times;
    private final double[] norms;
    private final boolean[] broken;
    private final Evaluation evaluation = new Evaluation();

    /** f at the times of a call, for the guard. */
    private static final class Evaluation implements FixedPointMap {
        private OdeFunction f;
        private double[] t;

        @Override
        public void apply(Block z, Block out, Rows rows) {
            f.apply(t, z, out, rows);
        }
    }

    Stages(Workspace workspace) {
        engine = workspace.engine();
        ones = workspace.ones();
        v = workspace.basis(CAPACITY);
        y = workspace.block();
        k = workspace.block();
        int batch = workspace.batch();
        c = new double[batch * CAPACITY];
        times = new double[batch];
        norms = new double[batch];
        broken = new boolean[batch];
    }

    // ---- vectors of a row

    /** All vectors; those of row b begin at {@link #at}. */
    Block vectors() {
        return v.block();
    }

    int at(int b, int slot) {
        return b * CAPACITY + slot;
    }

    /** Sets a vector of row b from row p of a block. */
    void put(int b, int slot, Block from, int p) {
        v.block().copyRow(from, p, at(b, slot));
    }

    /** Copies a vector of row b to row p of a block. */
    void copy(int b, int slot, Block to, int p) {
        to.copyRow(v.block(), at(b, slot), p);
    }

    /** The step of row b is done: z' becomes z, and k₇ becomes k₁. */
    void advance(int b) {
        v.block().copyRow(v.block(), at(b, NEXT), at(b, Z));
        v.block().copyRow(v.block(), at(b, Tableau.STAGES), at(b, 1));
    }

    // ---- evaluations

    /** {@code k₁ = f(t, z)}. Marks rows where it is not finite. */
    void first(OdeFunction f, Rows rows, StepSizes steps) {
        evaluate(f, 1, rows, steps);
        markNonfinite(rows);
    }

    /** k₂ … k_last, and z' if the last is 7. Marks rows where k₂ is not finite. */
    void attempt(OdeFunction f, int last, Rows rows, StepSizes steps) {
        for (int j = 2; j <= last; j++) {
            evaluate(f, j, rows, steps);
            if (j == 2) {
                // The estimate of the error does not contain k₂, so it cannot tell.
                markNonfinite(rows);
            }
            if (j == Tableau.STAGES) {
                engine.store(y.head(rows.count()), ones, v, NEXT, rows);
            }
        }
    }

    /** {@code k_j = f(t + c_j h, z_j)}. */
    private void evaluate(OdeFunction f, int j, Rows rows, StepSizes steps) {
        Block state = state(j, rows, steps);
        evaluate(f, steps.times(j, rows, times), state, k.head(rows.count()), rows);
        engine.store(k.head(rows.count()), ones, v, j, rows);
    }

    /** {@code out = f(t, z)}. */
    void evaluate(OdeFunction f, double[] t, Block z, Block out, Rows rows) {
        evaluation.f = f;
        evaluation.t = t;
        try {
            InputGuard.evaluate(evaluation, z, out, rows);
        } finally {
            evaluation.f = null;
        }
    }

    private void markNonfinite(Rows rows) {
        Block slope = k.head(rows.count());
        engine.norm(slope, norms);
        for (int p = 0; p < rows.count(); p++) {
            broken[rows.index(p)] = !(norms[p] < Double.POSITIVE_INFINITY) && !Finite.row(slope, p);
        }
    }

    /** Whether a row was marked by the last evaluations. */
    boolean isBroken(int b) {
        return broken[b];
    }

    // ---- sums of vectors

    /** {@code z_j = z + h Σ a_jl k_l}, by position. Valid until the next call of any method that returns a state. */
    Block state(int j, Rows rows, StepSizes steps) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            clear(b);
            c[at(b, Z)] = 1;
            for (int l = 1; l < j; l++) {
                c[at(b, l)] = steps.h(b) * Tableau.A[j][l];
            }
        }
        return mix(y, rows);
    }

    /** {@code h Σ e_j k_j}, by position. */
    Block error(Rows rows, StepSizes steps) {
        return slopes(Tableau.E, rows, steps);
    }

    /** The bubble of the dense output, {@code h Σ d_j k_j}, by position. */
    Block bubble(Rows rows, StepSizes steps) {
        return slopes(Tableau.D, rows, steps);
    }

    private Block slopes(double[] weights, Rows rows, StepSizes steps) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            clear(b);
            for (int j = 1; j <= Tableau.STAGES; j++) {
                c[at(b, j)] = steps.h(b) * weights[j];
            }
        }
        return mix(k, rows);
    }

    /** The dense output of the step of each row, by position. θ is by row of the batch: 0 at the start of the step, 1 at its end. */
    Block dense(double[] θ, Rows rows, StepSizes steps) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            clear(b);
            c[at(b, Z)] = 1;
            for (int j = 1; j <= Tableau.STAGES; j++) {
                c[at(b, j)] = steps.h(b) * Tableau.dense(j, θ[b]);
            }
        }
        return mix(y, rows);
    }

    /** A vector of each row, by position. */
    Block gather(int slot, Rows rows) {
        Block out = y.head(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            copy(rows.index(p), slot, out, p);
        }
        return out;
    }

    private void clear(int b) {
        Arrays.fill(c, at(b, 0), at(b, CAPACITY), 0);
    }

    private Block mix(Block out, Rows rows) {
        Block some = out.head(rows.count());
        engine.mix(v, NEXT, c, some, rows);
        return some;
    }
}
