/**
 * Why a solve failed, and what would help: eigenvalues of the Jacobian, trial steps, and sentences about both.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code fixedpoint}, {@code internal} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.diagnosis;
