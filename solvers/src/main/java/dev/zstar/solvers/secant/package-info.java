/**
 * What secant methods learn: approximations of the inverse Jacobian by products and by pairs, and the small least-squares problems of
 * Anderson acceleration. Not exported.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code internal} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.secant;
