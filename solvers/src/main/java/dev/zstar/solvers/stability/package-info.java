/**
 * What keeps equilibria well behaved: weights whose norm is bounded ({@link dev.zstar.solvers.stability.SpectralNormalisation}) or given
 * ({@link dev.zstar.solvers.stability.WeightNormalisation}), a loss that keeps the Jacobian small
 * ({@link dev.zstar.solvers.stability.JacobianRegularisation}), and weights with which the equilibrium exists, is unique and is found whatever their norm
 * ({@link dev.zstar.solvers.stability.MonotoneWeights}, with the splittings {@link dev.zstar.solvers.stability.ForwardBackward} and
 * {@link dev.zstar.solvers.stability.PeacemanRachford}).
 *
 * <p>A parametrisation takes free parameters to weights, by {@code apply}, and the gradient of the weights back to that of the parameters, by {@code vjp}. Both write
 * their results, and allocate nothing after their first calls. Nothing here is for two threads at once. May use the public types of
 * {@code dev.zstar.solvers} and of {@code dev.zstar.kernels}, and the JDK.
 */
package dev.zstar.solvers.stability;
