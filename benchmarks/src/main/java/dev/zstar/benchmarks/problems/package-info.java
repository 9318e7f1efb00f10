/**
 * Fixed points from the literature, each with its source and what is known of it, on which forward solvers are compared, and the textbook's
 * Anderson acceleration to compare with. Plain f64 Java, written as the formulas stand, with StrictMath, whose bits are the same on every
 * machine: where a map does not contract, the last bit can double a count. Only sines and cosines in maps are Math's, since StrictMath's
 * allocate. May use blocks and the interfaces of the solvers, but no solver.
 */
package dev.zstar.benchmarks.problems;
