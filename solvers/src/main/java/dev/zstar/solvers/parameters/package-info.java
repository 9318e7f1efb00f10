/**
 * The parameters of a cell: their names, shapes and initial values, the blocks that hold them, and their files. Uses
 * {@code dev.zstar.kernels}, {@code tensors} and {@code guard}.
 */
package dev.zstar.solvers.parameters;
