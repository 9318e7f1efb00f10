/**
 * What keeps equilibria well behaved in training: weights whose norm is bounded ({@link dev.zstar.solvers.training.SpectralNormalisation})
 * or given ({@link dev.zstar.solvers.training.WeightNormalisation}), a loss that keeps the Jacobian small
 * ({@link dev.zstar.solvers.training.JacobianRegularisation}), and weights for which the equilibrium exists and is unique whatever their
 * norm ({@link dev.zstar.solvers.training.MonotoneWeights}, with the splittings {@link dev.zstar.solvers.training.ForwardBackward} and
 * {@link dev.zstar.solvers.training.PeacemanRachford}).
 *
 * <p>A parametrisation takes free parameters to weights, by {@code apply}, and the gradient with respect to the weights back to the gradient
 * with respect to the parameters, by {@code vjp}. Both write their results, and allocate nothing after their first calls. Nothing here is
 * for two threads at once.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code cells} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.training;
