/**
 * Maps with parameters. So far there is one: {@link dev.zstar.solvers.cells.DenseCell}, a dense layer.
 *
 * <p>May use {@code dev.zstar.solvers}, the package {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.cells;
