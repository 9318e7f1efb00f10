/**
 * What several rooms share and no user needs: the record that a solve writes, the guard around calls of a user's map, Gram-Schmidt, and
 * the eigenvalues of small symmetric matrices. Not exported.
 *
 * <p>May use {@code dev.zstar.solvers}, the room {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.internal;
