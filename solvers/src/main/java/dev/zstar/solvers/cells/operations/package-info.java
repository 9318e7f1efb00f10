/**
 * The operations of cells, one file each: the value, the product with the transposed Jacobian, the product with the Jacobian, and the
 * gradients of the parameters, as instructions on operations of the engine. Uses {@code program}, {@code parameters}, {@code shapes},
 * {@code dev.zstar.kernels} and {@code guard}.
 */
package dev.zstar.solvers.cells.operations;
