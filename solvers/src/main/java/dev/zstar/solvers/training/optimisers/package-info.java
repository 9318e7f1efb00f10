/**
 * Optimisers and what belongs to their step: learning rates ({@link dev.zstar.solvers.training.optimisers.Schedule}), clipped gradients
 * ({@link dev.zstar.solvers.training.optimisers.Clipping}) and averages of parameters
 * ({@link dev.zstar.solvers.training.optimisers.Average}).
 *
 * <p>All work on {@link dev.zstar.solvers.parameters.Parameters}, run on an engine, and allocate nothing after their constructors. On a
 * {@linkplain dev.zstar.kernels.Engine#reproducible reproducible} engine a step has the same bits for any number of threads. No class here
 * is thread-safe.
 *
 * <p>May use the packages {@code parameters} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.training.optimisers;
