package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.exits.ExitRule;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MultiStart;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Start;
import dev.zstar.solvers.parameters.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Solves test puzzles with a trained model: all rows to the same depth, or as a stream that each puzzle leaves when it is done. */
public final class Inference implements AutoCloseable {
    /** The plain steps, or the evaluations of a solver, after which a puzzle is given up. */
    public static final int MOST = 64;
    /** With it, the model is certain enough of a square to end. */
    private static final double CERTAIN = 0.9;
    /**
     * Anderson acceleration with a window of 1. On 128 6×6 puzzles, of which plain steps solved 96.9%, windows of 1 and 2 solved 96.9% and
     * 92.2%. The default window of 10 solved 77% of 480, and plain steps 99%: the steps on the way to an answer are not those of a linear
     * map, and a longer memory extrapolates past them.
     */
    private static final Anderson.Options ANDERSON = Anderson.Options.DEFAULT.withWindow(1);
    /** The relative residual of an equilibrium. */
    private static final double TOLERANCE = 1e-3;

    /**
     * How well and at which cost the test puzzles were solved.
     *
     * @param squares the fraction of the empty squares that were right
     * @param solved the fraction of the puzzles that were right in every square
     * @param evaluations evaluations of f for a puzzle, on average
     */
    public record Score(double squares, double solved, double evaluations) {}

    /** When a puzzle leaves the stream. */
    public enum Exit {
        /** When the model is certain of every square. */
        CERTAIN,
        /** When no digit has changed for three evaluations in a row. */
        STABLE,
        /** At the equilibrium, to a relative residual of 10⁻³. */
        EQUILIBRIUM
    }

    private final Engine engine;
    private final Allocation owned = new Allocation();
    private final Reasoner model;
    private final Answers answers;
    private final int batch;
    private final List<Puzzle> puzzles = new ArrayList<>();
    private final Rows rows;
    private final Block x;
    private final Block single;
    private final Block z;
    private final Block next;

    Inference(Engine engine, Reasoner.Size size, int batch, Parameters parameters, Puzzles test, int count) {
        this.engine = engine;
        this.batch = batch;
        model = owned.add(new Reasoner(engine, size, batch, owned.add(parameters.copy())));
        answers = owned.add(new Answers(model));
        for (int i = 0; i < count; i++) {
            puzzles.add(test.get(i));
        }
        rows = new Rows(batch);
        x = owned.add(model.inputs(batch)).withHeads();
        single = owned.add(model.inputs(1));
        z = owned.add(model.states(batch)).withHeads();
        next = owned.add(model.states(batch)).withHeads();
    }

    List<Puzzle> puzzles() {
        return puzzles;
    }

    /** The number of test puzzles. */
    public int count() {
        return puzzles.size();
    }

    /** The scores after 1, 2, … {@link #MOST} plain steps. */
    public List<Score> depths() {
        List<Tally> tallies = new ArrayList<>();
        for (int depth = 1; depth <= MOST; depth++) {
            tallies.add(new Tally());
        }
        steps(MOST, (depth, from, states) -> tallies.get(depth - 1).add(from, states, (long) depth * states.rows()));
        return tallies.stream().map(Tally::score).toList();
    }

    /** All puzzles in batches, each for this many plain steps: nothing is measured on the way, and nothing else is computed. */
    public Score lockstep(int depth) {
        Tally tally = new Tally();
        steps(depth, (at, from, states) -> {
            if (at == depth) {
                tally.add(from, states, (long) depth * states.rows());
            }
        });
        return tally.score();
    }

    private interface Watcher {
        void see(int depth, int from, Block states);
    }

    private void steps(int most, Watcher watcher) {
        for (int from = 0; from < puzzles.size(); from += batch) {
            int count = Math.min(batch, puzzles.size() - from);
            for (int row = 0; row < count; row++) {
                model.encode(puzzles.get(from + row), x, row);
            }
            model.map().inject(x.head(count));
            rows.reset(count);
            Block now = z.head(count);
            Block then = next.head(count);
            now.fill(0);
            for (int depth = 1; depth <= most; depth++) {
                model.map().apply(now, then, rows);
                Block swap = now;
                now = then;
                then = swap;
                watcher.see(depth, from, now);
            }
        }
    }

