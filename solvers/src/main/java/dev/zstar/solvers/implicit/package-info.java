/**
 * Differentiation through equilibria: a layer with a forward and a backward pass, with the gradient modes of the literature that
 * {@link dev.zstar.solvers.implicit.GradientMode} lists, and the derivative of any root.
 *
 * <p>May use {@code dev.zstar.solvers}, the packages {@code fixedpoint}, {@code linear}, {@code secant} and {@code guard}, and
 * {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.implicit;
