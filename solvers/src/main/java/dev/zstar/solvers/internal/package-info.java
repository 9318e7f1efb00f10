/**
 * Code that several packages share and no user needs: the record that a solve writes, groups of rows and the workers that solve them, the
 * replicas of the last map, the guard around calls of a user's map, Gram-Schmidt orthogonalisation, and the eigenvalues of small symmetric
 * matrices. Not exported.
 *
 * <p>Depends on {@code dev.zstar.solvers}, {@code guard} and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.internal;
