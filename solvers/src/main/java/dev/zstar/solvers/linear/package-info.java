/**
 * Solvers for {@code (I - T) u = b}, where T is known only through its products: Krylov methods for batches, and the Neumann series. A
 * {@link dev.zstar.solvers.linear.LinearSolver} is a {@link dev.zstar.solvers.linear.CycleMethod} in a loop that accepts a solution only on
 * the basis of its true residual.
 *
 * <p>Depends on {@code dev.zstar.solvers}, {@code internal}, {@code guard} and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.linear;
