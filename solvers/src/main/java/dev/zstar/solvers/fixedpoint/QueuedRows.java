package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;

/**
 * Solves rows of a larger batch in the slots of a loop. The rows of a group begin together, so in each evaluation they mostly do the same.
 * If each row that is done made room for the next one at once, the rows would soon be at different steps, where their branches are hard to
 * predict: with n = 64 this cost a fifth of the time. So a group goes on until all its rows are done. But if a few of them take long, the
 * free slots are filled once they have missed half as many evaluations as the rows of the group have made.
 */
final class QueuedRows {
    private final Engine engine;
    private final Loop loop;
    private final Iterates at;
    private final Rows rows;
    private final BestIterates results;
    private final int slots;
    private final double[] norms;

    /** @param slots the most rows of the loop */
    QueuedRows(Engine engine, Loop loop, int slots) {
        this.engine = engine;
        this.loop = loop;
        this.slots = slots;
        at = loop.iterates();
        rows = at.rows();
        results = loop.results();
        norms = new double[slots];
        for (int i = 0; i < 3; i++) {
            // Makes the views of single rows now, so that no solve has to.
            at.all().part(0, slots);
            at.swap();
        }
    }

    /**
     * Solves rows of {@code result}, from the starts that they hold.
     *
     * @param f the map of the slots
     * @param queue gives out rows, and takes how they ended
     * @param tolerances by slot, filled by the queue; null for that of the stopping rule
     */
    void solve(FixedPointMap f, Block result, RowQueue queue, double[] tolerances) {
        loop.begin(result, slots, tolerances, null, false);
        try {
            rows.reset(0);
            fill(queue);
            int filled = rows.count();
            long made = 0;
            long missed = 0;
            while (rows.count() > 0 && queue.goesOn()) {
                made += rows.count();
                missed += filled - rows.count();
                int active = loop.evaluate(f);
                if (active > 0) {
                    loop.advance(f);
                }
                if (active == 0 || 2 * missed > made) {
                    fill(queue);
                    filled = rows.count();
                    made = 0;
                    missed = 0;
                }
            }
        } finally {
            loop.end();
        }
    }

    /** Hands out the rows that are done, and fills the slots that are free. */
    private void fill(RowQueue queue) {
        int from = rows.count();
        for (int slot = 0; slot < slots && from < slots; slot++) {
            int row = queue.isFree(slot, loop.outcome()) ? queue.next(slot) : -1;
            if (row >= 0) {
                results.assign(slot, row);
                loop.outcome().begin(slot);
                at.all().copyRow(results.result(), row, rows.count());
                rows.append(slot);
            }
        }
        if (from == 0 && rows.count() > 0) {
            engine.norm(at.z(), norms);
        }
        for (int p = from; p < rows.count(); p++) {
            if (from > 0) {
                engine.norm(at.all().part(p, slots), norms);
            }
            loop.start(rows.index(p), norms[from > 0 ? 0 : p]);
        }
    }
}
