/**
 * Solvers for {@code z = f(z)}. {@link dev.zstar.solvers.fixedpoint.FixedPointSolver} is the face; behind it one loop evaluates the map,
 * judges rows and lets them leave, and an {@link dev.zstar.solvers.fixedpoint.IterationMethod} makes the next iterates.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code linear} (Newton's steps), {@code secant}, {@code internal} and {@code guard}, and
 * {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.fixedpoint;
