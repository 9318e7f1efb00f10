/**
 * Checkpoints of training ({@link dev.zstar.solvers.training.Checkpoint}), and tools that keep equilibria well behaved during it:
 *
 * <ul>
 *   <li>weights whose norm is bounded, {@link dev.zstar.solvers.parameters.SpectralNormalisation}, or whose rows have prescribed lengths,
 *       {@link dev.zstar.solvers.parameters.WeightNormalisation};
 *   <li>a penalty on the Jacobian, {@link dev.zstar.solvers.training.JacobianRegularisation};
 *   <li>weights with a unique equilibrium whatever their norm, {@link dev.zstar.solvers.training.MonotoneWeights}, and the splittings that
 *       find it for ReLU and the identity, {@link dev.zstar.solvers.training.ForwardBackward} and
 *       {@link dev.zstar.solvers.training.PeacemanRachford}.
 * </ul>
 *
 * <p>A parametrisation computes weights from free parameters ({@code apply}), and the gradient with respect to the parameters from that
 * with respect to the weights ({@code vjp}). Both overwrite their results, and allocate nothing after their first calls. No class here is
 * thread-safe. Rows, columns and elements are counted from 0.
 *
 * <p>Optimisers are in {@link dev.zstar.solvers.training.optimisers}, heads and losses in {@link dev.zstar.solvers.training.heads}.
 *
 * <p>May use {@code dev.zstar.solvers}, the packages {@code cells}, {@code parameters}, {@code tensors}, {@code training.optimisers} and
 * {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.training;
