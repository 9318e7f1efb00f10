/**
 * Named shapes of the states, inputs and intermediate values of cells. Uses {@code dev.zstar.kernels} for the shape of an image, and
 * {@code guard}.
 */
package dev.zstar.solvers.shapes;
