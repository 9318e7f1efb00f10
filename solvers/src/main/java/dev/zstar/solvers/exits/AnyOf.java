package dev.zstar.solvers.exits;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.Outcome;

/** Ends a row that one of several rules ends. */
record AnyOf(Parts parts) implements ExitRule {
    AnyOf(ExitRule... rules) {
        this(new Parts("any", rules));
    }

    @Override
    public void begin(int b) {
        parts.begin(b);
    }

    @Override
    public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
        // Every rule sees every evaluation, since it may compare them.
        for (ExitRule rule : parts.rules()) {
            rule.evaluated(progress, z, rows, exits);
        }
    }

    @Override
    public long bytes() {
        return parts.bytes();
    }

    @Override
    public void close() {
        parts.close();
    }
}
