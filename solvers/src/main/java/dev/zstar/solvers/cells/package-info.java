/**
 * Maps that are networks. Today one dense layer, {@link dev.zstar.solvers.cells.DenseCell}.
 *
 * <p>May use {@code dev.zstar.solvers}, the room {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.cells;
