package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Equilibria of a sequence of inputs, a fixed number of them in flight: a slot takes the next input the moment its row has converged
 * ({@link FixedPointSolver#stream}). Results come as they finish, or in the order of the inputs.
 *
 * <p>The iterator is asked for an input only when a slot is free, and the consumer is called on the same thread; so a queue behind the one
 * and a slow reader behind the other hold the work up, and nothing piles up in between. In order, results that overtook others wait, in at
 * most {@code waiting} places; when all are taken no input is asked for until the oldest is done.
 *
 * @param <I> an input
 */
public final class EquilibriumStream<I> {
    /** Gives an input to the map, and a start to the solver. */
    @FunctionalInterface
    public interface Loader<I> {
        /**
         * @param slot the row of the batch whose input this becomes
         * @param start row {@code slot} of it is the start; it holds the result that the slot found last, zeros at first, and may be left
         *     so
         */
        void load(I input, int slot, Block start);
    }

    /**
     * A result.
     *
     * @param index of the input, from 0
     * @param state {@code 1 × n}; valid during the call
     */
    public record Solved<I>(long index, I input, Block state, Status status, double residual, int evaluations) {}

    private final FixedPointSolver solver;
    private final FixedPointMap map;
    private final Loader<I> loader;

    /** A stream of solves of {@code map} by {@code solver}, whose batch is the number of slots at most. */
    public EquilibriumStream(FixedPointSolver solver, FixedPointMap map, Loader<I> loader) {
        this.solver = Arguments.present("stream", "the solver", solver);
        this.map = Arguments.present("stream", "the map", map);
        this.loader = Arguments.present("stream", "the loader", loader);
    }

    /**
     * Solves all inputs, and hands out each result as soon as there is one.
     *
     * @param states room for the rows in flight, {@code slots × n}; left with the last result of each slot
     */
    public void run(Iterator<? extends I> inputs, Block states, Consumer<? super Solved<I>> results) {
        require(inputs, states, results);
        solver.stream(map, states, new InFlight(inputs, states.rows(), results));
    }

    /**
     * Solves all inputs, and hands out the results in their order.
     *
     * @param waiting room for results that overtook others, {@code places × n}; the more, the less a slow row holds the others up
     */
    public void runInOrder(Iterator<? extends I> inputs, Block states, Block waiting, Consumer<? super Solved<I>> results) {
        require(inputs, states, results);
        if (Arguments.present("stream", "the waiting room", waiting).rows() < 1) {
            throw new IllegalArgumentException("stream: no place for results that wait; expected at least 1");
        }
        waiting.requireShape("stream", "the waiting room", states.type(), waiting.rows(), states.cols());
        Arguments.disjoint("stream", "the states", states, "the waiting room", waiting);
        Reorder<I> reorder = new Reorder<>(waiting, results);
        solver.stream(map, states, new InFlight(inputs, states.rows(), reorder) {
            @Override
            boolean room() {
                return reorder.accepts(next);
            }
        });
    }

    private static void require(Iterator<?> inputs, Block states, Consumer<?> results) {
        Arguments.present("stream", "the iterator of inputs", inputs);
        Arguments.present("stream", "the consumer of results", results);
        if (Arguments.present("stream", "the block of states", states).rows() < 1) {
            throw new IllegalArgumentException("stream: the states have no row, expected one for each problem in flight");
        }
    }

    /** Inputs into slots, results out of them. */
    private class InFlight implements StreamHandler {
        private final Iterator<? extends I> inputs;
        private final Consumer<? super Solved<I>> results;
        private final List<I> input;
        private final long[] index;
        /** The number of the next input. */
        long next;

        InFlight(Iterator<? extends I> inputs, int slots, Consumer<? super Solved<I>> results) {
            this.inputs = inputs;
            this.results = results;
            input = new ArrayList<>(Collections.nCopies(slots, null));
            index = new long[slots];
        }

        boolean room() {
            return true;
        }

        @Override
        public boolean load(int b, Block states) {
            if (!room() || !inputs.hasNext()) {
                return false;
            }
            I taken = inputs.next();
            loader.load(taken, b, states);
            input.set(b, taken);
            index[b] = next++;
            return true;
        }

        @Override
        public void done(int b, Block states, Outcome outcome) {
            results.accept(new Solved<>(
                    index[b], input.get(b), states.part(b, states.rows()), outcome.status(b), outcome.residual(b), outcome.evaluations(b)));
        }
    }

    /**
     * Hands results on in order. Result i waits in place {@code i mod places}, which is free since no input is taken that is further ahead.
     */
    private static final class Reorder<I> implements Consumer<Solved<I>> {
        private final Block waiting;
        private final Consumer<? super Solved<I>> results;
        private final List<Solved<I>> places;
        private long oldest;

        Reorder(Block waiting, Consumer<? super Solved<I>> results) {
            this.waiting = waiting;
            this.results = results;
            places = new ArrayList<>(Collections.nCopies(waiting.rows(), null));
        }

        boolean accepts(long index) {
            return index < oldest + places.size();
        }

        @Override
        public void accept(Solved<I> solved) {
            int place = (int) (solved.index() % places.size());
            waiting.copyRow(solved.state(), 0, place);
            places.set(place, new Solved<>(solved.index(), solved.input(), waiting.part(place, waiting.rows()), solved.status(), solved.residual(),
                    solved.evaluations()));
            for (int at = (int) (oldest % places.size()); places.get(at) != null; at = (int) (oldest % places.size())) {
                Solved<I> first = places.get(at);
                places.set(at, null);
                oldest++;
                results.accept(first);
            }
        }
    }
}
