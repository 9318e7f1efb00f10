/**
 * Solvers for {@code z = f(z)}. {@link dev.zstar.solvers.fixedpoint.FixedPointSolver} is the public face. Behind it one loop evaluates the
 * map, tests the rows and removes those that are done. An {@link dev.zstar.solvers.fixedpoint.IterationMethod} computes the next iterates.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code linear} (Newton's steps), {@code secant}, {@code internal} and {@code guard}, and
 * {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.fixedpoint;
