/**
 * Differentiation through equilibria: a layer that solves forward and pulls gradients back, in each way that the literature knows, and the
 * same for any root.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code fixedpoint}, {@code linear}, {@code secant} and {@code guard}, and
 * {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.implicit;
