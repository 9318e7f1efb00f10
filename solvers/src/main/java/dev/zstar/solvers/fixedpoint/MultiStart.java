package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Exits;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.guard.Plural;

/**
 * Solves each input from k starts, and returns the one with the lowest residual. A map with several equilibria may find one from one start
 * and miss it from another. Equilibrium reasoners (Huang, Geng and Kolter 2026, arXiv 2605.21488) scale this breadth in addition to the
 * depth of a solve.
 *
 * <p>The starts of an input are rows of one batch, so one product serves them all: start j of input i is row {@code i k + j} of the batch
 * of the solver and of the map. The map needs the input in each of these rows, which {@link #repeat} arranges:
 *
 * <pre>{@code
 * try (MultiStart starts = MultiStart.plan(solver, MultiStart.Until.FIRST, Start.given(), Start.zeros(), Start.noise(1, 42))) {
 *     starts.repeat(x, repeated);                   // repeated: 3 · inputs rows
 *     cell.inject(repeated);
 *     Outcome outcome = starts.solve(cell, z);      // z: a row for each input; start and result
 *     outcome.status(starts.row(i));                // how the winner of input i ended
 * }
 * }</pre>
 *
 * <p>The winner is chosen among the starts that met the stopping rule, or among all if none did. Of several with the same residual the one
 * with the lowest number wins. On a reproducible engine the winner of an input, and all bits of its result, are the same whatever the other
 * inputs are. After its first solve it allocates nothing. Holds one block, of the size of the solver's batch. Not thread-safe; the solver
 * is not closed.
 */
public final class MultiStart implements AutoCloseable {
    /** When an input is done. */
    public enum Until {
        /**
         * As soon as one of its starts has met the stopping rule. Its other starts end at the same evaluation, with
         * {@link Status#STOPPED_BY_OBSERVER}.
         */
        FIRST,
        /** When all of its starts have ended. */
        ALL
    }

    private final FixedPointSolver solver;
    private final Until until;
    private final Start[] starts;
    private final OwnedMemory memory;
    private final Block states;
    private final Settled settled = new Settled();
    /** By input: whether one of its starts has met the stopping rule; and its winner. */
    private final boolean[] done;
    private final int[] winners;
    /** By row of the solver's batch: whether the row was stopped because another start was done. */
    private final boolean[] outrun;
    private int inputs;

    private MultiStart(FixedPointSolver solver, Until until, Start... starts) {
        this.solver = solver;
        this.until = until;
        this.starts = starts;
        memory = new OwnedMemory(solver.engine());
        states = memory.block(solver.type(), solver.batch(), solver.n());
        // Makes the views of single rows now, so that no solve has to.
        states.part(0, states.rows());
        done = new boolean[solver.batch() / starts.length];
        winners = new int[done.length];
        outrun = new boolean[solver.batch()];
    }

    /**
     * Plans for {@code solver.batch() / starts.length} inputs.
     *
     * @param solver its batch is a multiple of the number of starts
     */
    public static MultiStart plan(FixedPointSolver solver, Until until, Start... starts) {
        Arguments.present("MultiStart", "the solver", solver);
        Arguments.present("MultiStart", "the choice when an input is done", until);
        Arguments.atLeast("MultiStart", "the number of starts", Arguments.present("MultiStart", "the array of starts", starts).length, 1);
        for (int j = 0; j < starts.length; j++) {
            Arguments.present("MultiStart", "start " + j, starts[j]);
        }
        if (solver.batch() % starts.length != 0) {
            throw new IllegalArgumentException("MultiStart: the batch of the solver is " + solver.batch() + ", expected a multiple of "
                    + starts.length + ", the number of starts");
        }
        return new MultiStart(solver, until, starts.clone());
    }

    /** The number k of starts of each input. */
    public int starts() {
        return starts.length;
    }

    /** The most inputs of a solve. */
    public int inputs() {
        return done.length;
    }

    /**
     * Copies row i of {@code x} to rows {@code i k … i k + k - 1} of {@code repeated}.
     *
     * @param x the inputs, in the order of the states
     * @param repeated {@code k x.rows() × x.cols()}
     */
    public void repeat(Block x, Block repeated) {
        Arguments.present("repeat", "x", x).requireOpen("repeat", "x");
        Arguments.present("repeat", "the repeated x", repeated)
                .requireShape("repeat", "the repeated x", x.type(), Math.multiplyExact(x.rows(), starts.length), x.cols());
        Arguments.disjoint("repeat", "x", x, "the repeated x", repeated);
        for (int row = 0; row < repeated.rows(); row++) {
            repeated.copyRow(x, row / starts.length, row);
        }
    }

