package dev.zstar.benchmarks.reasoner;

import dev.zstar.benchmarks.reasoner.Puzzle.Difficulty;
import dev.zstar.solvers.parameters.Initialiser;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * An endless sequence of puzzles from a seed. Puzzle i depends on the seed and on i alone, so training that resumes at a step needs no
 * state of a generator. The three difficulties take turns.
 *
 * <p>A puzzle is made from a random solution, by removing digits in random order. A digit is removed only if no other digit in its place
 * leads to a solution.
 *
 * @param board the size
 * @param seed another seed gives other puzzles
 */
public record Puzzles(Board board, long seed) {
    /** The odd number next to 2⁶⁴ divided by the golden ratio: seeds of neighbours differ in many bits. */
    private static final long SPREAD = 0x9e3779b97f4a7c15L;
    private static final List<Difficulty> DIFFICULTIES = List.of(Difficulty.values());

    /** Puzzle {@code index}, from 0. */
    public Puzzle get(long index) {
        if (index < 0) {
            throw new IllegalArgumentException("puzzles: the index is " + index + ", expected at least 0");
        }
        RandomGenerator random = Initialiser.generator((seed * SPREAD + index) * SPREAD);
        Difficulty difficulty = DIFFICULTIES.get((int) (index % DIFFICULTIES.size()));
        Search search = new Search(board);
        search.load(new int[0]);
        search.complete(random);
        int[] solution = search.solution();
        int[] clues = solution.clone();
        int left = clues.length;
        for (int square : shuffled(clues.length, random)) {
            if (left > difficulty.given() * clues.length && isForced(search, clues, square)) {
                clues[square] = 0;
                left--;
            }
        }
        return new Puzzle(board, difficulty, clues, solution);
    }

    /** Whether no other digit in this square leads to a solution. */
    private boolean isForced(Search search, int[] clues, int square) {
        int digit = clues[square];
        try {
            for (int other = 1; other <= board.side(); other++) {
                clues[square] = other;
                if (other != digit && search.load(clues) && search.complete(null)) {
                    return false;
                }
            }
            return true;
        } finally {
            clues[square] = digit;
        }
    }

    private static int[] shuffled(int count, RandomGenerator random) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
