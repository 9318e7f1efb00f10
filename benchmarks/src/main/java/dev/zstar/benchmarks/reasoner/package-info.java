/**
 * A looped model that solves Sudokus: puzzles with one solution, the model, its training, and its inference with exits. Uses the public
 * packages of {@code dev.zstar.solvers} only.
 */
package dev.zstar.benchmarks.reasoner;
