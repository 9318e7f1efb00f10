/**
 * Fixed points from the literature, each with its source and what is known of its solution, on which forward solvers are compared. Textbook
 * versions of Anderson acceleration and GMRES are here for comparison, and a dense cell that is not described as a graph.
 *
 * <p>The code is plain f64 Java, written as the formulas stand. It uses StrictMath, whose bits are the same on every machine: where a map
 * does not contract, the last bit can double a count. Only sines and cosines in maps are from Math, since those of StrictMath allocate.
 *
 * <p>May use blocks and the interfaces and cells of the solvers, but no solver.
 */
package dev.zstar.benchmarks.problems;
