/**
 * Solvers for {@code (I - T) u = b}, in which T is known by its products alone: Krylov methods for batches, and the Neumann series.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code internal} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.linear;
