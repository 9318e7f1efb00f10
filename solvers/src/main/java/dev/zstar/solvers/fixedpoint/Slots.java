package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.internal.Workers;
import java.util.Arrays;

/**
 * The slots of a stream. Each slot gets the next problem as soon as its last one is done. The slots may be divided among the threads of the
 * engine: each takes a step of its own slots, then the calling thread delivers results and loads problems.
 */
final class Slots {
    private final Engine engine;
    private final Loop whole;
    private final Share[] shares;
    private final Block states;
    private final StreamHandler feed;
    private final boolean[] idle;
    private final double[] norm = new double[1];

    /** Slots from {@code first} on, which one thread solves in the rows 0, 1, … of a loop. */
    static final class Share {
        private final Loop loop;
        private final int first;
        private final int count;
        private final FixedPointMap f;
        /** Null if f evaluates all slots. */
        private final ReplicatedMap.Replica replica;

        private Share(Loop loop, int first, int count, FixedPointMap f, ReplicatedMap.Replica replica) {
            this.loop = loop;
            this.first = first;
            this.count = count;
            this.f = f;
            this.replica = replica;
        }

        /** All slots. */
        static Share whole(Loop loop, int count, FixedPointMap f) {
            return new Share(loop, 0, count, f, null);
        }

        /** Some slots, with a loop and a replica of their own. */
        static Share part(Loop loop, int first, int count, ReplicatedMap.Replica replica) {
            return new Share(loop, first, count, replica, replica);
        }

        private int active() {
            return loop.iterates().rows().count();
        }

        private void begin(Block states) {
            if (replica != null) {
                loop.begin(states, count, null, null, false);
                for (int slot = 0; slot < count; slot++) {
                    loop.results().assign(slot, first + slot);
                }
            }
            loop.iterates().rows().reset(0);
        }

        private void end() {
            if (replica != null) {
                loop.end();
            }
        }

        private void step() {
            if (active() > 0 && loop.evaluate(f) > 0) {
                loop.advance(f);
            }
        }
    }

    private Slots(Engine engine, Loop whole, Share[] shares, Block states, StreamHandler feed) {
        this.engine = engine;
        this.whole = whole;
        this.shares = shares;
        this.states = states;
        this.feed = feed;
        idle = new boolean[states.rows()];
        Arrays.fill(idle, true);
    }

    /**
     * Solves the problems that {@code feed} loads, as many at a time as {@code states} has rows.
     *
     * @param whole the loop of the solver
     * @param shares who solves which slots
     * @param observer may be null; must be if there are several shares
     */
    static void stream(Engine engine, Loop whole, Share[] shares, Block states, StreamHandler feed, RowObserver observer) {
        Workers workers = new Workers(engine, shares.length, w -> shares[w].step());
        whole.begin("stream", "the block of states", states, null, observer, false);
        try {
            for (Share share : shares) {
                share.begin(states);
            }
            Slots slots = new Slots(engine, whole, shares, states, feed);
            slots.refill();
            for (int active = slots.active(); active > 0; active = slots.active()) {
                workers.run(active);
                if (shares.length > 1) {
                    whole.outcome().evaluated(active);
                }
                slots.handOut();
                if (!whole.isCancelled()) {
                    slots.refill();
                }
            }
        } finally {
            for (Share share : shares) {
                share.end();
            }
            whole.end();
        }
    }

    private int active() {
        int active = 0;
        for (Share share : shares) {
            active += share.active();
        }
        return active;
    }

    /** Loads new problems into idle slots, until there is no problem or no idle slot. */
    private void refill() {
        for (Share share : shares) {
            for (int slot = 0; slot < share.count; slot++) {
                int b = share.first + slot;
                if (idle[b]) {
                    if (!feed.load(b, states)) {
                        return;
                    }
                    idle[b] = false;
                    join(share, slot, b);
                }
            }
        }
    }

    /** Slot {@code b} has a new problem, whose start is in its state. It joins the active rows of its share. */
    private void join(Share share, int slot, int b) {
        if (share.replica != null) {
            share.replica.load(slot, b);
        }
        share.loop.outcome().begin(slot);
        engine.norm(states.part(b, states.rows()), norm);
        share.loop.start(slot, norm[0]);
        Iterates at = share.loop.iterates();
        at.all().copyRow(states, b, at.rows().count());
        at.rows().append(slot);
    }

    /** Delivers the results of the slots that are done. */
    private void handOut() {
        for (Share share : shares) {
            for (int slot = 0; slot < share.count; slot++) {
                int b = share.first + slot;
                if (!idle[b] && share.loop.outcome().status(slot) != null) {
                    deliver(share, slot, b);
                    idle[b] = true;
                }
            }
        }
    }

    private void deliver(Share share, int slot, int b) {
        if (share.replica != null) {
            whole.adopt(b, share.loop, slot);
        }
        feed.done(b, states, whole.outcome());
    }
}
