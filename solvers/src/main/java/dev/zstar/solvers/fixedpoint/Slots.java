package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import java.util.Arrays;

/** The slots of a stream. Each slot gets the next problem as soon as its last one is done. */
final class Slots {
    private final Engine engine;
    private final Loop loop;
    private final Block states;
    private final StreamHandler feed;
    private final boolean[] idle;
    private final double[] norm = new double[1];

    private Slots(Engine engine, Loop loop, Block states, StreamHandler feed) {
        this.engine = engine;
        this.loop = loop;
        this.states = states;
        this.feed = feed;
        idle = new boolean[states.rows()];
        Arrays.fill(idle, true);
    }

    /** Solves the problems that {@code feed} loads, as many at a time as {@code states} has rows; the observer may be null. */
    static void stream(Engine engine, Loop loop, FixedPointMap f, Block states, StreamHandler feed, RowObserver observer) {
        loop.begin("stream", "the block of states", states, null, observer, false);
        try {
            Slots slots = new Slots(engine, loop, states, feed);
            loop.iterates().rows().reset(0);
            slots.refill();
            while (loop.iterates().rows().count() > 0) {
                if (loop.evaluate(f) > 0) {
                    loop.advance(f);
                }
                slots.handOut(loop.outcome());
                if (!loop.isCancelled()) {
                    slots.refill();
                }
            }
        } finally {
            loop.end();
        }
    }

    /** Loads new problems into idle slots, until there is no problem or no idle slot. */
    private void refill() {
        for (int b = 0; b < idle.length; b++) {
            if (idle[b]) {
                if (!feed.load(b, states)) {
                    return;
                }
                idle[b] = false;
                join(b);
            }
        }
    }

    /** Slot {@code b} has a new problem, whose start is in its state. It joins the active rows. */
    private void join(int b) {
        loop.outcome().begin(b);
        engine.norm(states.part(b, states.rows()), norm);
        loop.start(b, norm[0]);
        Iterates at = loop.iterates();
        at.all().copyRow(states, b, at.rows().count());
        at.rows().append(b);
    }

    /** Delivers the results of the slots that are done. */
    private void handOut(Outcome outcome) {
        for (int b = 0; b < idle.length; b++) {
            if (!idle[b] && outcome.status(b) != null) {
                feed.done(b, states, outcome);
                idle[b] = true;
            }
        }
    }
}
