/**
 * Explains why a solve failed and what would help, from eigenvalues of the Jacobian and from trial steps.
 *
 * <p>May use {@code dev.zstar.solvers}, the packages {@code fixedpoint}, {@code internal} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.diagnosis;
