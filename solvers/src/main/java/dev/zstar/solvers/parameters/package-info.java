/**
 * The parameters of a cell: their names, shapes and initial values, and the blocks that hold them. Files and optimisers need nothing else.
 * Uses {@code dev.zstar.kernels} and {@code guard}.
 */
package dev.zstar.solvers.parameters;
