/**
 * Differentiation through equilibria: a layer with a forward and a backward pass, in every gradient mode of the literature, and the
 * derivative of any root.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code fixedpoint}, {@code linear}, {@code secant} and {@code guard}, and
 * {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.implicit;