    /**
     * All puzzles as a stream: the next one takes the place of one that is done. A puzzle is given up after {@link #MOST} steps.
     *
     * @param anderson whether Anderson acceleration takes the steps, or they are plain
     */
    public Score stream(Exit exit, boolean anderson) {
        Tally tally = new Tally();
        // The result of an evaluation is known only after the next one, which measures its residual.
        Stopping stopping = Stopping.relative(exit == Exit.EQUILIBRIUM ? TOLERANCE : 0).within(MOST + 1);
        int n = model.size().n();
        try (FixedPointSolver solver = anderson ? Anderson.plan(engine, Type.F32, batch, n, ANDERSON, stopping)
                : Picard.plan(engine, Type.F32, batch, n, 1, stopping);
                ExitRule rule = rule(exit)) {
            EquilibriumStream<Integer> stream = new EquilibriumStream<>(solver, model.map(), (puzzle, slot, start) -> {
                model.encode(puzzles.get(puzzle), single, 0);
                model.map().inject(slot, single);
                start.part(slot, batch).fill(0);
            }, rule);
            stream.run(IntStream.range(0, puzzles.size()).iterator(), z,
                    solved -> tally.add(solved.input(), solved.state(), solved.evaluations()));
        }
        return tally.score();
    }

    private ExitRule rule(Exit exit) {
        return switch (exit) {
            case CERTAIN -> new CertainAnswer(answers, CERTAIN);
            case STABLE -> new StableAnswer(answers, 3);
            case EQUILIBRIUM -> null;
        };
    }

    /**
     * Each puzzle from several starts: zeros and noise. The first start of which the model is certain wins, and its evaluations are counted
     * for all starts.
     */
    public Score starts(int starts) {
        Tally tally = new Tally();
        Start[] all = new Start[starts];
        for (int i = 0; i < starts; i++) {
            all[i] = i == 0 ? Start.zeros() : Start.noise(1, i);
        }
        int usable = batch / starts * starts;
        try (FixedPointSolver solver = Picard.plan(engine, Type.F32, usable, model.size().n(), 1, Stopping.relative(0).within(MOST + 1));
                MultiStart multi = MultiStart.plan(solver, MultiStart.Until.FIRST, all);
                ExitRule rule = rule(Exit.CERTAIN)) {
            for (int from = 0; from < puzzles.size(); from += multi.inputs()) {
                int count = Math.min(multi.inputs(), puzzles.size() - from);
                for (int row = 0; row < count * starts; row++) {
                    model.encode(puzzles.get(from + row / starts), x, row);
                }
                model.map().inject(x.head(count * starts));
                Outcome outcome = multi.solve(model.map(), z.head(count), rule);
                long spent = 0;
                for (int row = 0; row < count * starts; row++) {
                    spent += outcome.evaluations(row);
                }
                tally.add(from, z.head(count), spent);
            }
        }
        return tally.score();
    }

    /** Counts what is right. */
    private final class Tally {
        private int empty;
        private int right;
        private int solved;
        private long evaluations;
        private int seen;

        /** Puzzles from number {@code from} on have ended in these states, after this many evaluations together. */
        void add(int from, Block states, long spent) {
            answers.read(states);
            evaluations += spent;
            for (int p = 0; p < states.rows(); p++) {
                Puzzle puzzle = puzzles.get(from + p);
                int wrong = 0;
                for (int square = 0; square < answers.squares(); square++) {
                    if (puzzle.clue(square) == 0) {
                        empty++;
                        wrong += answers.digit(p, square) == puzzle.digit(square) ? 0 : 1;
                    }
                }
                right += answers.squares() - puzzle.given() - wrong;
                solved += wrong == 0 ? 1 : 0;
                seen++;
            }
        }

        Score score() {
            return new Score((double) right / empty, (double) solved / seen, (double) evaluations / seen);
        }
    }

    @Override
    public void close() {
        owned.close();
    }
}
