package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Equilibria of a sequence of inputs, with a fixed number of them in flight. A slot gets the next input as soon as its row is done
 * ({@link FixedPointSolver#stream}). Results come as they finish, or in the order of the inputs. For looped transformers this is known as
 * <em>continuous depth batching</em>, or continuous depth-wise batching (Bae et al. 2024, arXiv 2410.20672): rows of different depth share
 * each evaluation.
 *
 * <p>The iterator is asked for an input only when a slot is free. The iterator, the loader and the consumer run in the thread that called
 * {@code run}, so an empty input queue or a slow consumer pauses the solves, and nothing queues up in between. If {@code hasNext} blocks,
 * the rows in flight wait as well. To let them finish, implement {@link StreamHandler#load} so that it returns false while there is no
 * input, and call {@link FixedPointSolver#stream}. In ordered mode, results that overtook others wait in the rows of {@code waiting}. When
 * all of these are full, no input is requested until the oldest one is done.
 *
 * <p>If the map has {@linkplain FixedPointMap#replicas replicas} and there is no observer, the threads of the engine divide 16 slots or
 * more among them. They evaluate the map; everything else runs in the calling thread.
 *
 * <p>An exception of the map, the iterator, the loader or the consumer ends the stream and reaches the caller unchanged. Results in flight
 * are lost, and an input that was taken from the iterator is not given back. The solver can be used again. Each result allocates one
 * {@link Solved}. Not thread-safe; the solver and the map are in use until {@code run} returns.
 *
 * @param <I> an input
 */
public final class EquilibriumStream<I> {
    /** Gives an input to the map, and a start to the solver. */
    @FunctionalInterface
    public interface Loader<I> {
        /**
         * Loads an input.
         *
         * @param slot the row of the batch that gets this input
         * @param start the block whose row {@code slot} is the start. That row holds the last result of the slot, at first what the caller
         *     put there. Leave it for a warm start, or overwrite it
         */
        void load(I input, int slot, Block start);
    }

    /**
     * A result.
     *
     * @param index the number of the input, from 0
     * @param state the result, {@code 1 × n}; valid during the call
     */
    public record Solved<I>(long index, I input, Block state, Status status, double residual, int evaluations) {}

    private final FixedPointSolver solver;
    private final FixedPointMap map;
    private final Loader<I> loader;
    /** Null for none. */
    private final RowObserver observer;

    /**
     * Streams solves of {@code map} by {@code solver}. There can be at most as many slots as the solver's batch has rows.
     *
     * @throws IllegalArgumentException if the stopping rule of the solver has a time budget, a trace or recorded states
     */
    public EquilibriumStream(FixedPointSolver solver, FixedPointMap map, Loader<I> loader) {
        this(solver, map, loader, null);
    }

    /**
     * The same with an observer, which may end single rows: the exits of a looped model. An observer that cancels ends the stream: the rows
     * in flight are delivered with {@link Status#CANCELLED}, and no further input is requested.
     *
     * @param observer may be null
     */
    public EquilibriumStream(FixedPointSolver solver, FixedPointMap map, Loader<I> loader, RowObserver observer) {
        this.solver = Arguments.present("stream", "the solver", solver);
        solver.requireStreamable();
        this.map = Arguments.present("stream", "the map", map);
        this.loader = Arguments.present("stream", "the loader", loader);
        this.observer = observer;
    }

    /**
     * Solves all inputs, and delivers each result as soon as it is ready.
     *
     * @param states the starts, and memory for the rows in flight, {@code slots × n}; afterwards it holds the last result of each slot
     */
    public void run(Iterator<? extends I> inputs, Block states, Consumer<? super Solved<I>> results) {
        require(inputs, states, results);
        solver.stream(map, states, new InFlight(inputs, states.rows(), results), observer);
    }

    /**
     * Solves all inputs, and delivers the results in the order of the inputs.
     *
     * @param waiting memory for results that overtook others, {@code places × n}. The more places, the less a slow row delays the others
     */
    public void runInOrder(Iterator<? extends I> inputs, Block states, Block waiting, Consumer<? super Solved<I>> results) {
        require(inputs, states, results);
        Arguments.present("stream", "the waiting block", waiting);
        Arguments.atLeast("stream", "the number of rows of the waiting block", waiting.rows(), 1);
        waiting.requireShape("stream", "the waiting block", states.type(), waiting.rows(), states.cols());
        Arguments.disjoint("stream", "the states", states, "the waiting block", waiting);
        Reorder<I> reorder = new Reorder<>(waiting, results);
        solver.stream(map, states, new InFlight(inputs, states.rows(), reorder) {
            @Override
            boolean room() {
                return reorder.accepts(next);
            }
        }, observer);
    }

    private static void require(Iterator<?> inputs, Block states, Consumer<?> results) {
        Arguments.present("stream", "the iterator of inputs", inputs);
        Arguments.present("stream", "the consumer of results", results);
        if (Arguments.present("stream", "the block of states", states).rows() < 1) {
            throw new IllegalArgumentException(
                    "stream: the block of states has 0 rows, expected at least 1, one for each problem in flight");
        }
    }

    /** Moves inputs into slots, and results out of them. */
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
            I value = inputs.next();
            loader.load(value, b, states);
            input.set(b, value);
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
     * Delivers results in order. Result i waits in place {@code i mod places}, which is free because no input further ahead is requested.
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
            places.set(place, new Solved<>(solved.index(), solved.input(), waiting.part(place, waiting.rows()), solved.status(),
                    solved.residual(), solved.evaluations()));
            for (int at = (int) (oldest % places.size()); places.get(at) != null; at = (int) (oldest % places.size())) {
                Solved<I> first = places.get(at);
                places.set(at, null);
                oldest++;
                results.accept(first);
            }
        }
    }
}
