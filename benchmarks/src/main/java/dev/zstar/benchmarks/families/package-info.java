/**
 * Families of models whose depth, memory and accuracy can be compared: networks of a fixed number of layers, neural ODEs, equilibria of
 * one cell, of several scales and of monotone weights, a recurrence, and cells whose weights another network generates. Each is a small
 * example.
 *
 * <p>The samples that they are trained on are here, too, and so are equations with known answers and experiments at the edge of
 * convergence. May use the public packages of {@code dev.zstar.kernels} and {@code dev.zstar.solvers}, {@code digits}, and the copy memory
 * task of {@code language}.
 */
package dev.zstar.benchmarks.families;
