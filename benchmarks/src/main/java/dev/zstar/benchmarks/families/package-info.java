/**
 * Families of models whose depth, memory and accuracy can be compared: networks of a fixed number of layers, equilibria of several scales,
 * monotone equilibria, and cells whose weights another network generates. Each is a small example. Equations with known answers and
 * experiments at the edge of convergence are here, too. Uses the public packages of {@code dev.zstar.kernels} and
 * {@code dev.zstar.solvers}, and the digits.
 */
package dev.zstar.benchmarks.families;
