package dev.zstar.solvers.ode;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Finite;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@link OdeGradientMode.Checkpointed}: backpropagation through the stages of every accepted step. With {@code λ = ∂L/∂z'} after a step,
 * for j from 6 to 1 (the seventh stage belongs to the next step):
 * <pre>
 * k̄_j = h (b_j λ + Σ_l>j a_lj z̄_l),   z̄_j = J(z_j)ᵀ k̄_j,   ∂L/∂θ += k̄_jᵀ ∂f/∂θ(z_j)
 * ∂L/∂z = λ + Σ z̄_j</pre>
 * Each row walks back through its own steps, one checkpoint to the next.
 */
final class CheckpointedWay<G> implements WayBack<G> {
    private static final int LAST = Tableau.STAGES - 1;
    private final Engine engine;
    private final OwnedMemory memory;
    private final DifferentiableOde<G> f;
    private final DormandPrince solver;
    private final Checkpoints checkpoints;
    /** The states of a segment, by step since its checkpoint. */
    private final List<Block> segment = new ArrayList<>();
    /** λ, and z̄_j in slot j. */
    private final Basis cotangents;
    private final double[] c;
    private final double[] ones;
    private final double[] times;
    private final double[] norms;
    private final Block u;
    private final Block w;
    /** By row of the batch: the steps that are left, and the first of the segment. */
    private final int[] left;
    private final int[] first;
    private final Rows walking;
    private final Rows rows;
    private int values;
    private int products;

    /** @param solver the solver of the forward pass, whose stages are free in a backward pass */
    CheckpointedWay(Engine engine, OwnedMemory memory, Type type, int batch, int n, DifferentiableOde<G> f, DormandPrince solver,
            int every) {
        this.engine = engine;
        this.memory = memory;
        this.f = f;
        this.solver = solver;
        checkpoints = memory.add(new Checkpoints(engine, type, batch, n, every), Checkpoints::close, Checkpoints::bytes);
        Workspace workspace = memory.add(new Workspace(engine, type, batch, n), Workspace::close, Workspace::bytes);
        cotangents = workspace.basis(LAST + 1);
        u = workspace.block();
        w = workspace.block();
        ones = workspace.ones();
        c = new double[batch * (LAST + 1)];
        times = new double[batch];
        norms = new double[batch];
        left = new int[batch];
        first = new int[batch];
        walking = new Rows(batch);
        rows = new Rows(batch);
    }

    @Override
    public StepListener listen() {
        checkpoints.clear();
        return checkpoints;
    }

    @Override
    public void run(OdePass pass, Block a, Rows used, G sum, OdeGradientOutcome outcome) {
        values = 0;
        products = 0;
        walking.reset(0);
        for (int p = 0; p < used.count(); p++) {
            int b = used.index(p);
            cotangents.block().copyRow(a, b, b * (LAST + 1));
            left[b] = checkpoints.steps(b);
            if (left[b] > 0) {
                walking.append(b);
            }
        }
        while (walking.count() > 0) {
            walk(pass, sum);
        }
        for (int p = 0; p < used.count(); p++) {
            a.copyRow(cotangents.block(), used.index(p) * (LAST + 1), used.index(p));
        }
        engine.norm(a, norms);
        for (int p = 0; p < used.count(); p++) {
            int b = used.index(p);
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(a, b);
            outcome.backward(b, finite ? OdeStatus.REACHED_END : OdeStatus.NONFINITE_FUNCTION);
        }
        outcome.spent(values, products);
    }

    /** Goes back through a segment of each row. */
    private void walk(OdePass pass, G sum) {
        int longest = 0;
        for (int p = 0; p < walking.count(); p++) {
            int b = walking.index(p);
            first[b] = checkpoints.before(b, left[b]);
            longest = Math.max(longest, left[b] - first[b]);
        }
        while (segment.size() < longest) {
            segment.add(memory.block(u.type(), u.rows(), u.cols()));
        }
        for (int p = 0; p < walking.count(); p++) {
            checkpoints.copy(walking.index(p), first[walking.index(p)], segment.getFirst(), walking.index(p));
        }
        replay(longest);
        for (int i = longest - 1; i >= 0; i--) {
            take(i, 0);
            back(pass, sum);
        }
        int on = 0;
        for (int p = 0; p < walking.count(); p++) {
            int b = walking.index(p);
            left[b] = first[b];
            if (left[b] > 0) {
                walking.place(on++, b);
            }
        }
        walking.truncate(on);
    }

    /** Computes the states of the segments from their checkpoints. */
    private void replay(int longest) {
        Stages stages = solver.stages();
        for (int i = 0; i + 1 < longest; i++) {
            // The first stage is the last one of the step before, except at a checkpoint.
            take(i, 1);
            if (i == 0) {
                stages.first(f, rows, solver.steps());
                values++;
            }
            stages.attempt(f, Tableau.STAGES, rows, solver.steps());
            values += StepControl.PER_STEP;
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                stages.copy(b, Stages.NEXT, segment.get(i + 1), b);
                stages.advance(b);
            }
        }
    }

    /** Selects the rows with more than {@code i + more} steps in their segments, and sets their times and states to those of step i. */
    private void take(int i, int more) {
        rows.reset(0);
        for (int p = 0; p < walking.count(); p++) {
            int b = walking.index(p);
            if (first[b] + i + more < left[b]) {
                rows.append(b);
                checkpoints.repeat(b, first[b] + i, solver.steps());
                solver.stages().put(b, Stages.Z, segment.get(i), b);
            }
        }
    }

    /** Goes back through a step of the selected rows. */
    private void back(OdePass pass, G sum) {
        Stages stages = solver.stages();
        StepSizes steps = solver.steps();
        int count = rows.count();
        stages.first(f, rows, steps);
        stages.attempt(f, LAST, rows, steps);
        values += LAST;
        Block kBar = u.head(count);
        Block zBar = w.head(count);
        for (int j = LAST; j >= 1; j--) {
            for (int p = 0; p < count; p++) {
                int b = rows.index(p);
                int at = b * (LAST + 1);
                Arrays.fill(c, at, at + LAST + 1, 0);
                c[at] = steps.h(b) * Tableau.B[j];
                for (int l = j + 1; l <= LAST; l++) {
                    c[at + l] = steps.h(b) * Tableau.A[l][j];
                }
            }
            engine.mix(cotangents, LAST + 1, c, kBar, rows);
            Block z = stages.state(j, rows, steps);
            f.linearise(steps.times(j, rows, times), z, rows);
            f.gradients(kBar, z, pass.x(rows), rows, sum);
            f.vjp(kBar, zBar, rows);
            products++;
            engine.store(zBar, ones, cotangents, j, rows);
        }
        for (int p = 0; p < count; p++) {
            int at = rows.index(p) * (LAST + 1);
            Arrays.fill(c, at, at + LAST + 1, 1);
        }
        engine.mix(cotangents, LAST + 1, c, kBar, rows);
        engine.store(kBar, ones, cotangents, 0, rows);
    }
}
