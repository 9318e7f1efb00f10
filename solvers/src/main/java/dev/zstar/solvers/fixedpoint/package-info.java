/**
 * Solvers for {@code z = f(z)}. {@link dev.zstar.solvers.fixedpoint.FixedPointSolver} is the entry class. Behind it one loop evaluates the
 * map, tests the rows and removes those that are done. An {@link dev.zstar.solvers.fixedpoint.IterationMethod} computes the next iterates.
 *
 * <p>Depends on {@code dev.zstar.solvers}, {@code linear} (for Newton's steps), {@code secant}, {@code internal}, {@code guard}, and
 * {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.fixedpoint;
