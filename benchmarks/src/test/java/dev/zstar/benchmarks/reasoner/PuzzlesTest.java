package dev.zstar.benchmarks.reasoner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.benchmarks.reasoner.Puzzle.Difficulty;
import java.util.BitSet;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Puzzles have one solution, the difficulty that they claim, and follow from their seed. */
class PuzzlesTest {
    private static final int COUNT = 30;

    @ParameterizedTest
    @ValueSource(ints = {4, 6, 9})
    void everyPuzzleHasOneSolutionAndItIsTheRightOne(int side) {
        Board board = Board.of(side);
        Puzzles puzzles = new Puzzles(board, 1);
        for (int i = 0; i < COUNT; i++) {
            Puzzle puzzle = puzzles.get(i);
            assertThat(puzzle.solutions(2)).as(puzzle.toString()).isEqualTo(1);
            for (int square = 0; square < board.squares(); square++) {
                assertThat(puzzle.clue(square)).isIn(0, puzzle.digit(square));
            }
            requireEveryDigitOnce(puzzle, board::row);
            requireEveryDigitOnce(puzzle, board::column);
            requireEveryDigitOnce(puzzle, board::box);
        }
    }

    /** Every part of the board has every digit in the solution. */
    private static void requireEveryDigitOnce(Puzzle puzzle, IntUnaryOperator part) {
        int side = puzzle.board().side();
        BitSet seen = new BitSet();
        for (int square = 0; square < puzzle.board().squares(); square++) {
            seen.set(part.applyAsInt(square) * side + puzzle.digit(square) - 1);
        }
        assertThat(seen.cardinality()).isEqualTo(side * side);
    }

    @Test
    void aHardPuzzleNeedsAllOfItsClues() {
        Board board = Board.of(6);
        Puzzle puzzle = new Puzzles(board, 5).get(2);
        assertThat(puzzle.difficulty()).isEqualTo(Difficulty.HARD);
        for (int removed = 0; removed < board.squares(); removed++) {
            if (puzzle.clue(removed) != 0) {
                int[] clues = new int[board.squares()];
                int[] solution = new int[board.squares()];
                for (int square = 0; square < clues.length; square++) {
                    clues[square] = square == removed ? 0 : puzzle.clue(square);
                    solution[square] = puzzle.digit(square);
                }
                assertThat(new Puzzle(board, Difficulty.HARD, clues, solution).solutions(2)).isEqualTo(2);
            }
        }
    }

    @Test
    void difficultiesTakeTurnsAndDifferInTheirClues() {
        Puzzles puzzles = new Puzzles(Board.of(9), 7);
        for (int i = 0; i < 3 * 5; i += 3) {
            assertThat(puzzles.get(i).difficulty()).isEqualTo(Difficulty.EASY);
            // 55% of 81 squares, and 42%, rounded down.
            assertThat(puzzles.get(i).given()).isEqualTo(44);
            assertThat(puzzles.get(i + 1).given()).isEqualTo(34);
            assertThat(puzzles.get(i + 2).given()).isBetween(17, 33);
        }
    }

    @Test
    void aPuzzleFollowsFromSeedAndIndexAlone() {
        Puzzles puzzles = new Puzzles(Board.of(6), 3);
        String tenth = puzzles.get(10).toString();
        assertThat(new Puzzles(Board.of(6), 3).get(10)).hasToString(tenth);
        assertThat(puzzles.get(13)).doesNotHaveToString(tenth);
        assertThat(new Puzzles(Board.of(6), 4).get(10)).doesNotHaveToString(tenth);
    }

    @Test
    void cluesThatContradictEachOtherHaveNoSolution() {
        int[] clues = new int[16];
        clues[0] = 1;
        clues[5] = 1; // in the same box
        assertThat(new Puzzle(Board.of(4), Difficulty.HARD, clues, new int[16]).solutions(2)).isZero();
        assertThat(new Puzzle(Board.of(4), Difficulty.HARD, new int[16], new int[16]).solutions(1000)).isEqualTo(288);
    }

    @Test
    void wrongNumbersAreRefused() {
        assertThatThrownBy(() -> Board.of(5)).hasMessage("board: the side is 5, expected 4, 6 or 9");
        assertThatThrownBy(() -> new Puzzles(Board.of(4), 1).get(-1)).hasMessage("puzzles: the index is -1, expected at least 0");
    }
}
