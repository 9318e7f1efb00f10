package dev.zstar.benchmarks.reasoner;

import java.util.Arrays;

/** A Sudoku with exactly one solution. */
public final class Puzzle {
    /** How many squares are given. */
    public enum Difficulty {
        /** 55% of the squares. */
        EASY(0.55),
        /** 42% of the squares. */
        MEDIUM(0.42),
        /** So few that the solution would not be unique with any of them less. */
        HARD(0);

        private final double given;

        Difficulty(double given) {
            this.given = given;
        }

        /** The fraction of the squares that are given, if that leaves the solution unique. */
        double given() {
            return given;
        }
    }

    private final Board board;
    private final Difficulty difficulty;
    private final int[] clues;
    private final int[] solution;

    Puzzle(Board board, Difficulty difficulty, int[] clues, int[] solution) {
        this.board = board;
        this.difficulty = difficulty;
        this.clues = clues.clone();
        this.solution = solution.clone();
    }

    /** The size. */
    public Board board() {
        return board;
    }

    /** How many squares are given. */
    public Difficulty difficulty() {
        return difficulty;
    }

    /** The digit that is given in a square; 0 if it is empty. */
    public int clue(int square) {
        return clues[square];
    }

    /** The digit of a square in the solution. */
    public int digit(int square) {
        return solution[square];
    }

    /** The number of squares that are given. */
    public int given() {
        return (int) Arrays.stream(clues).filter(digit -> digit != 0).count();
    }

    /** How many solutions there are, but at most {@code limit}: found by search, not from what the generator knows. */
    int solutions(int limit) {
        Search search = new Search(board);
        return search.load(clues) ? search.count(limit) : 0;
    }

    /** The clues row by row, a dot for an empty square. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int square = 0; square < clues.length; square++) {
            text.append(clues[square] == 0 ? "." : Integer.toString(clues[square]));
        }
        return text.toString();
    }
}