    /**
     * Solves each input from all starts.
     *
     * @param f the map, with an input for each of the {@code k z.rows()} rows
     * @param z the given states, a row for each input; overwritten with the results of the winners. If f throws, it is unchanged
     * @return the outcome of all starts, by row of the solver's batch; valid until the solver's next solve
     */
    public Outcome solve(FixedPointMap f, Block z) {
        return solve(f, z, null);
    }

    /**
     * The same with an observer, which sees all starts, by row of the solver's batch. A start that it stops has met the stopping rule.
     *
     * @param observer may be null
     */
    public Outcome solve(FixedPointMap f, Block z, RowObserver observer) {
        Arguments.present("solve", "the map", f);
        Arguments.present("solve", "the block of states", z)
                .requireShape("solve", "the block of states", solver.type(), z.rows(), solver.n());
        if (z.rows() > done.length) {
            throw new IllegalArgumentException("solve: the block of states has " + Plural.of(z.rows(), "row") + ", expected at most "
                    + done.length + ", one for each input");
        }
        Arguments.disjoint("solve", "the block of states", z, "the results of all starts", states);
        inputs = 0;
        int k = starts.length;
        for (int row = 0; row < k * z.rows(); row++) {
            starts[row % k].write(z, row / k, states, row);
        }
        settled.user = observer;
        Outcome outcome;
        try {
            outcome = solver.solve(f, states.head(k * z.rows()), settled);
        } finally {
            settled.user = null;
        }
        inputs = z.rows();
        for (int i = 0; i < inputs; i++) {
            winners[i] = winner(outcome, i);
            z.copyRow(states, row(i), i);
        }
        return outcome;
    }

    /** The winner among the starts of input {@code i}. */
    private int winner(Outcome outcome, int i) {
        int best = 0;
        for (int j = 1; j < starts.length; j++) {
            int row = i * starts.length + j;
            int other = i * starts.length + best;
            boolean met = metRule(outcome, row);
            boolean otherMet = metRule(outcome, other);
            // A residual of NaN is the worst.
            boolean lower = outcome.residual(row) < outcome.residual(other)
                    || Double.isNaN(outcome.residual(other)) && !Double.isNaN(outcome.residual(row));
            if (met != otherMet ? met : lower) {
                best = j;
            }
        }
        return best;
    }

    private boolean metRule(Outcome outcome, int row) {
        return outcome.status(row).isSuccess() && !outrun[row];
    }

    /** The number of the start that won, for input {@code i} of the last solve. */
    public int winner(int i) {
        return winners[Arguments.row("winner", i, inputs)];
    }

    /** The row of the outcome that belongs to the winner of input {@code i}. */
    public int row(int i) {
        return i * starts.length + winner(i);
    }

    /** The results of all starts of the last solve, by row of the solver's batch: {@code k inputs × n}. Valid until the next solve. */
    public Block states() {
        return states.head(inputs * starts.length);
    }

    /** The bytes that this object holds, without the solver. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }

    /** Ends the other starts of an input that is done. */
    private final class Settled implements RowObserver {
        /** Null for none. */
        private RowObserver user;

        @Override
        public void begin(int b) {
            outrun[b] = false;
            done[b / starts.length] = false;
            if (user != null) {
                user.begin(b);
            }
        }

        @Override
        public void evaluated(Outcome progress, Block z, Rows rows, Exits exits) {
            if (user != null) {
                user.evaluated(progress, z, rows, exits);
            }
            if (until == Until.ALL) {
                return;
            }
            for (int b = 0; b < progress.batch(); b++) {
                Status status = progress.status(b);
                done[b / starts.length] |= status != null && status.isSuccess();
            }
            for (int p = 0; p < rows.count(); p++) {
                done[rows.index(p) / starts.length] |= exits.isStopped(p);
            }
            for (int p = 0; p < rows.count(); p++) {
                int b = rows.index(p);
                if (done[b / starts.length] && !exits.isStopped(p)) {
                    exits.stop(p);
                    outrun[b] = true;
                }
            }
        }
    }
}
