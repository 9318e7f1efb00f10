/**
 * Approximations of the inverse Jacobian built by secant methods, as products ({@link dev.zstar.solvers.secant.StepProduct}) and as sums of
 * pairs ({@link dev.zstar.solvers.secant.PairSum}), and the small least-squares problems of Anderson acceleration. Not exported.
 *
 * <p>Depends on {@code dev.zstar.solvers}, {@code internal}, {@code guard} and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.secant;
