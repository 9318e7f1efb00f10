/**
 * What secant methods learn: approximations of the inverse Jacobian, as products ({@link dev.zstar.solvers.secant.StepProduct}) and as sums
 * of pairs ({@link dev.zstar.solvers.secant.PairSum}), and the small least-squares problems of Anderson acceleration. Not exported.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code internal} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.secant;
