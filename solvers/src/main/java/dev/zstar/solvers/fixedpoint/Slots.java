package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Outcome;
import java.util.Arrays;

/** The slots of a stream. Each slot gets the next problem as soon as its last one is done. */
final class Slots {
    private final Loop loop;
    private final Block states;
    private final StreamHandler feed;
    private final boolean[] idle;

    Slots(Loop loop, Block states, StreamHandler feed) {
        this.loop = loop;
        this.states = states;
        this.feed = feed;
        idle = new boolean[states.rows()];
        Arrays.fill(idle, true);
    }

    /** Loads new problems into idle slots, until there is no problem or no idle slot. */
    void refill() {
        for (int b = 0; b < idle.length; b++) {
            if (idle[b]) {
                if (!feed.load(b, states)) {
                    return;
                }
                idle[b] = false;
                loop.join(b);
            }
        }
    }

    /** Delivers the results of the slots that are done. */
    void handOut(Outcome outcome) {
        for (int b = 0; b < idle.length; b++) {
            if (!idle[b] && outcome.status(b) != null) {
                feed.done(b, states, outcome);
                idle[b] = true;
            }
        }
    }
}
