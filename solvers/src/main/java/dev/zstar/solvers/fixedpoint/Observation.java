package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.internal.InputGuard;

/** The observer of a solve: it sees the active rows in the units of the map, and the rows that it stops end. */
final class Observation {
    private final Iterates at;
    private final Scales scales;
    private final Termination termination;
    private final Outcome outcome;
    private final Exits exits;
    /** Null for none. */
    private RowObserver observer;

    Observation(Iterates at, Scales scales, Termination termination, Outcome outcome) {
        this.at = at;
        this.scales = scales;
        this.termination = termination;
        this.outcome = outcome;
        exits = new Exits(at.rows().capacity());
    }

    /** A solve begins, or ends; the observer may be null. */
    void by(RowObserver observer) {
        this.observer = observer;
        exits.reset(0);
    }

    /** A new problem begins in row {@code b}. */
    void begin(int b) {
        if (observer != null) {
            observer.begin(b);
        }
    }

    /** Shows the rows that go on after an evaluation to the observer. Returns how many of these {@code left} rows still go on. */
    int show(int left) {
        if (observer == null) {
            return left;
        }
        Block zk = at.z();
        Rows rows = at.rows();
        scales.outward(zk, rows);
        exits.reset(left);
        InputGuard.observe(observer, outcome, zk, rows, exits);
        scales.inward(zk, rows);
        int on = termination.stop(exits);
        return exits.isCancelled() ? termination.endAll(Status.CANCELLED) : on;
    }

    /** Whether the observer has cancelled the solve. */
    boolean isCancelled() {
        return exits.isCancelled();
    }
}
