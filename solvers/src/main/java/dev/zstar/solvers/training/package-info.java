/**
 * What keeps equilibria well behaved in training:
 *
 * <ul>
 *   <li>weights with a bounded norm, {@link dev.zstar.solvers.training.SpectralNormalisation}, or a given one,
 *       {@link dev.zstar.solvers.training.WeightNormalisation};
 *   <li>a penalty on the Jacobian, {@link dev.zstar.solvers.training.JacobianRegularisation};
 *   <li>weights with a unique equilibrium whatever their norm, {@link dev.zstar.solvers.training.MonotoneWeights}, and the splittings that
 *       find it, {@link dev.zstar.solvers.training.ForwardBackward} and {@link dev.zstar.solvers.training.PeacemanRachford}.
 * </ul>
 *
 * <p>A parametrisation computes weights from free parameters ({@code apply}), and the gradient with respect to the parameters from that
 * with respect to the weights ({@code vjp}). Both overwrite their results, and allocate nothing after their first calls. Nothing here is
 * for two threads at once.
 *
 * <p>May use {@code dev.zstar.solvers}, the rooms {@code cells} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.training;
