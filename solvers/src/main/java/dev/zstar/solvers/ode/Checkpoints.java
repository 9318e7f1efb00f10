package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Arrays;

/**
 * The times of all steps of a solve, and every k-th state. The number of steps N is not known beforehand. To hold about √N states, a row
 * starts with k = 1, and doubles k each time that it holds 2 k states, which drops every other one.
 */
final class Checkpoints implements StepListener, AutoCloseable {
    private final int every;
    private final StatePool pool;
    private final AcceptedSteps steps;
    private final int[] spacing;
    private final int[] kept;

    /** @param every k; 0 for about √N */
    Checkpoints(Engine engine, Type type, int batch, int n, int every) {
        this.every = every;
        pool = new StatePool(engine, type, n, 1);
        steps = new AcceptedSteps(batch);
        spacing = new int[batch];
        kept = new int[batch];
    }

    /** Forgets the last solve. */
    void clear() {
        pool.clear();
        steps.clear();
        Arrays.fill(spacing, Math.max(1, every));
        Arrays.fill(kept, 0);
    }

    @Override
    public void begin(Stages stages, StepSizes sizes, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            point(stages, rows.index(p), sizes.t(rows.index(p)), Stages.Z);
        }
    }

    @Override
    public void accepted(Stages stages, StepSizes sizes, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            steps.step(b, sizes.h(b));
            if (sizes.isLast(b)) {
                steps.append(b, sizes.end(b), -1);
            } else {
                point(stages, b, sizes.end(b), Stages.NEXT);
            }
        }
    }

    private void point(Stages stages, int b, double t, int state) {
        int i = steps.points(b);
        int slot = -1;
        if (i % spacing[b] == 0) {
            if (every == 0 && kept[b] == 2 * spacing[b]) {
                thin(b);
            }
            slot = pool.acquire();
            pool.put(slot, 0, stages.vectors(), stages.at(b, state));
            kept[b]++;
        }
        steps.append(b, t, slot);
    }

    private void thin(int b) {
        for (int i = spacing[b]; i < steps.points(b); i += 2 * spacing[b]) {
            pool.release(steps.slot(b, i));
            steps.slot(b, i, -1);
            kept[b]--;
        }
        spacing[b] *= 2;
    }

    /** The steps of row b. */
    int steps(int b) {
        return steps.steps(b);
    }

    /** The last step before step {@code end} whose start is kept. */
    int before(int b, int end) {
        return (end - 1) / spacing[b] * spacing[b];
    }

    /** The number of states that row b holds. */
    int kept(int b) {
        return kept[b];
    }

    /** Copies the start of step i of row b. */
    void copy(int b, int i, Block to, int row) {
        pool.copy(steps.slot(b, i), 0, to, row);
    }

    /** Sets the times of step i of row b, as they were in the solve. */
    void repeat(int b, int i, StepSizes sizes) {
        sizes.repeat(b, steps.t(b, i), steps.h(b, i), steps.t(b, i + 1));
    }

    /** The bytes that it holds now. */
    long bytes() {
        return pool.bytes();
    }

    @Override
    public void close() {
        pool.close();
    }
}
