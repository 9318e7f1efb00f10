/**
 * What keeps equilibria well behaved while they are trained: parametrisations of W that bound it, and penalties on the Jacobian, each with its gradient. Uses
 * what {@link dev.zstar.kernels} and {@link dev.zstar.solvers} offer to everyone.
 */
package dev.zstar.solvers.stability;
