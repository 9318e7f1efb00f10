/**
 * Solvers for {@code (I - T) u = b}, where T is known by its products alone: Krylov methods for batches, and the Neumann series. A
 * {@link dev.zstar.solvers.linear.LinearSolver} is a {@link dev.zstar.solvers.linear.CycleMethod} in a loop that believes only true
 * residuals.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code internal} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.linear;
